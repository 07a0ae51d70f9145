/* The numbers of YAML 1.1, as PyYAML's SafeConstructor makes them of text. */
#include <stdio.h>
#include <string.h>

#include "doc_cursor.h"
#include "doc_internal.h"

/* The text without `_`, which YAML 1.1 allows in numbers, and the newline that may end it. */
static void clean_number(buf *out, const char *text, size_t size)
{
    if (size > 1 && text[size - 1] == '\n')
        size--;
    buf_reserve(out, size);
    for (size_t at = 0; at < size; at++) {
        if (text[at] != '_')
            buf_add_char(out, text[at]);
    }
    buf_add(out, NULL, 0);
}

typedef enum reading { READING_FINE, READING_OVER, READING_BAD } reading;

/* magnitude = magnitude * base + digits in that base, to the end of the digits. */
static reading add_digits(uint64_t *magnitude, cursor *text, uint64_t base)
{
    static const char ALL[] = "0123456789abcdef";
    const char *start = text->at;
    bool over = false;
    for (; text->at < text->end; text->at++) {
        char character = *text->at;
        char lower = (char)(character >= 'A' && character <= 'F' ? character + 32 : character);
        const char *digit = lower == '\0' ? NULL : strchr(ALL, lower);
        if (digit == NULL || (uint64_t)(digit - ALL) >= base)
            break;
        over = over || __builtin_mul_overflow(*magnitude, base, magnitude) ||
               __builtin_add_overflow(*magnitude, (uint64_t)(digit - ALL), magnitude);
    }
    if (text->at == start)
        return READING_BAD;
    return over ? READING_OVER : READING_FINE;
}

/* SafeConstructor.construct_yaml_int, after the sign. */
static reading read_magnitude(uint64_t *magnitude, cursor text)
{
    *magnitude = 0;
    uint64_t base = 10;
    if (take_word(&text, "0b"))
        base = 2;
    else if (take_word(&text, "0x"))
        base = 16;
    else if (!at_end(&text) && *text.at == '0')
        base = 8;
    reading result = add_digits(magnitude, &text, base);
    while (result != READING_BAD && base == 10 && take_one(&text, ":") == 1) {
        uint64_t part = 0;
        reading more = add_digits(&part, &text, 10);
        if (more == READING_BAD)
            return READING_BAD;
        if (more == READING_OVER || __builtin_mul_overflow(*magnitude, (uint64_t)60, magnitude) ||
            __builtin_add_overflow(*magnitude, part, magnitude))
            result = READING_OVER;
    }
    return at_end(&text) ? result : READING_BAD;
}

static ckl_status give_wide_integer(json_t **out, const char *digits, size_t size,
                                    const doc_spot *spot)
{
    BUF_AUTO marked = BUF_INIT;
    buf_add_char(&marked, '\0');
    buf_add(&marked, digits, size);
    ckl_status status = buf_check(&marked, spot->err);
    if (status != CKL_OK)
        return status;
    return doc_give(out, json_stringn_nocheck(marked.data, marked.size), spot);
}

ckl_status doc_integer_read(json_t **out, const char *text, size_t size, const doc_spot *spot)
{
    BUF_AUTO clean = BUF_INIT;
    clean_number(&clean, text, size);
    ckl_status status = buf_check(&clean, spot->err);
    if (status != CKL_OK)
        return status;
    cursor digits = {clean.data, clean.data + clean.size};
    bool negative = take_one(&digits, "-") == 1;
    if (!negative)
        take_one(&digits, "+");
    uint64_t magnitude;
    reading result = read_magnitude(&magnitude, digits);
    if (result == READING_BAD)
        return doc_is_not("an integer", text, size, spot);
    uint64_t limit = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    if (result == READING_FINE && magnitude <= limit) {
        /* 0 - magnitude wraps to the right pattern also for the smallest one */
        int64_t value = (int64_t)(negative ? 0 - magnitude : magnitude);
        return doc_give(out, json_integer(value), spot);
    }
    const char *wide = negative ? digits.at - 1 : digits.at;
    size_t wide_size = (size_t)(digits.end - wide);
    if (take_all(&digits, DIGITS) > 0 && at_end(&digits) && doc_is_wide_integer(wide, wide_size))
        return give_wide_integer(out, wide, wide_size, spot);
    return doc_fail(spot, "integer outside int64: %s", doc_excerpt_of(text, size).text);
}

