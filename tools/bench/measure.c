/* Time, medians, and the report. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

#define ROWS_MAX 512

static row rows[ROWS_MAX];
static size_t row_count;

double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

_Noreturn void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("ckl-bench: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("ckl-bench: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

void good(ckl_status status, const ckl_error *err, const char *what)
{
    if (status != CKL_OK)
        fail("%s: %s: %s", what, ckl_status_name(status), err->message);
}

/* ---- series ---------------------------------------------------------------------------------- */

/* Kept sorted. */
void series_add(series *into, double value)
{
    if (into->count == REPEAT_MAX)
        return;
    size_t at = into->count++;
    while (at > 0 && into->values[at - 1] > value) {
        into->values[at] = into->values[at - 1];
        at--;
    }
    into->values[at] = value;
}

double series_middle(const series *of)
{
    if (of->count == 0)
        return (double)NAN;
    return (of->values[(of->count - 1) / 2] + of->values[of->count / 2]) / 2;
}

double series_least(const series *of)
{
    return of->count == 0 ? (double)NAN : of->values[0];
}

double series_most(const series *of)
{
    return of->count == 0 ? (double)NAN : of->values[of->count - 1];
}

row *row_add(const char *name, size_t size, unit kind)
{
    if (row_count == ROWS_MAX)
        fail("too many rows");
    row *added = &rows[row_count++];
    snprintf(added->name, sizeof added->name, "%s", name);
    added->size = size;
    added->kind = kind;
    return added;
}

/* ---- the report ------------------------------------------------------------------------------ */

static void write_amount(char out[32], double value, unit kind)
{
    if (isnan(value))
        snprintf(out, 32, "–");
    else if (kind == UNIT_RATE)
        snprintf(out, 32, "%.0f MB/s", value / 1e6);
    else if (kind == UNIT_BYTES && value >= 1e6)
        snprintf(out, 32, "%.1f MB", value / 1e6);
    else if (kind == UNIT_BYTES)
        snprintf(out, 32, "%.1f KB", value / 1e3);
    else if (value >= 1)
        snprintf(out, 32, "%.2f s", value);
    else if (value >= 1e-3)
        snprintf(out, 32, "%.*f ms", value >= 0.1 ? 0 : value >= 0.01 ? 1 : 2, value * 1e3);
    else if (value >= 1e-6)
        snprintf(out, 32, "%.1f µs", value * 1e6);
    else
        snprintf(out, 32, "%.1f ns", value * 1e9);
}

static void write_limit(char out[64], const row *of)
{
    char amount[32];
    out[0] = '\0';
    if (of->ratio > 0)
        snprintf(out, 64, "%.1f×", of->ratio);
    if (of->extra > 0) {
        write_amount(amount, of->extra, of->kind);
        snprintf(out + strlen(out), 64 - strlen(out), " + %s", amount);
    }
    if (of->limit > 0) {
        write_amount(amount, of->limit, of->kind);
        snprintf(out + strlen(out), 64 - strlen(out), "%s%s", out[0] == '\0' ? "" : " or ", amount);
    }
}

static double ratio_of(const row *of)
{
    return of->base.count == 0 ? (double)NAN : series_middle(&of->work) / series_middle(&of->base);
}

/* 1: within what is asked for, 0: not, -1: nothing is asked for. */
static int holds(const row *of)
{
    double work = series_middle(&of->work), base = series_middle(&of->base);
    if (of->limit > 0)
        return work <= of->limit;
    if (of->ratio > 0 && of->base.count > 0)
        return work <= of->ratio * base + of->extra;
    return -1;
}

static void write_grouped(char out[32], size_t value)
{
    char digits[24];
    int count = snprintf(digits, sizeof digits, "%zu", value), at = 0;
    for (int index = 0; index < count; index++) {
        if (index > 0 && (count - index) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[index];
    }
    out[at] = '\0';
}

static void print_row(const row *of)
{
    char work[32], least[32], most[32], base[32], limit[64], ratio[16] = "", size[32];
    write_amount(work, series_middle(&of->work), of->kind);
    write_amount(least, series_least(&of->work), of->kind);
    write_amount(most, series_most(&of->work), of->kind);
    write_amount(base, series_middle(&of->base), of->kind);
    write_limit(limit, of);
    write_grouped(size, of->size);
    if (!isnan(ratio_of(of)))
        snprintf(ratio, sizeof ratio, "%.2f×", ratio_of(of));
    int held = holds(of);
    printf("| %s | %s | %s | %s – %s | %s%s%s | %s | %s%s |\n", of->name, of->size == 0 ? "" : size,
           work, least, most, of->baseline != NULL ? of->baseline : "",
           of->baseline != NULL ? ": " : "", of->baseline != NULL ? base : "", ratio, limit,
           held == 0 ? " **over**" : "");
}

static void print_series_json(const char *name, const series *of)
{
    printf(", \"%s\": {\"median\": %.9g, \"least\": %.9g, \"most\": %.9g, \"count\": %zu}", name,
           series_middle(of), series_least(of), series_most(of), of->count);
}

static void print_row_json(const row *of, bool first)
{
    static const char *const UNITS[] = {"seconds", "bytes", "bytes per second"};
    printf("%s\n  {\"name\": \"%s\", \"size\": %zu, \"unit\": \"%s\"", first ? "" : ",", of->name,
           of->size, UNITS[of->kind]);
    print_series_json("work", &of->work);
    if (of->base.count > 0) {
        printf(", \"baseline\": \"%s\"", of->baseline);
        print_series_json("base", &of->base);
        printf(", \"ratio\": %.4g", ratio_of(of));
    }
    if (of->ratio > 0)
        printf(", \"allowed_ratio\": %.4g", of->ratio);
    if (of->extra > 0)
        printf(", \"allowed_extra\": %.4g", of->extra);
    if (of->limit > 0)
        printf(", \"allowed\": %.4g", of->limit);
    if (holds(of) >= 0)
        printf(", \"holds\": %s", holds(of) ? "true" : "false");
    putchar('}');
}

static void machine(char out[256])
{
    char line[512], model[128] = "unknown processor";
    FILE *about = fopen("/proc/cpuinfo", "r");
    size_t cores = 0;
    while (about != NULL && fgets(line, sizeof line, about) != NULL) {
        char *value = strchr(line, ':');
        if (value == NULL)
            continue;
        value[strcspn(value, "\n")] = '\0';
        cores += strncmp(line, "processor", 9) == 0;
        if (strncmp(line, "model name", 10) == 0)
            snprintf(model, sizeof model, "%.120s", value + 2);
    }
    if (about != NULL)
        fclose(about);
    snprintf(out, 256, "%s, %zu cores, SQLite %s, libckl %s", model, cores, sqlite3_libversion(),
             ckl_version());
}

void row_print_all(const bench_options *options)
{
    char about[256];
    machine(about);
    if (options->json) {
        printf("{\"schema_version\": 1, \"machine\": \"%s\", \"repeat\": %zu, \"rows\": [", about,
               options->repeat);
        for (size_t index = 0; index < row_count; index++)
            print_row_json(&rows[index], index == 0);
        printf("\n]}\n");
        return;
    }
    printf("%s; median of %zu\n\n", about, options->repeat);
    puts("| work | size | median | least – most | baseline | ratio | at most |");
    puts("|---|---|---|---|---|---|---|");
    for (size_t index = 0; index < row_count; index++)
        print_row(&rows[index]);
}
