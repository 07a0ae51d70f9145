/* doc_cursor: reading on in a piece of text, for the tests that PyYAML writes as regular
 * expressions. Pure. Keeps true: never reads at or behind `end`. */
#ifndef DOC_CURSOR_H
#define DOC_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define DIGITS "0123456789"

/* Reads on in a text; each take_ says how many characters it took. */
typedef struct cursor {
    const char *at;
    const char *end;
} cursor;

static inline bool in_set(char character, const char *set)
{
    return character != '\0' && strchr(set, character) != NULL;
}

static inline size_t take_up_to(cursor *text, const char *set, size_t most)
{
    size_t count = 0;
    while (count < most && text->at < text->end && in_set(*text->at, set)) {
        text->at++;
        count++;
    }
    return count;
}

static inline size_t take_one(cursor *text, const char *set)
{
    return take_up_to(text, set, 1);
}

static inline size_t take_all(cursor *text, const char *set)
{
    return take_up_to(text, set, SIZE_MAX);
}

static inline bool take_exactly(cursor *text, const char *set, size_t count)
{
    return take_up_to(text, set, count) == count;
}

static inline bool take_word(cursor *text, const char *word)
{
    size_t size = strlen(word);
    if ((size_t)(text->end - text->at) < size || memcmp(text->at, word, size) != 0)
        return false;
    text->at += size;
    return true;
}

static inline bool at_end(const cursor *text)
{
    return text->at == text->end;
}

static inline bool is_one_of(cursor text, const char *const *words)
{
    for (; *words != NULL; words++) {
        cursor rest = text;
        if (take_word(&rest, *words) && at_end(&rest))
            return true;
    }
    return false;
}

#endif
