/* What a YAML 1.1 scalar means. The tests are PyYAML's regular expressions, written out: no library
 * that we use has one. */
#include <stdlib.h>

#include "doc_cursor.h"
#include "doc_internal.h"

static const char DIGITS_AND_LINES[] = DIGITS "_";

static bool is_null(cursor text)
{
    static const char *const WORDS[] = {"~", "null", "Null", "NULL", "", NULL};
    return is_one_of(text, WORDS);
}

static bool is_boolean(cursor text)
{
    static const char *const WORDS[] = {"yes",   "Yes",   "YES", "no",    "No", "NO",  "true",
                                        "True",  "TRUE",  "on",  "On",    "ON", "off", "Off",
                                        "false", "False", "OFF", "FALSE", NULL};
    return is_one_of(text, WORDS);
}

/* (?::[0-5]?[0-9])+ */
static bool take_sixties(cursor *text)
{
    size_t parts = 0;
    while (take_one(text, ":") == 1) {
        const char *first = text->at;
        size_t digits = take_up_to(text, DIGITS, 2);
        if (digits == 0 || (digits == 2 && *first > '5'))
            return false;
        parts++;
    }
    return parts > 0;
}

/* [-+]?0b[0-1_]+ | [-+]?0[0-7_]+ | [-+]?(?:0|[1-9][0-9_]*) | [-+]?0x[0-9a-fA-F_]+
 * | [-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+ */
static bool is_integer(cursor text)
{
    take_one(&text, "+-");
    if (take_one(&text, "0") == 1) {
        if (take_one(&text, "b") == 1)
            return take_all(&text, "01_") > 0 && at_end(&text);
        if (take_one(&text, "x") == 1)
            return take_all(&text, "0123456789abcdefABCDEF_") > 0 && at_end(&text);
        take_all(&text, "01234567_");
        return at_end(&text);
    }
    if (take_one(&text, "123456789") == 0)
        return false;
    take_all(&text, DIGITS_AND_LINES);
    return at_end(&text) || (take_sixties(&text) && at_end(&text));
}

/* (?:[eE][-+][0-9]+)? and the end */
static bool ends_in_exponent(cursor text)
{
    if (take_one(&text, "eE") == 1 && (take_one(&text, "+-") == 0 || take_all(&text, DIGITS) == 0))
        return false;
    return at_end(&text);
}

/* [-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)? | \.[0-9][0-9_]*(?:[eE][-+][0-9]+)?
 * | [-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]* | [-+]?\.(?:inf|Inf|INF) | \.(?:nan|NaN|NAN) */
static bool is_real(cursor text)
{
    static const char *const INFINITIES[] = {".inf", ".Inf", ".INF", NULL};
    static const char *const NO_NUMBERS[] = {".nan", ".NaN", ".NAN", NULL};
    if (is_one_of(text, NO_NUMBERS))
        return true;
    bool sign = take_one(&text, "+-") == 1;
    if (is_one_of(text, INFINITIES))
        return true;
    if (take_one(&text, DIGITS) == 0) {
        if (sign || take_one(&text, ".") == 0 || take_one(&text, DIGITS) == 0)
            return false;
        take_all(&text, DIGITS_AND_LINES);
        return ends_in_exponent(text);
    }
    take_all(&text, DIGITS_AND_LINES);
    bool sixties = !at_end(&text) && *text.at == ':';
    if ((sixties && !take_sixties(&text)) || take_one(&text, ".") == 0)
        return false;
    take_all(&text, DIGITS_AND_LINES);
    return sixties ? at_end(&text) : ends_in_exponent(text);
}

/* What a timestamp says; `has_time` and `has_zone` tell which of it is there. */
typedef struct timestamp {
    int year, month, day, hour, minute, second, microsecond, zone_minutes;
    bool has_time, has_zone;
} timestamp;

