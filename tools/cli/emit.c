#include "emit.h"

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

static void write_string(const char *text)
{
    fputc('"', stream());
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            fprintf(stream(), "\\%c", *at);
        else if (*at == '\n')
            fputs("\\n", stream());
        else if (*at == '\t')
            fputs("\\t", stream());
        else if (*at < 0x20 || *at == 0x7f)
            fprintf(stream(), "\\u%04x", *at);
        else
            fputc(*at, stream());
    }
    fputc('"', stream());
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

void emit_begin(void)
{
    depth = 0;
    has_member[0] = false;
    emit_open_object(NULL);
    emit_integer("schema_version", 1);
}

void emit_end(void)
{
    emit_close_object();
    fputc('\n', stream());
}

/* ---- text
 * ------------------------------------------------------------------------------------------------
 */

static size_t put_character(const unsigned char **at, bool print)
{
    unsigned char first = **at;
    if (first < 0x20 || first == 0x7f || (first == 0xc2 && (*at)[1] >= 0x80 && (*at)[1] < 0xa0)) {
        unsigned code = first == 0xc2 ? (*at)[1] : first;
        *at += first == 0xc2 ? 2 : 1;
        if (print && (code == '\n' || code == '\t'))
            fputs(code == '\n' ? "\\n" : "\\t", stdout);
        else if (print)
            printf("\\x%02x", code);
        return code == '\n' || code == '\t' ? 2 : 4;
    }
    do {
        if (print)
            fputc(**at, stdout);
        (*at)++;
    } while ((**at & 0xc0) == 0x80);
    return 1;
}

void put(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    while (*at != '\0')
        put_character(&at, true);
}

size_t text_width(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t width = 0;
    while (*at != '\0')
        width += put_character(&at, false);
    return width;
}

void put_padded(const char *text, size_t width)
{
    size_t used = text_width(text);
    put(text);
    for (; used < width; used++)
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

int emit_finish(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    fputs("ckl: could not write to standard output\n", stderr);
    return 6;
}
