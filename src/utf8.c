#include "utf8.h"

#include <stdint.h>
#include <string.h>

/* The length of the character at `text`, or 0 when it is none: RFC 3629, so without surrogates,
 * overlong forms and what is over U+10FFFF. */
static size_t character_length(const unsigned char *text, size_t size)
{
    static const struct {
        unsigned char first, last, second_first, second_last, length;
    } FORMS[] = {{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
                 {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
                 {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
                 {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
    if (text[0] < 0x80)
        return 1;
    for (size_t form = 0; form < sizeof FORMS / sizeof FORMS[0]; form++) {
        if (text[0] < FORMS[form].first || text[0] > FORMS[form].last)
            continue;
        size_t length = FORMS[form].length;
        if (size < length || text[1] < FORMS[form].second_first ||
            text[1] > FORMS[form].second_last)
            return 0;
        for (size_t at = 2; at < length; at++) {
            if ((text[at] & 0xc0) != 0x80)
                return 0;
        }
        return length;
    }
    return 0;
}

size_t utf8_length(const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t at = 0;
    while (at < size) {
        uint64_t eight;
        if (size - at >= sizeof eight) { /* most text is ASCII: take eight bytes at a time */
            memcpy(&eight, bytes + at, sizeof eight);
            if ((eight & 0x8080808080808080u) == 0) {
                at += sizeof eight;
                continue;
            }
        }
        size_t length = character_length(bytes + at, size - at);
        if (length == 0)
            return at;
        at += length;
    }
    return size;
}

void utf8_mend(char *text, size_t room)
{
    static const char REPLACEMENT[] = "\xef\xbf\xbd";
    const size_t length = sizeof REPLACEMENT - 1;
    size_t size = strlen(text), at = 0;
    while ((at += utf8_length(text + at, size - at)) < size) {
        if (room - at <= length) {
            text[at] = '\0';
            return;
        }
        size_t rest = size - at - 1;
        if (rest > room - at - length - 1)
            rest = room - at - length - 1;
        memmove(text + at + length, text + at + 1, rest);
        memcpy(text + at, REPLACEMENT, length);
        size = at + length + rest;
        text[size] = '\0';
    }
}
