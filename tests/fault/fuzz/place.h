/* A folder of its own for a target that needs files, in memory where there is such a place; removed
 * when it ends. */
#ifndef PLACE_H
#define PLACE_H

#include <sys/stat.h>
#include <unistd.h>

#include "../errors/places.h"
#include "fuzz.h"

static char fuzz_folder[64];

static inline void remove_fuzz_folder(void)
{
    place_remove(fuzz_folder);
}

static inline const char *fuzz_place(void)
{
    if (fuzz_folder[0] != '\0')
        return fuzz_folder;
    snprintf(fuzz_folder, sizeof fuzz_folder, "/dev/shm/ckl-fuzz-XXXXXX");
    if (mkdtemp(fuzz_folder) == NULL) {
        snprintf(fuzz_folder, sizeof fuzz_folder, "/tmp/ckl-fuzz-XXXXXX");
        MUST(mkdtemp(fuzz_folder) != NULL, "no folder");
    }
    atexit(remove_fuzz_folder);
    return fuzz_folder;
}

/* What is there is replaced. */
static inline void put_file(const char *path, const void *bytes, size_t size)
{
    unlink(path);
    FILE *file = fopen(path, "wb");
    MUST(file != NULL && fwrite(bytes, 1, size, file) == size && fclose(file) == 0, "%s", path);
}

#endif
