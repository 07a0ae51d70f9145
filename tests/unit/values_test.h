/* What the tests of the values share: numbers by a fixed seed, Python as the judge. */
#ifndef VALUES_TEST_H
#define VALUES_TEST_H

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define PYTHON       "/usr/bin/python3"

/* A generator of numbers (xorshift64*), the same everywhere. */
typedef struct chance {
    uint64_t state;
} chance;

static inline uint64_t chance_number(chance *source)
{
    source->state ^= source->state >> 12;
    source->state ^= source->state << 25;
    source->state ^= source->state >> 27;
    return source->state * UINT64_C(2685821657736338717);
}

static inline size_t chance_below(chance *source, size_t limit)
{
    return (size_t)((chance_number(source) >> 16) % limit);
}

/* Text of 1 to `most` of the characters. */
static inline void chance_text(char *out, chance *source, const char *characters, size_t most)
{
    size_t size = 1 + chance_below(source, most), kinds = strlen(characters);
    for (size_t index = 0; index < size; index++)
        out[index] = characters[chance_below(source, kinds)];
    out[size] = '\0';
}

static inline bool python_is_there(void)
{
    if (access(PYTHON, X_OK) == 0)
        return true;
    printf("skipped what Python judges: no " PYTHON "\n");
    return false;
}

static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
