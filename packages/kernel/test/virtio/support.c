#include "support.h"

#include "text.h"

const volatile struct boot_record boot_record = {.memory_pages = 4};

void *memset(void *to, int byte, size_t length) {
    void *at = to;
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(length) : "a"(byte) : "memory");
    return to;
}

void *memcpy(void *to, const void *from, size_t length) {
    void *at = to;
    __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(length) : : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t length) {
    const uint8_t *x = a, *y = b;
    for (size_t i = 0; i < length; i++)
        if (x[i] != y[i]) return x[i] - y[i];
    return 0;
}

void say(const char *text) {
    size_t length = 0;
    while (text[length]) length++;
    console_write(text, length);
}

void say_number(uint64_t number) {
    char buffer[24];
    struct text t = text_in(buffer, sizeof buffer);
    text_number(&t, number);
    say(buffer);
}

void say_hex(uint64_t number, int digits) {
    char buffer[24];
    struct text t = text_in(buffer, sizeof buffer);
    text_hex(&t, number, digits);
    say(buffer);
}

void expect(int holds, const char *what) {
    if (holds) return;
    say("FAILURE: ");
    say(what);
    say("\n");
    machine_exit(1);
}

_Noreturn void kernel_fault(const char *what, const char *registers) {
    static int faulting;
    if (faulting++) machine_exit(254);
    say("fatal: ");
    say(what);
    say("\n");
    if (registers) say(registers);
    machine_exit(255);
}

_Noreturn void kernel_main(const struct boot_info *boot) {
    machine_exit(test(boot));
}
