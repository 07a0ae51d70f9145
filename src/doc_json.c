/* JSON text to a tree. Jansson parses; a scan before it finds what design 3.2 refuses and Jansson
 * either accepts or names badly, and the two agree on which mistake comes first. */
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "doc_internal.h"
#include "utf8.h"

#define WIDE_MARK      "\"\\u0000"
#define WIDE_MARK_SIZE (sizeof WIDE_MARK - 1)
#define WIDE_ADDED     (WIDE_MARK_SIZE + 1) /* with the closing quote */

/* The first thing that is wrong, and where. */
typedef struct json_problem {
    bool found;
    size_t offset;
    const char *what;
    doc_excerpt token;
} json_problem;

typedef struct json_scan {
    const char *text;
    size_t size;
    size_t at;
    size_t depth;
    size_t nodes;
    size_t node_limit; /* 0: none */
    bool configuration;
    size_t string_start;
    size_t nul; /* behind the first NUL of a configuration's string, by an escape; 0: none */
    json_problem problem;
    buf copy;      /* the text with wide integers as marked strings, once there is one */
    size_t copied; /* how much of `text` is in it */
    bool has_copy;
} json_scan;

static void refuse(json_scan *scan, size_t offset, size_t token_size, const char *what)
{
    if (scan->problem.found)
        return;
    scan->problem.found = true;
    scan->problem.offset = offset;
    scan->problem.what = what;
    scan->problem.token = doc_excerpt_of(scan->text + offset, token_size);
}

/* The code unit of `\uXXXX` at `at`, or -1. */
static int code_unit(const json_scan *scan, size_t at)
{
    if (scan->size - at < 6 || scan->text[at] != '\\' || scan->text[at + 1] != 'u')
        return -1;
    int unit = 0;
    for (size_t digit = at + 2; digit < at + 6; digit++) {
        char character = scan->text[digit];
        int value;
        if (character >= '0' && character <= '9')
            value = character - '0';
        else if ((character | 0x20) >= 'a' && (character | 0x20) <= 'f')
            value = (character | 0x20) - 'a' + 10;
        else
            return -1;
        unit = unit * 16 + value;
    }
    return unit;
}

/* A configuration's values may have it, but not where it would look like a wide integer. */
static void scan_nul(json_scan *scan, size_t start)
{
    char next = scan->at < scan->size ? scan->text[scan->at] : '\0';
    bool forged = start == scan->string_start + 1 && ((next >= '0' && next <= '9') || next == '-');
    if (!scan->configuration || forged)
        refuse(scan, start, 6, "NUL in text");
    else if (scan->nul == 0)
        scan->nul = scan->at;
}

/* After the string: a colon makes it a key. */
static void check_key_nul(json_scan *scan)
{
    size_t at = scan->at;
    while (at < scan->size && scan->text[at] != '\0' && strchr(" \t\r\n", scan->text[at]) != NULL)
        at++;
    if (at < scan->size && scan->text[at] == ':')
        refuse(scan, scan->nul - 6, 6, "NUL in text");
    scan->nul = 0;
}

static void scan_escape(json_scan *scan)
{
    int unit = code_unit(scan, scan->at);
    if (unit < 0) {
        scan->at += scan->size - scan->at < 2 ? 1 : 2;
        return;
    }
    size_t start = scan->at;
    scan->at += 6;
    if (unit == 0)
        scan_nul(scan, start);
    if (unit < 0xd800 || unit > 0xdfff)
        return;
    int low = unit < 0xdc00 && scan->at < scan->size ? code_unit(scan, scan->at) : -1;
    if (low >= 0xdc00 && low <= 0xdfff)
        scan->at += 6;
    else
        refuse(scan, start, 6, "not valid Unicode: half of a surrogate pair");
}

static void scan_string(json_scan *scan)
{
    scan->nodes++;
    scan->string_start = scan->at++;
    while (scan->at < scan->size) {
        char character = scan->text[scan->at];
        if (character == '\\') {
            scan_escape(scan);
            continue;
        }
        if (character == '\0')
            refuse(scan, scan->at, 0, "NUL in text");
        scan->at++;
        if (character == '"')
            break;
    }
    if (scan->nul != 0)
        check_key_nul(scan);
}

/* From here on the parser gets a copy, in which this integer is a string that none can forge. */
static void copy_wide_integer(json_scan *scan, size_t start)
{
    buf_add(&scan->copy, scan->text + scan->copied, start - scan->copied);
    buf_add(&scan->copy, WIDE_MARK, WIDE_MARK_SIZE);
    buf_add(&scan->copy, scan->text + start, scan->at - start);
    buf_add_char(&scan->copy, '"');
    scan->copied = scan->at;
    scan->has_copy = true;
}

static bool outside_int64(const char *digits, size_t size)
{
    bool negative = digits[0] == '-';
    const char *limit = negative ? "9223372036854775808" : "9223372036854775807";
    digits += negative ? 1 : 0;
    size -= negative ? 1 : 0;
    return size > 19 || (size == 19 && memcmp(digits, limit, 19) > 0);
}

