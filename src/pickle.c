#include "pickle.h"

#include <stdlib.h>
#include <string.h>

#include "doc.h"

/* Opcodes, as Python's pickletools names them. */
#define PROTO      "\x80\x02"
#define EMPTY_DICT '}'
#define EMPTY_LIST ']'
#define MARK       '('
#define SETITEMS   'u'
#define APPENDS    'e'
#define BINUNICODE 'X'
#define BININT     'J'
#define LONG1      '\x8a'
#define BINFLOAT   'G'
#define NEWTRUE    '\x88'
#define NEWFALSE   '\x89'
#define NONE       'N'
#define INT        'I'
#define STOP       '.'

static void add_little_endian(buf *out, uint64_t value, int bytes)
{
    for (int index = 0; index < bytes; index++)
        buf_add_char(out, (char)(unsigned char)(value >> (8 * index)));
}

static void add_text(buf *out, const char *text, size_t size)
{
    buf_add_char(out, BINUNICODE);
    add_little_endian(out, size, 4);
    buf_add(out, text, size);
}

static void add_integer(buf *out, int64_t value)
{
    if (value >= INT32_MIN && value <= INT32_MAX) {
        buf_add_char(out, BININT);
        add_little_endian(out, (uint64_t)value, 4);
        return;
    }
    buf_add_char(out, LONG1);
    buf_add_char(out, 8);
    add_little_endian(out, (uint64_t)value, 8);
}

static void add_real(buf *out, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    buf_add_char(out, BINFLOAT);
    for (int index = 7; index >= 0; index--)
        buf_add_char(out, (char)(unsigned char)(bits >> (8 * index)));
}

static void add_value(buf *out, const json_t *value);

static void add_list(buf *out, const json_t *list)
{
    size_t index;
    json_t *item;
    buf_add_char(out, EMPTY_LIST);
    if (json_array_size(list) == 0)
        return;
    buf_add_char(out, MARK);
    json_array_foreach(list, index, item) add_value(out, item);
    buf_add_char(out, APPENDS);
}

static void add_dict(buf *out, const json_t *object)
{
    const char *key;
    json_t *value;
    buf_add_char(out, EMPTY_DICT);
    if (json_object_size(object) == 0)
        return;
    buf_add_char(out, MARK);
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        add_text(out, key, strlen(key));
        add_value(out, value);
    }
    buf_add_char(out, SETITEMS);
}

static void add_value(buf *out, const json_t *value)
{
    const char *wide = doc_wide_integer(value);
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        add_dict(out, value);
        break;
    case JSON_ARRAY:
        add_list(out, value);
        break;
    case JSON_STRING:
        if (wide != NULL)
            buf_add_format(out, "%c%s\n", INT, wide);
        else
            add_text(out, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        add_integer(out, json_integer_value(value));
        break;
    case JSON_REAL:
        add_real(out, json_real_value(value));
        break;
    case JSON_TRUE:
        buf_add_char(out, NEWTRUE);
        break;
    case JSON_FALSE:
        buf_add_char(out, NEWFALSE);
        break;
    case JSON_NULL:
        buf_add_char(out, NONE);
        break;
    }
}

ckl_status pickle_value(buf *out, const json_t *value, ckl_error *err)
{
    buf_add(out, PROTO, 2);
    add_value(out, value);
    buf_add_char(out, STOP);
    return buf_check(out, err);
}
