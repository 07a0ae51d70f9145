/* bench: what the files of ckl-bench share. It measures the library beside raw baselines in one
 * run, and prints ratios: it decides nothing. Work and baseline take turns, so that both see the
 * same machine; what is shown is the median, with the smallest and the largest beside it. */
#ifndef BENCH_H
#define BENCH_H

#include <ckl/auto.h>
#include <ckl/ckl.h>
#include <sqlite3.h>
#include <stdio.h>

#define SIZES_MAX 16

typedef struct sizes {
    size_t values[SIZES_MAX];
    size_t count;
} sizes;

typedef struct bench_options {
    sizes samples, experiments;
    size_t repeat;
    size_t weights; /* bytes */
    const char *ckl, *folder, *only;
    bool json, keep;
} bench_options;

/* ---- measuring (measure.c) ------------------------------------------------------------------- */

#define REPEAT_MAX 101

typedef struct series {
    double values[REPEAT_MAX];
    size_t count;
} series;

double now(void); /* seconds that only rise */
void series_add(series *into, double value);
double series_middle(const series *of);
double series_least(const series *of);
double series_most(const series *of);

typedef enum unit { UNIT_SECONDS, UNIT_BYTES, UNIT_RATE } unit;

/* One line of the table. What is 0 is not limited. */
typedef struct row {
    char name[96];
    size_t size;          /* samples, experiments, states, bytes: as the name says */
    const char *baseline; /* what `base` is; NULL: there is none */
    double ratio;         /* at most so many times the baseline … */
    double extra;         /* … and so much more */
    double limit;         /* at most */
    unit kind;
    series work, base;
} row;

/* A new row of the report; it lives until the end. */
row *row_add(const char *name, size_t size, unit kind);
void row_print_all(const bench_options *options);

/* Ends the program: what is measured wrong is not measured. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Says what is being done, on standard error. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Fails with the error's message unless the status is CKL_OK. */
void good(ckl_status status, const ckl_error *err, const char *what);

/* ---- what is measured (data.c, raw.c) -------------------------------------------------------- */

/* The uid of sample `index`, in sort order. `out` holds 32. */
void uid_of(char out[32], size_t index);
/* A finished state of `count` samples: every tenth is discarded, about half have tags. */
ckl_data_state *make_state(size_t count);
/* The same as a file of the given kind: "csv", "jsonl" or "json". */
void write_state_file(const char *path, const char *kind, size_t count);
char *join(const char *folder, const char *name); /* free() */
void remove_tree(const char *path);
void copy_tree(const char *from, const char *to);
double file_size(const char *path);
void write_bytes(const char *path, size_t size);

typedef struct text {
    char *bytes;
    size_t size;
} text;
/* The canonical text of a state. */
text canonical_of(ckl_data_state *state);
double time_sha256(const text *of);

/* Seconds of raw SQLite, libyaml and standard I/O. */
double raw_insert(const char *folder, const char *ledger, const ckl_data_state *state);
void raw_make_table(const char *path, const ckl_data_state *state);
double raw_read_and_hash(const char *path);
double raw_write_yaml(const char *path, const ckl_data_state *state);
double raw_parse_yaml(const char *path);
double raw_copy(const char *from, const char *to);
double raw_hash_file(const char *path);

/* ---- processes (process.c) ------------------------------------------------------------------- */

typedef struct spent {
    double seconds;
    double memory; /* the most that was resident, bytes; 0: not watched */
    int code;
} spent;
/* Runs a program to its end; what it prints is dropped. */
spent run_program(const char *const *arguments);
spent watch_program(const char *const *arguments);
/* Runs it until a first page of its output came, or its end. */
double first_page(const char *const *arguments);
/* What the public tools say: openssl speed, cp, sqlite3 .import. */
void measure_yardsticks(const bench_options *options, size_t samples);

/* ---- rows ------------------------------------------------------------------------------------ */

ckl_manager *open_root(const char *root);
void measure_values(const bench_options *options, size_t samples); /* rows_values.c */
void measure_state(const bench_options *options, size_t samples);  /* rows_state.c */
void measure_memory(const bench_options *options, size_t samples); /* rows_state.c */
void measure_history(const bench_options *options, size_t samples, /* rows_history.c */
                     size_t experiments);
void measure_experiments(const bench_options *options, size_t experiments); /* rows_history.c */
void measure_weights(const bench_options *options);                         /* rows_values.c */
void measure_calls(const bench_options *options);                           /* rows_values.c */

#endif
