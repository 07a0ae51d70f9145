/* log: what happened. */
#include <stdlib.h>
#include <string.h>

#include "graph.h"
#include "table.h"

/* ---- log ------------------------------------------------------------------------------------- */

ckl_status parse_component(ckl_components *out, const char *text, ckl_error *err)
{
    *out = strcmp(text, "model") == 0    ? CKL_MODEL
           : strcmp(text, "config") == 0 ? CKL_CONFIG
           : strcmp(text, "data") == 0   ? CKL_DATA
                                         : 0;
    return *out != 0
               ? CKL_OK
               : fail(err, CKL_INVALID, "a component is model, config or data, not '%s'", text);
}

void print_event_json(const ckl_event *event)
{
    emit_integer("seq", event->seq);
    emit_time("at", event->at_us);
    emit_text("run", event->run);
    emit_text("kind", event->kind);
    emit_text("experiment", event->experiment);
    emit_text("from", event->from);
    emit_components("changed", event->changed);
    emit_boolean("superseded", event->superseded);
    emit_text("actor", event->actor);
    emit_text("reason", event->reason);
    if (event->step >= 0)
        emit_integer("step", event->step);
    if (event->parent_seq > 0)
        emit_integer("parent_seq", event->parent_seq);
    if (event->detail != NULL)
        emit_raw("detail", event->detail);
}

/* What the event changed, or the step that it is about. */
static void event_subject(char out[64], const ckl_event *event)
{
    bool moved = event->experiment != NULL &&
                 (event->from == NULL || strcmp(event->experiment, event->from) != 0);
    size_t size = 0;
    out[0] = '\0';
    if (moved)
        size = (size_t)snprintf(out, 64, "%s", components_text(event->changed));
    if (event->step >= 0)
        snprintf(out + size, 64 - size, "%sstep %lld", size > 0 ? ", " : "",
                 (long long)event->step);
}

/* What its detail has to say to a person: the rest is for programs. */
static void event_detail(const ckl_event *event)
{
    const char *detail = event->detail != NULL ? event->detail : "";
    bool whole = strstr(event->kind, "ignore") != NULL || strcmp(event->kind, "name") == 0 ||
                 strcmp(event->kind, "note") == 0 || strstr(detail, "\"shifted\"") != NULL;
    if (whole) {
        fputs("  ", stdout);
        put(detail);
    } else if (strcmp(event->kind, "train") == 0 && strstr(detail, "\"unknown\"") != NULL) {
        fputs("  weights: origin unknown", stdout);
    }
}

void print_event_text(const ckl_event *event, bool all)
{
    char time_of[32], subject[64];
    event_subject(subject, event);
    printf("%s%5lld%s  %s  ", paint(DIM), (long long)event->seq, paint(PLAIN),
           time_text(time_of, event->at_us));
    if (all) {
        put_padded(event->run, 12);
        fputs("  ", stdout);
    }
    put_padded(event->kind, 10);
    putchar(' ');
    printf("%s%-24s%s  ", paint(BOLD), event->experiment != NULL ? event->experiment : "-",
           paint(PLAIN));
    put_padded(subject, 19);
    printf("  %s%-10s%s  %s", paint(YELLOW), event->superseded ? "superseded" : "", paint(PLAIN),
           paint(DIM));
    put(event->actor);
    fputs(paint(PLAIN), stdout);
    if (event->reason != NULL) {
        fputs(": ", stdout);
        put(event->reason);
    }
    event_detail(event);
    putchar('\n');
}

/* ---- rows ------------------------------------------------------------------------------------ */

static const table_column COLUMNS[] = {
    {"seq", RIGHT},       {"at", LEFT},    {"run", LEFT},     {"kind", LEFT},
    {"experiment", LEFT}, {"from", LEFT},  {"changed", LEFT}, {"step", RIGHT},
    {"superseded", LEFT}, {"actor", LEFT}, {"reason", LEFT},
};

static void add_row(table *rows, const ckl_event *event)
{
    table_integer(rows, event->seq);
    table_time(rows, event->at_us);
    table_text(rows, event->run);
    table_text(rows, event->kind);
    table_text(rows, event->experiment);
    table_text(rows, event->from);
    table_components(rows, event->changed);
    if (event->step < 0)
        table_null(rows);
    else
        table_integer(rows, event->step);
    table_boolean(rows, event->superseded);
    table_text(rows, event->actor);
    table_text(rows, event->reason);
}

/* For --format: everything that an event has. */
static ckl_status print_rows(const invocation *call, ckl_event_cursor *cursor, ckl_error *err)
{
    table *rows = NULL;
    ckl_event event;
    ckl_status status =
        table_open(&rows, call, "events", COLUMNS, sizeof COLUMNS / sizeof *COLUMNS, err);
    while (status == CKL_OK && (status = ckl_event_next(&event, cursor, err)) == CKL_OK)
        add_row(rows, &event);
    return table_close(rows, status, err);
}

/* For people: a line each. */
static ckl_status print_lines(const ckl_event_filter *filter, ckl_event_cursor *cursor,
                              ckl_error *err)
{
    ckl_event event;
    graph lanes = {0};
    ckl_status status = CKL_OK;
    while (status == CKL_OK && (status = ckl_event_next(&event, cursor, err)) == CKL_OK) {
        if (filter->states_only && !graph_put_node(&lanes, event.seq))
            status = fail(err, CKL_NO_MEMORY, "out of memory");
        print_event_text(&event, filter->all_runs);
        if (filter->states_only && !graph_put_edges(&lanes, event.parent_seq))
            status = fail(err, CKL_NO_MEMORY, "out of memory");
    }
    graph_free(&lanes);
    return status == CKL_DONE ? CKL_OK : status;
}

static ckl_status print_json(ckl_event_cursor *cursor, ckl_error *err)
{
    ckl_event event;
    ckl_status status;
    emit_begin();
    emit_open_array("events");
    while ((status = ckl_event_next(&event, cursor, err)) == CKL_OK) {
        emit_open_object(NULL);
        print_event_json(&event);
        emit_close_object();
    }
    emit_close_array();
    emit_end();
    return status == CKL_DONE ? CKL_OK : status;
}

static ckl_status read_filter(ckl_event_filter *out, const invocation *call, ckl_error *err)
{
    const char *limit = option_value(call, "--limit"), *since = option_value(call, "--since");
    const char *component = option_value(call, "--component");
    int64_t number = 20;
    ckl_status status = check_arguments(call, 0, 0, err);
    if (status == CKL_OK && limit != NULL)
        status = parse_number(&number, limit, "limit", 0, err);
    if (status == CKL_OK && since != NULL)
        status = ckl_time_parse(&out->since_us, since, err);
    if (status == CKL_OK && component != NULL)
        status = parse_component(&out->component, component, err);
    out->limit = (uint64_t)number;
    out->all_runs = option_given(call, "--all");
    out->states_only = option_given(call, "--graph");
    return status;
}

ckl_status cmd_log(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    ckl_event_filter filter = {0};
    ckl_event_cursor *cursor = NULL;
    (void)exit_code;
    ckl_status status = read_filter(&filter, call, err);
    if (status == CKL_OK)
        status = ckl_events(&cursor, manager, &filter, err);
    if (status != CKL_OK)
        return status;
    if (call->json)
        status = print_json(cursor, err);
    else if (is_for_people(call))
        status = print_lines(&filter, cursor, err);
    else
        status = print_rows(call, cursor, err);
    ckl_event_cursor_close(cursor);
    return status;
}
