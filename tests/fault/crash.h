/* crash: what became of each operation when the power went: chosen from a number, the same each
 * time. Small numbers are tried systematically, the rest at random. */
#ifndef CRASH_H
#define CRASH_H

#include "trace.h"

typedef enum fate {
    FATE_DROPPED,
    FATE_KEPT,
    FATE_TORN, /* some sectors of a write */
    FATE_BOTH  /* a rename whose old name is still there, too */
} fate;

typedef struct crash {
    const trace *recorded;
    disk_mode mode;
    uint64_t seed;
    size_t index;         /* seed and index tell everything below */
    size_t at;            /* so many operations had been done */
    unsigned char *fates; /* one for each of them */
    size_t *pending;      /* those that were not durable */
    size_t pending_count;
    bool garbage; /* sectors of a file that grew have any bytes, not zeros */
} crash;

typedef struct crash_plan {
    const trace *recorded;
    disk_mode mode;
    uint64_t seed;
    size_t *first; /* of each moment: its first systematic index */
    size_t systematic_count;
} crash_plan;

void plan_make(crash_plan *out, const trace *recorded, disk_mode mode, uint64_t seed);
void plan_free(crash_plan *plan);
void crash_make(crash *out, const trace *recorded);
void crash_free(crash *chosen);
/* Any index is good. */
void crash_choose(crash *out, const crash_plan *plan, size_t index);
/* Whether a sector of a torn write is on disk; sectors have 512 bytes. */
bool crash_keeps_sector(const crash *chosen, size_t op, uint64_t sector);
uint64_t random_of(uint64_t first, uint64_t second);

#endif