static void scan_number(json_scan *scan)
{
    static const char CHARACTERS[] = "0123456789+-.eE";
    size_t start = scan->at;
    bool has_exponent = false, is_real = false;
    scan->nodes++;
    for (; scan->at < scan->size; scan->at++) {
        char character = scan->text[scan->at];
        if (character == '\0' || strchr(CHARACTERS, character) == NULL)
            break;
        has_exponent |= character == 'e' || character == 'E';
        is_real |= character == '.' || has_exponent;
    }
    size_t size = scan->at - start;
    const char *token = scan->text + start;
    double ignored;
    if (size == 1 && token[0] == '-' && scan->size - scan->at >= 8 &&
        memcmp(scan->text + scan->at, "Infinity", 8) == 0)
        refuse(scan, start, 9, "not a finite number");
    else if (is_real && (has_exponent || size > 300) && !doc_real_is_finite(&ignored, token, size))
        refuse(scan, start, size, "not a finite number");
    else if (!is_real && size >= 19 && outside_int64(token, size)) {
        if (doc_is_wide_integer(token, size))
            copy_wide_integer(scan, start);
        else
            refuse(scan, start, size, "integer outside int64");
    }
}

static void scan_word(json_scan *scan)
{
    size_t start = scan->at;
    scan->nodes++;
    while (scan->at < scan->size && ((scan->text[scan->at] | 0x20) >= 'a') &&
           ((scan->text[scan->at] | 0x20) <= 'z'))
        scan->at++;
    size_t size = scan->at - start;
    if ((size == 3 && memcmp(scan->text + start, "NaN", 3) == 0) ||
        (size == 8 && memcmp(scan->text + start, "Infinity", 8) == 0))
        refuse(scan, start, size, "not a finite number");
}

/* Values are what is counted: a colon takes back the string that turned out to be a key. */
static void scan_mark(json_scan *scan, char character)
{
    if (character == '[' || character == '{') {
        scan->nodes++;
        scan->depth++;
        if (scan->configuration && scan->depth > DOC_DEPTH_MAX_CONFIGURATION)
            refuse(scan, scan->at, 0, "nesting deeper than " DOC_DEPTH_TEXT_CONFIGURATION);
        else if (!scan->configuration && scan->depth > DOC_DEPTH_MAX)
            refuse(scan, scan->at, 0, "nesting deeper than " DOC_DEPTH_TEXT);
    } else if (character == ']' || character == '}') {
        scan->depth -= scan->depth > 0 ? 1 : 0;
    } else if (character == ':') {
        scan->nodes -= scan->nodes > 0 ? 1 : 0;
    } else if (character == '\0') {
        refuse(scan, scan->at, 0, "NUL in text");
    }
    if (character != ':' && scan->node_limit != 0 && scan->nodes > scan->node_limit)
        refuse(scan, scan->at, 0, "more than " DOC_NODE_TEXT " values");
    scan->at++;
}

static void scan_text(json_scan *scan)
{
    size_t valid = utf8_length(scan->text, scan->size);
    while (scan->at < valid && !scan->problem.found) {
        char character = scan->text[scan->at];
        if (character == '"')
            scan_string(scan);
        else if (character == '-' || (character >= '0' && character <= '9'))
            scan_number(scan);
        else if ((character | 0x20) >= 'a' && (character | 0x20) <= 'z')
            scan_word(scan);
        else
            scan_mark(scan, character);
    }
    if (valid < scan->size && (!scan->problem.found || scan->problem.offset > valid)) {
        scan->problem.found = false;
        refuse(scan, valid, 0, "not valid Unicode: bytes that are not UTF-8");
    }
    if (scan->problem.found)
        scan->size = scan->problem.offset;
    if (scan->has_copy)
        buf_add(&scan->copy, scan->text + scan->copied, scan->size - scan->copied);
}

/* What the parser's position in the copy is in the text. */
static size_t original_position(const json_scan *scan, size_t position)
{
    if (!scan->has_copy)
        return position;
    size_t added = 0;
    const char *at = scan->copy.data;
    const char *end = scan->copy.data + (position < scan->copy.size ? position : scan->copy.size);
    while ((at = memmem(at, (size_t)(end - at), WIDE_MARK, WIDE_MARK_SIZE)) != NULL) {
        at += WIDE_MARK_SIZE;
        if (at < end && ((*at >= '0' && *at <= '9') || *at == '-'))
            added += WIDE_ADDED;
    }
    return position > added ? position - added : 0;
}

/* The key that ends right before `end`, in its quotes. */
static size_t key_start(const char *text, size_t end)
{
    size_t start = end;
    while (start > 0) {
        start--;
        if (text[start] != '"' || start + 1 == end)
            continue;
        size_t backslashes = 0;
        while (backslashes < start && text[start - backslashes - 1] == '\\')
            backslashes++;
        if (backslashes % 2 == 0)
            break;
    }
    return start;
}

