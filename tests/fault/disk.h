/* disk: what lies on the disk after a crash: put together in memory, then made as real files. */
#ifndef DISK_H
#define DISK_H

#include "crash.h"

typedef struct disk_file {
    unsigned char *bytes; /* room for the largest that it ever was; NULL: only zeros */
    size_t room, size;
    unsigned char *old_bytes; /* at the baseline */
    size_t old_size;
    size_t *ops; /* those after the baseline that are about its bytes */
    size_t op_count;
} disk_file;

typedef struct disk {
    const trace *recorded;
    disk_file *files;      /* one for each object */
    trace_names old_names; /* at the baseline */
    trace_names names;
} disk;

void disk_make(disk *out, const trace *recorded);
void disk_free(disk *made);
/* Puts it together; returns a number that tells it from others. */
uint64_t disk_compose(disk *out, const crash *chosen);
/* Makes its files in a folder that is there and empty. */
bool disk_write(const disk *composed, const char *folder);

#endif
