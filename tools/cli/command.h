/* command: what a command of `ckl` is: its name, its options, its function. The command sees the
 * library through <ckl/ckl.h> only. */
#ifndef COMMAND_H
#define COMMAND_H

#include <ckl/ckl.h>

#include "emit.h"

#define OPTION_MAX 12

/* One option of a command. `value` NULL: a switch. */
typedef struct option_spec {
    const char *name;  /* "--limit" */
    const char *value; /* "N", for help */
    const char *help;
    bool repeats; /* may be given more than once */
} option_spec;

/* How a command prints its rows (table.h). */
typedef enum output_format {
    FORMAT_TEXT,
    FORMAT_CSV,
    FORMAT_TSV,
    FORMAT_JSON_LINES,
    FORMAT_MARKDOWN
} output_format;

typedef struct invocation {
    const char *root;   /* -C */
    const char *run;    /* --run */
    const char *ledger; /* --ledger */
    bool json;
    output_format format; /* --format */
    bool format_given, no_pager;
    bool is_private; /* --private: what is made is its owner's alone */
    bool wants_help, wants_version;
    const struct command *command;
    const char *values[OPTION_MAX]; /* of the command's options: the last given; "" for a switch */
    const char **repeated;          /* values of options that repeat … */
    int *repeated_of;               /* … and which option each belongs to … */
    size_t repeated_count;          /* … in order */
    const char **arguments;
    size_t argument_count;
} invocation;

typedef enum command_need {
    NEEDS_NOTHING,
    NEEDS_READING,
    NEEDS_WRITING,
    NEEDS_LEDGER
} command_need;

/* Prints, and returns what went wrong. `manager` is open when the command needs one. *exit_code may
 * be set to something else than what the status says (diff --exit-code). */
typedef ckl_status command_function(invocation *call, ckl_manager *manager, int *exit_code,
                                    ckl_error *err);

typedef struct command {
    const char *name;
    command_need need;
    const char *usage;   /* behind the name */
    const char *summary; /* one line */
    const char *example;
    const char *about; /* what to know, as prose; wrapped when it is printed */
    const char *keys;  /* of its JSON object; NULL: its output is the same with --json */
    command_function *function;
    bool prints_rows; /* takes --format */
    bool pages;       /* what it prints on a terminal goes through a pager */
    option_spec options[OPTION_MAX];
} command;

/* commands.c. The options that stand anywhere; a row without a name ends them. */
extern const option_spec GLOBAL_OPTIONS[];
/* All commands, group by group: NULL gives the first, after the last there is NULL. */
const command *next_command(const command *before);
/* The title of the group that begins with it; NULL: none does. */
const char *group_begins(const command *first);
const command *find_command(const char *name);

/* options.c: takes the command line apart. Errors: CKL_INVALID  names the word, and a close one */
ckl_status parse_invocation(invocation *out, int count, char **words, ckl_error *err);
ckl_status unknown_command(const char *word, ckl_error *err);
void free_invocation(invocation *call);
/* The value of an option ("--limit"), NULL when it was not given. */
const char *option_value(const invocation *call, const char *name);
bool option_given(const invocation *call, const char *name);
/* Whether repeated value number `index` belongs to `name`. */
bool repeated_is(const invocation *call, size_t index, const char *name);
/* A whole number of at least `least`. */
ckl_status parse_number(int64_t *out, const char *text, const char *what, int64_t least,
                        ckl_error *err);