/* What Python's float() takes, but for words. */
static bool take_decimal(cursor *text)
{
    size_t digits = take_all(text, DIGITS);
    if (take_one(text, ".") == 1)
        digits += take_all(text, DIGITS);
    if (digits == 0)
        return false;
    if (take_one(text, "eE") == 0)
        return true;
    take_one(text, "+-");
    return take_all(text, DIGITS) > 0;
}

#define SIXTIES_MAX 16 /* 60 to that power is still exact in a long double */

/* 1:30.5: the parts count 60 times the one to their right, added from the right as PyYAML does. */
static reading read_sixties(double *out, cursor text)
{
    cursor parts[SIXTIES_MAX];
    size_t count = 0;
    do {
        if (count == SIXTIES_MAX)
            return READING_BAD;
        parts[count].at = text.at;
        if (!take_decimal(&text))
            return READING_BAD;
        parts[count++].end = text.at;
    } while (take_one(&text, ":") == 1);
    if (!at_end(&text))
        return READING_BAD;
    double value = 0;
    long double base = 1;
    for (size_t part = count; part-- > 0; base *= 60) {
        double digit;
        if (!doc_real_is_finite(&digit, parts[part].at, (size_t)(parts[part].end - parts[part].at)))
            return READING_OVER;
        value += digit * (double)base;
    }
    *out = value;
    return value - value == 0 ? READING_FINE : READING_OVER;
}

ckl_status doc_real_read(json_t **out, const char *text, size_t size, const doc_spot *spot)
{
    static const char *const NOT_FINITE[] = {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN",
                                             "inf",  "nan",  "Inf",  "NaN",  NULL};
    BUF_AUTO clean = BUF_INIT;
    clean_number(&clean, text, size);
    ckl_status status = buf_check(&clean, spot->err);
    if (status != CKL_OK)
        return status;
    cursor digits = {clean.data, clean.data + clean.size};
    bool negative = take_one(&digits, "-") == 1;
    if (!negative)
        take_one(&digits, "+");
    double value = 0;
    reading result = is_one_of(digits, NOT_FINITE) ? READING_OVER : read_sixties(&value, digits);
    if (result == READING_BAD)
        return doc_is_not("a number", text, size, spot);
    if (result == READING_OVER)
        return doc_fail(spot, "not a finite number: %s", doc_excerpt_of(text, size).text);
    return doc_give(out, json_real(negative ? -value : value), spot);
}

bool doc_scalar_misleads(doc_excerpt *number, const char *text, size_t size)
{
    cursor rest = {text, text + size};
    if (size + 4 > sizeof number->text)
        return false;
    char *at = number->text;
    memset(number, 0, sizeof *number);
    if (take_one(&rest, "+-") == 1)
        *at++ = text[0];
    const char *start = rest.at;
    size_t whole = take_all(&rest, DIGITS);
    bool point = take_one(&rest, ".") == 1;
    size_t fraction = point ? take_all(&rest, DIGITS) : 0;
    if (whole + fraction == 0)
        return false;
    at += sprintf(at, "%s%.*s%s", whole == 0 ? "0" : "", (int)(rest.at - start), start,
                  point ? "" : ".0");
    const char *exponent = rest.at;
    if (take_one(&rest, "eE") == 0 && !point)
        return false;
    if (rest.at > exponent) {
        *at++ = *exponent;
        *at++ = !at_end(&rest) && *rest.at == '-' ? '-' : '+';
        take_one(&rest, "+-");
        exponent = rest.at;
        if (take_all(&rest, DIGITS) == 0)
            return false;
        memcpy(at, exponent, (size_t)(rest.at - exponent));
    }
    return at_end(&rest) && doc_scalar_tag(text, size) == DOC_TAG_TEXT;
}
