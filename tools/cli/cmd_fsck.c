/* fsck: looks a ledger and its tree over, and repairs; receipt: where history stands. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"

#define RECEIPT_MAX 4096

/* ---- progress -------------------------------------------------------------------------------- */

/* On a terminal only, and only when it takes longer than a second. */
typedef struct progress {
    time_t begun;
    bool shown;
} progress;

static void show_progress(void *context, const char *what, uint64_t done, uint64_t total)
{
    progress *state = context;
    if (time(NULL) - state->begun < 2) /* whole seconds: at least one went by */
        return;
    state->shown = true;
    if (total > 0)
        fprintf(stderr, "\r\033[K%s: %llu %%", what,
                (unsigned long long)((double)done * 100 / (double)total));
    else if (done > 0)
        fprintf(stderr, "\r\033[K%s: %llu", what, (unsigned long long)done);
    else
        fprintf(stderr, "\r\033[K%s", what);
    fflush(stderr);
}

static void end_progress(const progress *state)
{
    if (state->shown)
        fputs("\r\033[K", stderr);
}

/* ---- what was found -------------------------------------------------------------------------- */

/* What to do about a kind of finding, told once below all of them. */
static const struct {
    const char *kind, *advice;
} ADVICE[] = {
    {"missing",
     "dumped files come back with: ckl fsck --repair; that files were deleted on purpose "
     "is said with: ckl fsck --accept-missing"},
    {"changed", "dumped files come back with: ckl fsck --repair; the other bytes are kept aside"},
    {"derived", "what follows from history comes back with: ckl fsck --repair"},
    {"schema", "views, indexes and triggers are put right with: ckl fsck --repair"},
    {"leftover", "the next command that writes finishes or undoes it, or: ckl fsck --repair"},
    {"unknown", "move it away: nothing in the ledger names it"},
    {"content", "the ledger cannot bring this back: keep this copy, and put back one of before"},
    {"chain", "history was changed: keep this copy as evidence, and put back one of before"},
    {"receipt", "history is not what it was: keep this copy as evidence, look for one of before, "
                "with its log"},
    {"reference", "rows were changed or are gone: keep this copy, and put back one of before"},
    {"number", "rows were changed or are gone: keep this copy, and put back one of before"},
    {"unused", "rows were changed or are gone: keep this copy, and put back one of before"},
    {"unreadable", "keep this copy, and put back one of before; sqlite3 ledger.db .recover may "
                   "save some"},
};

#define ADVICE_COUNT (sizeof ADVICE / sizeof *ADVICE)

static void note_advice(bool wanted[ADVICE_COUNT], const ckl_finding *finding)
{
    for (size_t index = 0; index < ADVICE_COUNT; index++)
        wanted[index] = wanted[index] || strcmp(ADVICE[index].kind, finding->kind) == 0;
}

static void print_advice(const bool wanted[ADVICE_COUNT])
{
    for (size_t index = 0; index < ADVICE_COUNT; index++) {
        bool said = false;
        for (size_t before = 0; before < index; before++)
            said = said ||
                   (wanted[before] && strcmp(ADVICE[before].advice, ADVICE[index].advice) == 0);
        if (wanted[index] && !said)
            printf("%s: %s\n", ADVICE[index].kind, ADVICE[index].advice);
    }
}

static void print_finding(const invocation *call, const ckl_finding *finding)
{
    if (call->json) {
        emit_open_object(NULL);
        emit_text("kind", finding->kind);
        emit_text("subject", finding->subject);
        emit_text("message", finding->message);
        emit_boolean("repaired", finding->repaired);
        emit_text("lost", finding->lost);
        emit_close_object();
        return;
    }
    printf("%s%-10s%s ", paint(finding->repaired ? GREEN : RED),
           finding->repaired ? "repaired" : finding->kind, paint(PLAIN));
    put(finding->subject);
    printf(": ");
    put(finding->message);
    if (finding->lost != NULL) {
        printf("; lost: ");
        put(finding->lost);
    }
    printf("\n");
}