static int take_number(cursor *text, size_t most)
{
    int number = 0;
    const char *start = text->at;
    take_up_to(text, DIGITS, most);
    for (const char *at = start; at < text->at; at++)
        number = number * 10 + (*at - '0');
    return text->at == start ? -1 : number;
}

/* (?:[ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9][0-9])?))? and the end */
static bool take_zone(timestamp *out, cursor *text)
{
    if (at_end(text))
        return true;
    take_all(text, " \t");
    out->has_zone = true;
    if (take_one(text, "Z") == 1)
        return at_end(text);
    bool negative = !at_end(text) && *text->at == '-';
    if (take_one(text, "+-") == 0)
        return false;
    int hours = take_number(text, 2);
    int minutes = 0;
    if (take_one(text, ":") == 1) {
        const char *start = text->at;
        minutes = take_number(text, 2);
        if (text->at - start != 2)
            return false;
    }
    out->zone_minutes = (hours * 60 + minutes) * (negative ? -1 : 1);
    return hours >= 0 && at_end(text);
}

static void take_fraction(timestamp *out, cursor *text)
{
    if (take_one(text, ".") == 0)
        return;
    const char *start = text->at;
    size_t digits = take_all(text, DIGITS);
    int scale = 100000;
    for (size_t at = 0; at < digits && at < 6; at++, scale /= 10)
        out->microsecond += (start[at] - '0') * scale;
}

/* PyYAML's timestamp_regexp. */
static bool take_timestamp(timestamp *out, cursor text)
{
    memset(out, 0, sizeof *out);
    const char *start = text.at;
    out->year = take_number(&text, 4);
    if (text.at - start != 4 || take_one(&text, "-") == 0)
        return false;
    out->month = take_number(&text, 2);
    if (out->month < 0 || take_one(&text, "-") == 0)
        return false;
    out->day = take_number(&text, 2);
    if (out->day < 0 || at_end(&text))
        return out->day >= 0;
    if (take_one(&text, "Tt") == 0 && take_all(&text, " \t") == 0)
        return false;
    out->has_time = true;
    out->hour = take_number(&text, 2);
    if (out->hour < 0 || take_one(&text, ":") == 0)
        return false;
    cursor digits = text;
    if (!take_exactly(&digits, DIGITS, 2) || take_one(&digits, ":") == 0 ||
        !take_exactly(&digits, DIGITS, 2))
        return false;
    out->minute = take_number(&text, 2);
    take_one(&text, ":");
    out->second = take_number(&text, 2);
    take_fraction(out, &text);
    return take_zone(out, &text);
}

/* The resolver wants a date alone with all its digits; with a time it may be shorter. */
static bool is_timestamp(cursor text)
{
    timestamp stamp;
    if (!take_timestamp(&stamp, text))
        return false;
    return stamp.has_time || text.end - text.at == 10;
}

doc_tag doc_scalar_tag(const char *text, size_t size)
{
    static const char *const MERGE_WORDS[] = {"<<", NULL};
    static const char *const VALUE_WORDS[] = {"=", NULL};
    cursor whole = {text, text + size};
    if (size > 1 && text[size - 1] == '\n')
        whole.end--; /* as `$` in Python, which a tag `!` before a quoted text shows */
    if (size == 0 || is_null(whole))
        return DOC_TAG_NULL;
    if (is_boolean(whole))
        return DOC_TAG_BOOLEAN;
    if (is_real(whole))
        return DOC_TAG_REAL;
    if (is_integer(whole))
        return DOC_TAG_INTEGER;
    if (is_timestamp(whole))
        return DOC_TAG_TIMESTAMP;
    if (is_one_of(whole, MERGE_WORDS))
        return DOC_TAG_MERGE;
    if (is_one_of(whole, VALUE_WORDS))
        return DOC_TAG_VALUE;
    if (size == 1 && in_set(text[0], "!&*"))
        return DOC_TAG_OTHER;
    return DOC_TAG_TEXT;
}