static ckl_status duplicate_key(const doc_options *options, const char *text, size_t end,
                                ckl_error *err)
{
    size_t start = key_start(text, end);
    doc_spot spot = doc_spot_at(options->name, text, start, err);
    json_t *key = json_loadb(text + start, end - start, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    doc_excerpt shown = key == NULL
                            ? doc_excerpt_of(text + start, end - start)
                            : doc_excerpt_of(json_string_value(key), json_string_length(key));
    json_decref(key);
    ckl_status status = doc_fail(&spot, "duplicate key '%s'", shown.text);
    error_hint(err, "remove one of the two");
    return status;
}

/* Jansson's position is behind the token that it names at the end of its message. */
static size_t token_start(const json_error_t *error, size_t position)
{
    const char *near = strstr(error->text, " near '");
    if (near == NULL)
        return position;
    size_t size = strlen(near) - sizeof " near '"; /* without the quote at the end */
    return size < position ? position - size : 0;
}

static bool is_blank(const json_scan *scan)
{
    for (size_t at = 0; at < scan->size; at++) {
        if (scan->text[at] == '\0' || strchr(" \t\r\n", scan->text[at]) == NULL)
            return false;
    }
    return true;
}

static ckl_status fail_parse(const json_scan *scan, const doc_options *options,
                             const json_error_t *error, ckl_error *err)
{
    enum json_error_code code = json_error_code(error);
    /* When memory runs out inside a value, Jansson fails without a word, or finds fault with the
     * text: what the system said last is surer. */
    if (errno == ENOMEM || code == json_error_out_of_memory || error->text[0] == '\0')
        return error_memory(err);
    size_t reached = error->position < 0 ? 0 : (size_t)error->position;
    size_t position = original_position(scan, reached);
    position = position < scan->size ? position : scan->size;
    if (code == json_error_duplicate_key)
        return duplicate_key(options, scan->text, position, err);
    doc_spot spot = doc_spot_at(options->name, scan->text, token_start(error, position), err);
    if (is_blank(scan))
        return doc_fail(&spot, "the text is empty; JSON is expected");
    if (code == json_error_null_byte_in_key)
        return doc_fail(&spot, "a key must be text in quotes");
    return doc_fail(&spot, "not valid JSON: %s", error->text);
}

static ckl_status fail_scan(const json_scan *scan, const doc_options *options, ckl_error *err)
{
    const json_problem *problem = &scan->problem;
    doc_spot spot = doc_spot_at(options->name, scan->text, problem->offset, err);
    if (problem->token.text[0] == '\0')
        return doc_fail(&spot, "%s", problem->what);
    return doc_fail(&spot, "%s: %s", problem->what, problem->token.text);
}

/* With a problem found the parser gets only what stands before it, to see whether that is wrong
 * already: what comes first is what is told. */
static ckl_status parse(json_t **out, const json_scan *scan, const doc_options *options,
                        ckl_error *err)
{
    ckl_status status = buf_check(&scan->copy, err);
    if (status != CKL_OK)
        return status;
    const char *text = scan->has_copy ? scan->copy.data : scan->text;
    size_t size = scan->has_copy ? scan->copy.size : scan->size;
    /* The scan has refused every NUL but those that mark a wide integer and those that may be. */
    size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL;
    json_error_t error;
    errno = 0;
    json_t *tree = json_loadb(text, size, flags, &error);
    if (tree == NULL &&
        (!scan->problem.found || json_error_code(&error) != json_error_premature_end_of_input))
        return fail_parse(scan, options, &error, err);
    if (scan->problem.found) {
        json_decref(tree);
        return fail_scan(scan, options, err);
    }
    *out = tree;
    return CKL_OK;
}

ckl_status doc_json_read(json_t **out, const char *text, size_t size, const doc_options *options,
                         ckl_error *err)
{
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3; /* what some editors put before UTF-8 says nothing */
        size -= 3;
    }
    json_scan scan = {.text = text,
                      .size = size,
                      .configuration = options->configuration,
                      .node_limit = options->unlimited_nodes ? 0 : DOC_NODE_MAX,
                      .copy = BUF_INIT};
    scan_text(&scan);
    ckl_status status = parse(out, &scan, options, err);
    buf_free(&scan.copy);
    return status;
}

ckl_status doc_json_load(json_t **out, const char *text, ckl_error *err)
{
    errno = 0;
    *out = json_loads(text, 0, NULL);
    if (*out != NULL)
        return CKL_OK;
    return errno == ENOMEM ? error_memory(err) : CKL_INVALID;
}

/* The buffer remembers what Jansson goes on after: that a piece was not written. */
static int add_piece(const char *text, size_t size, void *to)
{
    buf *out = to;
    buf_add(out, text, size);
    return out->failed ? -1 : 0;
}

char *doc_json_text(const json_t *tree)
{
    BUF_AUTO out = BUF_INIT;
    char *text = NULL;
    if (tree == NULL || json_dump_callback(tree, add_piece, &out, JSON_COMPACT) != 0 ||
        buf_take(&text, NULL, &out, NULL) != CKL_OK)
        return NULL;
    return text;
}
