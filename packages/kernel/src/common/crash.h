/* Crashes on purpose, for the tests of crash reports. */
#ifndef SOLOIST_CRASH_H
#define SOLOIST_CRASH_H

#include <stddef.h>

/* Returns when there is no such kind. */
void crash(const void *kind, size_t length);

#endif
