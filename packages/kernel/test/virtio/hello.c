/* The command line, where memory ends, an exit code. */
#include "support.h"

TEST_NO_DEVICES;

int test(const struct boot_info *boot) {
    say("Hello, World! [");
    say(boot->command_line);
    say("]\nmemory ends at ");
    say_hex(boot->memory_end, 8);
    say("\n");
    return boot->command_line[0] == 'x' ? 42 : 0;
}
