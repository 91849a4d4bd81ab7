#ifndef SOLOIST_CPU_H
#define SOLOIST_CPU_H

/* NULL, or a line that names what x86-64-v2 has and this processor lacks. */
const char *cpu_missing(void);

#endif
