#include "emit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- JSON ------------------------------------------------------------------------------------ */

#define DEPTH_MAX 16

static FILE *json_stream;
static int depth;
static bool has_member[DEPTH_MAX];

void emit_to(FILE *stream)
{
    json_stream = stream;
}

static FILE *stream(void)
{
    return json_stream != NULL ? json_stream : stdout;
}

/* How many bytes the UTF-8 character at `at` has; 0: it is not valid (names from the command line
 * may be anything). */
static size_t character_size(const unsigned char *at)
{
    static const struct {
        unsigned char from, to, least, most; /* of the first byte, and of the second */
        size_t size;
    } FORMS[] = {{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
                 {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
                 {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
                 {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
    if (at[0] < 0x80)
        return 1;
    for (size_t form = 0; form < sizeof FORMS / sizeof *FORMS; form++) {
        if (at[0] < FORMS[form].from || at[0] > FORMS[form].to)
            continue;
        if (at[1] < FORMS[form].least || at[1] > FORMS[form].most)
            return 0;
        for (size_t index = 2; index < FORMS[form].size; index++) {
            if ((at[index] & 0xc0) != 0x80)
                return 0;
        }
        return FORMS[form].size;
    }
    return 0;
}

bool is_unicode(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    for (size_t size; *at != '\0'; at += size) {
        size = character_size(at);
        if (size == 0)
            return false;
    }
    return true;
}

static void write_string(const char *text)
{
    FILE *out = stream();
    fputc('"', out);
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0';) {
        size_t size = character_size(at);
        if (size == 0)
            fputs("\\ufffd", out);
        else if (size > 1)
            fwrite(at, 1, size, out);
        else if (*at == '"' || *at == '\\')
            fprintf(out, "\\%c", *at);
        else if (*at == '\n' || *at == '\t')
            fputs(*at == '\n' ? "\\n" : "\\t", out);
        else if (*at < 0x20 || *at == 0x7f)
            fprintf(out, "\\u%04x", *at);
        else
            fputc(*at, out);
        at += size > 0 ? size : 1;
    }
    fputc('"', out);
}

static void begin_member(const char *key)
{
    if (has_member[depth])
        fputs(", ", stream());
    has_member[depth] = true;
    if (key == NULL)
        return;
    write_string(key);
    fputs(": ", stream());
}

static void open_level(const char *key, char bracket)
{
    begin_member(key);
    fputc(bracket, stream());
    has_member[++depth] = false;
}

static void close_level(char bracket)
{
    fputc(bracket, stream());
    depth--;
}

void emit_open_object(const char *key)
{
    open_level(key, '{');
}

void emit_close_object(void)
{
    close_level('}');
}

void emit_open_array(const char *key)
{
    open_level(key, '[');
}

void emit_close_array(void)
{
    close_level(']');
}

void emit_text(const char *key, const char *value)
{
    begin_member(key);
    if (value == NULL)
        fputs("null", stream());
    else
        write_string(value);
}

void emit_integer(const char *key, int64_t value)
{
    begin_member(key);
    fprintf(stream(), "%lld", (long long)value);
}

void emit_boolean(const char *key, bool value)
{
    begin_member(key);
    fputs(value ? "true" : "false", stream());
}

void emit_null(const char *key)
{
    emit_raw(key, NULL);
}

void emit_raw(const char *key, const char *json)
{
    begin_member(key);
    fputs(json != NULL ? json : "null", stream());
}

void emit_components(const char *key, ckl_components set)
{
    emit_open_array(key);
    if (set & CKL_MODEL)
        emit_text(NULL, "model");
    if (set & CKL_CONFIG)
        emit_text(NULL, "config");
    if (set & CKL_DATA)
        emit_text(NULL, "data");
    emit_close_array();
}

void emit_time(const char *prefix, int64_t at_us)
{
    char iso[32], name[64], number[48];
    emit_text(prefix, time_iso(iso, at_us));
    snprintf(name, sizeof name, "%s_unix", prefix);
    snprintf(number, sizeof number, "%lld.%03lld", (long long)(at_us / 1000000),
             (long long)(at_us % 1000000 / 1000));
    emit_raw(name, number);
}

void emit_begin_line(void)
{
    depth = 0;
    has_member[0] = false;
    emit_open_object(NULL);
}

void emit_begin(void)
{
    emit_begin_line();
    emit_integer("schema_version", 1);
}

void emit_end(void)
{
    emit_close_object();
    fputc('\n', stream());
}

/* ---- text ------------------------------------------------------------------------------------ */

static unsigned code_point(const unsigned char *at, size_t size)
{
    static const unsigned char MASKS[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    unsigned code = at[0] & MASKS[size];
    for (size_t index = 1; index < size; index++)
        code = code << 6 | (at[index] & 0x3fu);
    return code;
}

/* Columns on a terminal, roughly: East Asian characters and emoji take two, marks none. */
static size_t code_width(unsigned code)
{
    static const unsigned WIDE[][2] = {{0x1100, 0x115f},   {0x2e80, 0xa4cf},   {0xac00, 0xd7a3},
                                       {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
                                       {0xffe0, 0xffe6},   {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
                                       {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
    if ((code >= 0x300 && code <= 0x36f) || (code >= 0x200b && code <= 0x200f) ||
        (code >= 0xfe00 && code <= 0xfe0f))
        return 0;
    for (size_t index = 0; index < sizeof WIDE / sizeof *WIDE; index++) {
        if (code >= WIDE[index][0] && code <= WIDE[index][1])
            return 2;
    }
    return 1;
}

/* Moves *at over one character, writes it where `out` is not NULL, returns its columns. */
static size_t put_character(const unsigned char **at, FILE *out)
{
    size_t size = character_size(*at), length = size > 0 ? size : 1;
    unsigned code = size > 0 ? code_point(*at, size) : **at;
    const unsigned char *from = *at;
    *at += length;
    if (size > 0 && code >= 0x20 && (code < 0x7f || code >= 0xa0)) {
        if (out != NULL)
            fwrite(from, 1, length, out);
        return code_width(code);
    }
    bool named = code == '\n' || code == '\t';
    if (out != NULL && named)
        fputs(code == '\n' ? "\\n" : "\\t", out);
    else if (out != NULL)
        fprintf(out, "\\x%02x", code);
    return named ? 2 : 4;
}

void put_to(FILE *out, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    while (*at != '\0')
        put_character(&at, out);
}

void put(const char *text)
{
    put_to(stdout, text);
}

size_t text_width(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t width = 0;
    while (*at != '\0')
        width += put_character(&at, NULL);
    return width;
}

void put_padded(const char *text, size_t width)
{
    put(text);
    for (size_t used = text_width(text); used < width; used++)
        fputc(' ', stdout);
}

void put_line(const char *label, const char *value)
{
    fputs("  ", stdout);
    put_padded(label, 17);
    put(value);
    fputc('\n', stdout);
}

const char *components_text(ckl_components set)
{
    static const char *const NAMES[] = {
        "nothing", "model",       "config",       "model, config",
        "data",    "model, data", "config, data", "model, config, data"};
    return NAMES[set & CKL_ALL_COMPONENTS];
}

static const char *format_time(char out[32], int64_t at_us, const char *format)
{
    struct tm parts;
    time_t seconds = (time_t)(at_us / 1000000);
    gmtime_r(&seconds, &parts);
    strftime(out, 24, format, &parts);
    return out;
}

const char *time_text(char out[32], int64_t at_us)
{
    return format_time(out, at_us, "%Y-%m-%d %H:%M:%S");
}

const char *time_iso(char out[32], int64_t at_us)
{
    format_time(out, at_us, "%Y-%m-%dT%H:%M:%S");
    size_t size = strlen(out);
    snprintf(out + size, 32 - size, ".%03dZ", (int)(at_us % 1000000 / 1000));
    return out;
}

const char *paint(colour which)
{
    static const char *const CODES[] = {"\x1b[0m",  "\x1b[31m", "\x1b[32m",
                                        "\x1b[33m", "\x1b[1m",  "\x1b[2m"};
    static int enabled = -1;
    if (enabled < 0) {
        const char *off = getenv("NO_COLOR"), *terminal = getenv("TERM");
        enabled = isatty(STDOUT_FILENO) && (off == NULL || off[0] == '\0') && terminal != NULL &&
                  strcmp(terminal, "dumb") != 0;
    }
    return enabled ? CODES[which] : "";
}

const char *shortest_real(char out[32], double value)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, 32, "%.*g", digits, value);
        if (strtod(out, NULL) == value)
            break;
    }
    return out;
}

bool emit_finish(void)
{
    errno = 0;
    return fflush(stdout) == 0 && !ferror(stdout);
}
