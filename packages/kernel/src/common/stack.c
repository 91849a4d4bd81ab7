/* The check of both stacks at every call of a JavaScript function. */
#include "engine.h"
#include "stack.h"

#define MESSAGE "Maximum call stack size exceeded"

JSValue stack_throw(u32 context) { return engine_throw_range(context, MESSAGE); }
