/* Reads the pickles that the library writes, by what Python's pickletools says of each byte, into
 * JSON text with members in their order. */
#ifndef UNPICKLE_H
#define UNPICKLE_H

#include "buf.h"
#include "canon.h"
#include "fuzz.h"

typedef struct pickle_reader {
    const unsigned char *bytes;
    size_t size, at;
} pickle_reader;

static inline const unsigned char *pickle_take(pickle_reader *reader, size_t count)
{
    MUST(reader->size - reader->at >= count, "the pickle ends at %zu", reader->at);
    reader->at += count;
    return reader->bytes + reader->at - count;
}

static inline uint64_t pickle_number(pickle_reader *reader, size_t count)
{
    uint64_t number = 0;
    const unsigned char *bytes = pickle_take(reader, count);
    for (size_t index = count; index-- > 0;)
        number = number << 8 | bytes[index];
    return number;
}

static inline void pickle_add_real(buf *out, pickle_reader *reader)
{
    char text[32];
    double value;
    uint64_t bits = 0;
    const unsigned char *bytes = pickle_take(reader, sizeof bits);
    for (size_t index = 0; index < sizeof bits; index++)
        bits = bits << 8 | bytes[index];
    memcpy(&value, &bits, sizeof value);
    canon_real(text, value);
    buf_add_text(out, text);
}

static inline void pickle_add_text(buf *out, pickle_reader *reader)
{
    size_t size = (size_t)pickle_number(reader, 4);
    canon_string(out, (const char *)pickle_take(reader, size), size);
}

/* Digits and a line end. */
static inline void pickle_add_digits(buf *out, pickle_reader *reader)
{
    char digit;
    while ((digit = (char)pickle_take(reader, 1)[0]) != '\n')
        buf_add_char(out, digit);
}

static inline bool pickle_skip(pickle_reader *reader, char code)
{
    if (reader->at == reader->size || reader->bytes[reader->at] != (unsigned char)code)
        return false;
    reader->at++;
    return true;
}

/* Recursion is as deep as a description is. */
static inline void pickle_add_value(buf *out, pickle_reader *reader)
{
    unsigned char code = pickle_take(reader, 1)[0];
    size_t count = 0;
    switch (code) {
    case '}':
    case ']':
        buf_add_char(out, code == '}' ? '{' : '[');
        if (pickle_skip(reader, '(')) {
            while (!pickle_skip(reader, code == '}' ? 'u' : 'e')) {
                buf_add_text(out, count++ > 0 ? ", " : "");
                if (code == '}') {
                    MUST(pickle_skip(reader, 'X'), "a key is no text");
                    pickle_add_text(out, reader);
                    buf_add_text(out, ": ");
                }
                pickle_add_value(out, reader);
            }
            MUST(count > 0, "a mark without anything behind it");
        }
        buf_add_char(out, (char)code);
        break;
    case 'X':
        pickle_add_text(out, reader);
        break;
    case 'J':
        buf_add_format(out, "%d", (int)(int32_t)(uint32_t)pickle_number(reader, 4));
        break;
    case 0x8a:
        MUST(pickle_take(reader, 1)[0] == 8, "an integer that has not 8 bytes");
        buf_add_format(out, "%lld", (long long)pickle_number(reader, 8));
        break;
    case 'G':
        pickle_add_real(out, reader);
        break;
    case 'I':
        pickle_add_digits(out, reader);
        break;
    case 0x88:
    case 0x89:
        buf_add_text(out, code == 0x88 ? "true" : "false");
        break;
    default:
        MUST(code == 'N', "the byte %02x at %zu", (unsigned)code, reader->at - 1);
        buf_add_text(out, "null");
    }
}

static inline void unpickle_as_json(buf *out, const unsigned char *bytes, size_t size)
{
    pickle_reader reader = {bytes, size, 0};
    MUST(pickle_take(&reader, 1)[0] == 0x80 && pickle_take(&reader, 1)[0] == 2, "no protocol 2");
    pickle_add_value(out, &reader);
    MUST(pickle_skip(&reader, '.') && reader.at == size, "the pickle does not end");
}

/* A tree as JSON text, members in the order given, as the canonical text has not. */
static inline void json_as_given(buf *out, const json_t *value)
{
    size_t index;
    const char *key, *separator = "";
    json_t *item;
    if (json_is_object(value)) {
        buf_add_char(out, '{');
        json_object_foreach((json_t *)(uintptr_t)value, key, item)
        {
            buf_add_text(out, separator);
            canon_string(out, key, strlen(key));
            buf_add_text(out, ": ");
            json_as_given(out, item);
            separator = ", ";
        }
        buf_add_char(out, '}');
    } else if (json_is_array(value)) {
        buf_add_char(out, '[');
        json_array_foreach(value, index, item)
        {
            buf_add_text(out, index > 0 ? ", " : "");
            json_as_given(out, item);
        }
        buf_add_char(out, ']');
    } else {
        canon_value(out, value);
    }
}

#endif
