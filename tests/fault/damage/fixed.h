/* fixed: makes what a program records depend on a seed only: time, random names, and SQLite's own
 * randomness. The linker puts its wrappers before those of the system (see damage.cmake). */
#ifndef FIXED_H
#define FIXED_H

#include <stdint.h>

/* From here on, in this process and those that it forks. */
void fixed_begin(uint64_t seed);
void fixed_end(void);

#endif
