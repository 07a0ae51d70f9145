/* What the fuzz targets share. */
#ifndef FUZZ_H
#define FUZZ_H

#include <ckl/ckl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Of targets that fork to have a ledger to begin with: libFuzzer calls it before it has threads,
 * one of which may hold a lock of the allocator when a process is copied. */
int LLVMFuzzerInitialize(int *count, char ***words);

/* A property that must hold for every input. */
#define MUST(condition, ...)                                                                       \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);                                        \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fprintf(stderr, "\n");                                                                 \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* An error says what is wrong; success says nothing. */
static inline void must_be_told(ckl_status status, const ckl_error *err)
{
    MUST(status == CKL_OK || status == CKL_DONE || err->message[0] != '\0', "%s without a message",
         ckl_status_name(status));
}

#endif
