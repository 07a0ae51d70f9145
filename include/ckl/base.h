/* Checkpoint Ledger: status codes, errors, hashes. Part of <ckl/ckl.h>.
 *
 * Conventions of the whole API
 *   - `out` comes first, `ckl_error *err` last; `err` may be NULL. The first (deepest) message
 * wins.
 *   - `T **out` is the caller's, to be released with the matching `_free`, `_close` or ckl_free().
 *     A returned `const T *` is borrowed from the object it came from. There is no third kind.
 *   - Text is UTF-8. Sizes are bytes. Times are microseconds since 1970-01-01 UTC unless said.
 *   - When a function fails, its `out` is unchanged and nothing is half done.
 *   - A handle serves one thread at a time (the automatic system, <ckl/auto.h>, locks for you).
 */
#ifndef CKL_BASE_H
#define CKL_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CKL_VERSION "0.1.0"

#if defined(__GNUC__)
#define CKL_API      __attribute__((visibility("default"), warn_unused_result))
#define CKL_API_VOID __attribute__((visibility("default")))
#else
#define CKL_API
#define CKL_API_VOID
#endif

/* Every status: name, exit code of the command (design 6), what it means. */
#define CKL_STATUS_LIST(X)                                                                         \
    X(CKL_OK, 0, "done")                                                                           \
    X(CKL_DONE, 0, "a cursor has no more rows: not a failure")                                     \
    X(CKL_NOT_FOUND, 1, "what was named is not recorded")                                          \
    X(CKL_INVALID, 2, "bad input: the message names the key, uid or place")                        \
    X(CKL_AMBIGUOUS, 2, "a hash prefix that fits more than one recorded experiment")               \
    X(CKL_V2_HASH, 2, "a 16-character V2 hash: not compatible, must be regenerated")               \
    X(CKL_NO_SOURCE, 2, "the automatic system has neither a value nor a registered source")        \
    X(CKL_MISUSE, 2, "the API was called in a way it does not allow, e.g. after a fork")           \
    X(CKL_DAMAGED, 3, "the ledger or a file of the tree does not hold what it must")               \
    X(CKL_BUSY, 4, "another process holds what is needed; it may be tried again")                  \
    X(CKL_REFUSED, 5, "a file from a newer version, of another program, or hostile")               \
    X(CKL_IO, 6, "the system could not read or write")                                             \
    X(CKL_NO_SPACE, 6, "disk full or quota reached")                                               \
    X(CKL_NO_MEMORY, 6, "out of memory")

#define CKL_STATUS_ENUM(name, exit_code, meaning) name,
typedef enum ckl_status { CKL_STATUS_LIST(CKL_STATUS_ENUM) CKL_STATUS_COUNT } ckl_status;
#undef CKL_STATUS_ENUM

/* Filled by a failing call that was given one. Start with all zero (`ckl_error err = {0}`): a
 * message that is already there is kept, so that the deepest one wins. */
typedef struct ckl_error {
    ckl_status code;
    char message[1024]; /* one line: what is wrong, naming the thing */
    char hint[512];     /* one line: what to do; empty when there is nothing to add */
} ckl_error;

/* The name of a status: "CKL_NOT_FOUND"; "unknown" for a number that is none. Never NULL. */
CKL_API const char *ckl_status_name(ckl_status status);
/* The exit code that the command `ckl` gives for a status. */
CKL_API int ckl_status_exit_code(ckl_status status);
/* Makes *err empty, for its next use. NULL is fine. */
CKL_API_VOID void ckl_error_clear(ckl_error *err);
/* The version of the library that runs, as CKL_VERSION is of the header that was compiled. */
CKL_API const char *ckl_version(void);
/* Releases text or bytes that a call gave away as `char **out` or `void **out`. NULL is fine. */
CKL_API_VOID void ckl_free(void *memory);

/* A set of components, in the order of the hash (design 3.1). */
typedef unsigned ckl_components;
#define CKL_MODEL          1u
#define CKL_CONFIG         2u
#define CKL_DATA           4u
#define CKL_ALL_COMPONENTS 7u

#define CKL_SEGMENT_LENGTH 8u
#define CKL_HASH_LENGTH    24u
#define CKL_ABSENT_SEGMENT "00000000"

/* An experiment hash: model 8 + config 8 + data 8 characters, and a NUL. A value: copy it. */
typedef struct ckl_hash {
    char text[CKL_HASH_LENGTH + 1];
} ckl_hash;

/* Which components two hashes differ in (guide, "Component Change Detection"). Needs no ledger and
 * takes any 24 of [0-9a-z] (design 3.6).
 * Errors: CKL_V2_HASH  one of them has 16 characters
 *         CKL_INVALID  one of them is no hash; the message says what is wrong with it */
CKL_API ckl_status ckl_compare_hashes(ckl_components *out, const char *first, const char *second,
                                      ckl_error *err);

#ifdef __cplusplus
}
#endif
#endif