static void print_count(uint64_t count, const char *what, const char *behind)
{
    printf("%llu %s%s%s", (unsigned long long)count, what, count == 1 ? "" : "s", behind);
}

static void print_counts(const invocation *call, const ckl_check *check)
{
    ckl_check_counts counts;
    ckl_check_read_counts(&counts, check);
    if (!call->json) {
        print_count(counts.events, "event", ", ");
        print_count(counts.experiments, "experiment", ", ");
        print_count(counts.data_states, "data state", ", ");
        print_count(counts.files, "file", " (");
        print_count(counts.bytes, "byte", ")\n");
        return;
    }
    emit_open_object("checked");
    emit_integer("events", (int64_t)counts.events);
    emit_integer("experiments", (int64_t)counts.experiments);
    emit_integer("components", (int64_t)counts.components);
    emit_integer("data_states", (int64_t)counts.data_states);
    emit_integer("samples", (int64_t)counts.samples);
    emit_integer("checkpoints", (int64_t)counts.checkpoints);
    emit_integer("metrics", (int64_t)counts.metrics);
    emit_integer("files", (int64_t)counts.files);
    emit_integer("bytes", (int64_t)counts.bytes);
    emit_close_object();
}

/* *left: how many are not put right. */
static ckl_status print_all(const invocation *call, ckl_check *check, uint64_t *left,
                            ckl_error *err)
{
    ckl_finding finding;
    ckl_status status;
    uint64_t count = 0;
    bool wanted[ADVICE_COUNT] = {false};
    *left = 0;
    if (call->json) {
        emit_begin();
        emit_open_array("findings");
    }
    while ((status = ckl_check_next(&finding, check, err)) == CKL_OK) {
        print_finding(call, &finding);
        count++;
        *left += !finding.repaired;
        if (!finding.repaired)
            note_advice(wanted, &finding);
    }
    if (call->json) {
        emit_close_array();
        print_counts(call, check);
        emit_end();
        return status == CKL_DONE ? CKL_OK : status;
    }
    if (count > 0)
        printf("\n");
    printf(*left > 0 ? "%llu of %llu findings left: " : "clean: ", (unsigned long long)*left,
           (unsigned long long)count);
    print_counts(call, check);
    print_advice(wanted);
    return status == CKL_DONE ? CKL_OK : status;
}

ckl_status cmd_fsck(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    char here[PATH_MAX];
    char *receipt = NULL;
    size_t size = 0;
    uint64_t left = 0;
    ckl_check *check = NULL;
    progress state = {.begun = time(NULL)};
    (void)manager;
    ckl_check_options options = {.repair = option_given(call, "--repair"),
                                 .accept_missing = option_given(call, "--accept-missing"),
                                 .reason = option_value(call, "--reason"),
                                 .warnings = &WARNINGS};
    if (isatty(STDERR_FILENO)) {
        options.progress = show_progress;
        options.progress_context = &state;
    }
    ckl_status status = check_arguments(call, 0, 0, err);
    if (status == CKL_OK && option_given(call, "--receipt"))
        status = read_file(&receipt, &size, option_value(call, "--receipt"), RECEIPT_MAX, err);
    options.receipt = receipt;
    if (status == CKL_OK)
        status = ckl_check_open(&check, find_root(call, here), &options, err);
    end_progress(&state);
    if (status == CKL_OK)
        status = print_all(call, check, &left, err);
    if (status == CKL_OK && left > 0)
        *exit_code = ckl_status_exit_code(CKL_DAMAGED);
    ckl_check_close(check);
    free(receipt);
    return status;
}

ckl_status cmd_receipt(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    char *text = NULL;
    (void)exit_code;
    ckl_status status = check_arguments(call, 0, 0, err);
    if (status == CKL_OK)
        status = ckl_receipt(&text, manager, err);
    if (status == CKL_OK)
        printf("%s\n", text);
    ckl_free(text);
    return status;
}
