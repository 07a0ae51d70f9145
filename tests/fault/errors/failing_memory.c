/* Allocations that fail, and those that are not given back. */
#include <errno.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failing.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);

/* ---- what is not freed ----------------------------------------------------------------------- */

/* Open addressing; what was freed leaves a mark, which the next that comes by takes. */
#ifdef __SANITIZE_ADDRESS__ /* which does not use the same memory again soon */
#define PLACE_BITS 20
#else
#define PLACE_BITS 17
#endif
#define PLACES ((size_t)1 << PLACE_BITS)
#define FREED  ((void *)1)
static struct {
    void *memory;
    unsigned long number;
} kept[PLACES];
static size_t used;
static bool keeping;
static unsigned long number, shown;

void failing_show_allocation(unsigned long wanted)
{
    shown = wanted;
}

static size_t place_of(const void *memory)
{
    return (size_t)(((uintptr_t)memory >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> (64 - PLACE_BITS));
}

static void keep(void *memory)
{
    if (memory == NULL || !keeping)
        return;
    if (used > PLACES / 2)
        abort();
    size_t place = place_of(memory);
    while (kept[place].memory != NULL && kept[place].memory != FREED)
        place = (place + 1) % PLACES;
    used += kept[place].memory == NULL ? 1 : 0;
    kept[place].memory = memory;
    kept[place].number = number;
    if (number == shown && shown > 0)
        failing_trace();
}

static void forget(const void *memory)
{
    if (memory == NULL || used == 0)
        return;
    for (size_t place = place_of(memory); kept[place].memory != NULL; place = (place + 1) % PLACES)
        if (kept[place].memory == memory) {
            kept[place].memory = FREED;
            return;
        }
}

void failing_keep(void)
{
    memset(kept, 0, used > 0 ? sizeof kept : 0);
    used = 0;
    number = 0;
    keeping = true;
}

size_t failing_not_freed(unsigned long *first)
{
    size_t left = 0;
    *first = 0;
    keeping = false;
    for (size_t place = 0; place < PLACES; place++) {
        if (kept[place].memory == NULL || kept[place].memory == FREED)
            continue;
        if (left++ == 0 || kept[place].number < *first)
            *first = kept[place].number;
    }
    return left;
}

/* ---- the calls ------------------------------------------------------------------------------- */

static bool refuses(void)
{
    number++;
    if (!failing_memory())
        return false;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    void *memory = refuses() ? NULL : __real_malloc(size);
    keep(memory);
    return memory;
}

void *__wrap_calloc(size_t count, size_t size)
{
    void *memory = refuses() ? NULL : __real_calloc(count, size);
    keep(memory);
    return memory;
}

void *__wrap_realloc(void *memory, size_t size)
{
    if (refuses())
        return NULL;
    forget(memory);
    void *moved = __real_realloc(memory, size);
    keep(moved);
    return moved;
}

void __wrap_free(void *memory)
{
    forget(memory);
    __real_free(memory);
}

char *__wrap_strndup(const char *text, size_t size)
{
    size_t length = strnlen(text, size);
    char *copy = __wrap_malloc(length + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *__wrap_strdup(const char *text)
{
    return __wrap_strndup(text, SIZE_MAX);
}

/* ---- libcrypto's ----------------------------------------------------------------------------- */

/* It remembers for good which methods it found, and finds them again after a failure. */
static bool is_remembered(const char *file)
{
    return file != NULL && strstr(file, "property") != NULL;
}

static void *crypto_malloc(size_t size, const char *file, int line)
{
    (void)line;
    void *memory = __wrap_malloc(size);
    if (is_remembered(file))
        forget(memory);
    return memory;
}

static void *crypto_realloc(void *memory, size_t size, const char *file, int line)
{
    (void)line;
    void *moved = __wrap_realloc(memory, size);
    if (is_remembered(file))
        forget(moved);
    return moved;
}

static void crypto_free(void *memory, const char *file, int line)
{
    (void)file, (void)line;
    __wrap_free(memory);
}

void failing_install_crypto(void)
{
    if (CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) != 1)
        abort();
}