/* Exactly `least` to `most` arguments. */
ckl_status check_arguments(const invocation *call, size_t least, size_t most, ckl_error *err);
ckl_status usage_error(const invocation *call, ckl_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Sets a message as the library does. */
ckl_status fail(ckl_error *err, ckl_status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* help.c */
void print_help(const command *of); /* NULL: the overview */

/* pager.c: on a terminal, what is printed from here on goes through $CKL_PAGER, else $PAGER, else
 * less, when `call` wants that. A pager that cannot be started is none. */
void start_pager(const invocation *call);
bool has_pager(void);
/* Waits until the reader has read. */
void finish_pager(void);

/* input.c: a whole file, "-" standard input, of `limit` bytes at most; *out is the caller's (free)
 * and has a NUL after its *size bytes. */
ckl_status read_file(char **out, size_t *size, const char *path, size_t limit, ckl_error *err);

/* progress.c: what takes more than a second is told on a terminal, until the end: `doing`, and how
 * much of the file at `path` (may be NULL) was read. */
void progress_begin(const char *doing, const char *path);
void progress_end(void);

/* The arguments from `first` on, and the lines of --from FILE. */
typedef struct uid_list {
    const char **uids;
    size_t count;
    char *text;
} uid_list;
ckl_status collect_uids(uid_list *out, const invocation *call, size_t first, ckl_error *err);
void free_uids(uid_list *list);

/* What "name=value" words say. */
typedef struct metric_list {
    ckl_metric *metrics;
    char **texts;
    size_t count;
} metric_list;
ckl_status collect_metrics(metric_list *out, const char *const *words, size_t count,
                           ckl_error *err);
void free_metrics(metric_list *list);

/* Standard input can be read once. */
ckl_status check_standard_input(const invocation *call, ckl_error *err);

/* open.c: the ledger as `need` says, made when it may be. */
ckl_status open_root(ckl_manager **out, const invocation *call, command_need need, ckl_error *err);
/* What the library warns of from here on is about a failure that is told already. */
void keep_quiet(void);
/* For `hash`, which works without a ledger. CKL_NOT_FOUND when there is none. */
ckl_status open_if_there(ckl_manager **out, const invocation *call, ckl_error *err);
/* For commands that read their input before a ledger is made. */
ckl_status open_to_write(ckl_manager **out, const invocation *call, ckl_error *err);
/* Where nothing can be done without a ledger. */
ckl_status open_to_change(ckl_manager **out, const invocation *call, ckl_error *err);
/* The root that the call is about; `here` holds PATH_MAX. */
const char *find_root(const invocation *call, char *here);
extern const ckl_warning_sink WARNINGS; /* one line each on standard error */

/* cmd_read.c: the checkpoints of an experiment (NULL: all), as lines or as a JSON array. */
ckl_status print_checkpoints(const invocation *call, ckl_manager *manager, const char *hash,
                             bool all_runs, ckl_error *err);

/* cmd_diff.c: "code changed: commit A to B, dirty". */
void print_code_change(const ckl_diff_code *code);

/* cmd_sql.c: all rows of a statement. */
ckl_status print_sql_rows(const invocation *call, ckl_sql *rows, ckl_error *err);

/* cmd_log.c: "model", "config" or "data". */
ckl_status parse_component(ckl_components *out, const char *text, ckl_error *err);

/* cmd_log.c: one event, as the members of a JSON object, or as a line; `all`: with its run. */
void print_event_json(const ckl_event *event);
void print_event_text(const ckl_event *event, bool all);

/* cmd_read.c: "HASH@STEP", where HASH may itself begin with "@"; *step is -1 where none is given.
 * *out is the caller's (free). */
ckl_status parse_target(char **out, int64_t *step, const char *text, ckl_error *err);

/* cmd_sql.c: "30s", "500ms", "2m", "1h"; a bare number is seconds. `what` is the option. */
ckl_status parse_duration(int64_t *out_ms, const char *text, const char *what, ckl_error *err);

command_function cmd_hash, cmd_compare, cmd_update, cmd_discard, cmd_restore, cmd_tag, cmd_untag,
    cmd_status, cmd_dump, cmd_checkpoint, cmd_metric, cmd_log, cmd_show, cmd_diff, cmd_state,
    cmd_cat, cmd_path, cmd_switch, cmd_runs, cmd_run, cmd_checkpoints, cmd_ignore, cmd_watch,
    cmd_gc, cmd_fsck, cmd_receipt, cmd_sample, cmd_audit, cmd_find, cmd_name, cmd_note, cmd_merge,
    cmd_import, cmd_pairs, cmd_exposure, cmd_seen, cmd_blame, cmd_churn, cmd_export, cmd_schema,
    cmd_sql, cmd_snapshot, cmd_report;

#endif
