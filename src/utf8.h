/* utf8: owns what is valid UTF-8. May call: nothing. Keeps true: RFC 3629, so no surrogates, no
 * overlong forms, nothing over U+10FFFF. */
#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>

/* The offset of the first byte that is not UTF-8; `size` when all is. */
size_t utf8_length(const char *text, size_t size);
/* Puts U+FFFD in the place of each such byte: of a name that is none, or was cut inside a
 * character. What then goes beyond the `room` bytes, with the NUL, is cut off. */
void utf8_mend(char *text, size_t room);

#endif
