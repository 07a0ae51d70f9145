/* inputs: what is given to the library, damaged. */
#ifndef INPUTS_H
#define INPUTS_H

#include <ckl/ckl.h>
#include <stddef.h>
#include <stdint.h>

/* A number below `limit`; the next of a row that begins with *seed. */
uint64_t random_below(uint64_t *seed, uint64_t limit);

/* Gives one damaged input to the manager. Returns false, and why, when it is neither refused with a
 * message and nothing recorded, nor taken and recorded as it was read. */
bool inputs_try(char why[640], ckl_manager *manager, uint64_t seed);

#endif
