/* log: what happened. */
#define _XOPEN_SOURCE 700
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command.h"

/* ---- log ------------------------------------------------------------------------------------- */

/* "15:40" or "15:40:00"; NULL when it is neither. */
static const char *parse_clock(const char *text, struct tm *out)
{
    const char *rest = strptime(text, "%H:%M:%S", out);
    return rest != NULL ? rest : strptime(text, "%H:%M", out);
}

/* "2026-11-23", "2026-11-23T15:40:00Z", or a while ago: 90s, 15m, 2h, 3d, 1w. */
static ckl_status parse_since(int64_t *out, const char *text, ckl_error *err)
{
    static const struct {
        char unit;
        int64_t seconds;
    } UNITS[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    char *end = NULL;
    long long amount = strtoll(text, &end, 10);
    for (size_t index = 0; index < sizeof UNITS / sizeof *UNITS; index++) {
        if (end != text && amount >= 0 && amount < 1000000000 && end[0] == UNITS[index].unit &&
            end[1] == '\0') {
            *out = ((int64_t)time(NULL) - amount * UNITS[index].seconds) * 1000000;
            return CKL_OK;
        }
    }
    struct tm parts = {0};
    const char *rest = strptime(text, "%Y-%m-%d", &parts);
    if (rest != NULL && (*rest == 'T' || *rest == ' '))
        rest = parse_clock(rest + 1, &parts);
    if (rest != NULL && *rest == '.')
        rest += 1 + strspn(rest + 1, "0123456789");
    if (rest == NULL || (*rest != '\0' && strcmp(rest, "Z") != 0))
        return fail(err, CKL_INVALID,
                    "'%s' is no time: write 2026-11-23, 2026-11-23T15:40:00Z, 2h or 3d", text);
    *out = (int64_t)timegm(&parts) * 1000000;
    return CKL_OK;
}

static ckl_status parse_component(ckl_components *out, const char *text, ckl_error *err)
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
    bool whole = strstr(event->kind, "ignore") != NULL || strstr(detail, "\"shifted\"") != NULL;
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

static ckl_status read_filter(ckl_event_filter *out, const invocation *call, ckl_error *err)
{
    const char *limit = option_value(call, "--limit"), *since = option_value(call, "--since");
    const char *component = option_value(call, "--component");
    int64_t number = 20;
    ckl_status status = check_arguments(call, 0, 0, err);
    if (status == CKL_OK && limit != NULL)
        status = parse_number(&number, limit, "limit", 0, err);
    if (status == CKL_OK && since != NULL)
        status = parse_since(&out->since_us, since, err);
    if (status == CKL_OK && component != NULL)
        status = parse_component(&out->component, component, err);
    out->limit = (uint64_t)number;
    out->all_runs = option_given(call, "--all");
    return status;
}

ckl_status cmd_log(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    ckl_event_filter filter = {0};
    ckl_event_cursor *cursor = NULL;
    ckl_event event;
    (void)exit_code;
    ckl_status status = read_filter(&filter, call, err);
    if (status == CKL_OK)
        status = ckl_events(&cursor, manager, &filter, err);
    if (status != CKL_OK)
        return status;
    if (call->json) {
        emit_begin();
        emit_open_array("events");
    }
    while ((status = ckl_event_next(&event, cursor, err)) == CKL_OK) {
        if (!call->json) {
            print_event_text(&event, filter.all_runs);
            continue;
        }
        emit_open_object(NULL);
        print_event_json(&event);
        emit_close_object();
    }
    ckl_event_cursor_close(cursor);
    if (call->json) {
        emit_close_array();
        emit_end();
    }
    return status == CKL_DONE ? CKL_OK : status;
}