ckl_status doc_give(json_t **out, json_t *value, const doc_spot *spot)
{
    if (value == NULL)
        return error_memory(spot->err);
    *out = value;
    return CKL_OK;
}

ckl_status doc_is_not(const char *kind, const char *text, size_t size, const doc_spot *spot)
{
    return doc_fail(spot, "'%s' is not %s", doc_excerpt_of(text, size).text, kind);
}

static ckl_status read_boolean(json_t **out, const char *text, size_t size, const doc_spot *spot)
{
    char lower[6] = {0};
    static const char *const TRUE_WORDS[] = {"yes", "true", "on", NULL};
    static const char *const FALSE_WORDS[] = {"no", "false", "off", NULL};
    for (size_t at = 0; at < size && at < sizeof lower; at++)
        lower[at] = (char)(text[at] >= 'A' && text[at] <= 'Z' ? text[at] + 32 : text[at]);
    cursor word = {lower, lower + (size < sizeof lower ? size : 0)};
    if (is_one_of(word, TRUE_WORDS))
        return doc_give(out, json_true(), spot);
    if (is_one_of(word, FALSE_WORDS))
        return doc_give(out, json_false(), spot);
    return doc_is_not("a boolean", text, size, spot);
}

static bool is_in_calendar(const timestamp *stamp)
{
    static const int LENGTHS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (stamp->year < 1 || stamp->month < 1 || stamp->month > 12)
        return false;
    bool leap = (stamp->year % 4 == 0 && stamp->year % 100 != 0) || stamp->year % 400 == 0;
    int length = LENGTHS[stamp->month - 1] + (leap && stamp->month == 2 ? 1 : 0);
    return stamp->day >= 1 && stamp->day <= length && stamp->hour <= 23 && stamp->minute <= 59 &&
           stamp->second <= 59 && abs(stamp->zone_minutes) < 24 * 60;
}

/* Python's str() of the datetime.date or datetime.datetime that PyYAML makes. */
static ckl_status read_timestamp(json_t **out, const char *text, size_t size, const doc_spot *spot)
{
    timestamp stamp;
    cursor whole = {text, text + size};
    if (size > 1 && text[size - 1] == '\n')
        whole.end--;
    if (!take_timestamp(&stamp, whole))
        return doc_is_not("a date or time", text, size, spot);
    if (!is_in_calendar(&stamp))
        return doc_fail(spot, "'%s' is no date of the calendar, or no time of the day",
                        doc_excerpt_of(text, size).text);
    BUF_AUTO written = BUF_INIT;
    buf_add_format(&written, "%04d-%02d-%02d", stamp.year, stamp.month, stamp.day);
    if (stamp.has_time)
        buf_add_format(&written, " %02d:%02d:%02d", stamp.hour, stamp.minute, stamp.second);
    if (stamp.microsecond != 0)
        buf_add_format(&written, ".%06d", stamp.microsecond);
    int zone = abs(stamp.zone_minutes);
    if (stamp.has_zone)
        buf_add_format(&written, "%c%02d:%02d", stamp.zone_minutes < 0 ? '-' : '+', zone / 60,
                       zone % 60);
    ckl_status status = buf_check(&written, spot->err);
    if (status != CKL_OK)
        return status;
    return doc_give(out, json_stringn_nocheck(written.data, written.size), spot);
}

ckl_status doc_scalar_read(json_t **out, doc_tag tag, const char *text, size_t size,
                           const doc_spot *spot)
{
    switch (tag) {
    case DOC_TAG_NULL:
        return doc_give(out, json_null(), spot);
    case DOC_TAG_BOOLEAN:
        return read_boolean(out, text, size, spot);
    case DOC_TAG_INTEGER:
        return doc_integer_read(out, text, size, spot);
    case DOC_TAG_REAL:
        return doc_real_read(out, text, size, spot);
    case DOC_TAG_TIMESTAMP:
        return read_timestamp(out, text, size, spot);
    default:
        return doc_give(out, json_stringn_nocheck(text, size), spot);
    }
}
