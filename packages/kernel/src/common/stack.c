#include "stack.h"

#include "engine.h"

void stack_throw(u32 context) {
    engine_throw_range(context, "Maximum call stack size exceeded");
}
