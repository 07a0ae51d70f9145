#include "failing.h"

#include <errno.h>
#include <execinfo.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

/* What is interrupted is tried again by whoever was interrupted, so it ends some time. */
#define INTERRUPTIONS_MAX 8

static fault_plan plan;
static struct {
    unsigned long seen, failed;
    const char *first;
} count;
static bool shows_where;

void failing_begin(const fault_plan *wanted)
{
    count.seen = count.failed = 0;
    count.first = "nothing";
    plan = *wanted;
}

void failing_end(void)
{
    plan = (fault_plan){0};
}

unsigned long failing_seen(void)
{
    return count.seen;
}

unsigned long failing_failed(void)
{
    return count.failed;
}

const char *failing_first(void)
{
    return count.first;
}

void failing_show_where(void)
{
    shows_where = true;
}

void failing_trace(void)
{
    void *callers[64];
    backtrace_symbols_fd(callers, backtrace(callers, 64), STDERR_FILENO);
}

/* The next one that could fail. */
static bool strikes(const char *name)
{
    count.seen++;
    if (plan.nth == 0 || count.seen < plan.nth || (!plan.on && count.seen > plan.nth))
        return false;
    if (plan.way->code == EINTR && count.failed >= INTERRUPTIONS_MAX)
        return false;
    if (plan.way->code == KILL)
        _exit(FAILING_KILLED);
    if (count.failed++ > 0)
        return true;
    count.first = name;
    if (shows_where)
        failing_trace();
    return true;
}

static unsigned struck_by(int code)
{
    switch (code) {
    case ENOSPC:
    case EDQUOT:
        return CALL_SPACE | CALL_WRITE | CALL_SYNC;
    case EINTR:
        return CALL_WAIT;
    case SHORT_TRANSFER:
        return CALL_READ | CALL_WRITE;
    case SQLITE_FULL:
        return CALL_WRITE | CALL_SPACE;
    case SQLITE_BUSY:
        return CALL_WAIT;
    default:
        return ~0u;
    }
}

static bool fails(fault_kind kind, const char *name, unsigned about, int *code)
{
    if (plan.way == NULL || plan.way->kind != kind || (about & struck_by(plan.way->code)) == 0 ||
        !strikes(name))
        return false;
    *code = plan.way->code;
    return true;
}

bool failing_call(const char *name, unsigned about, int *code)
{
    return fails(FAULT_CALL, name, about, code);
}

bool failing_sqlite(const char *name, unsigned about, int *code)
{
    return fails(FAULT_SQLITE, name, about, code);
}

bool failing_memory(void)
{
    int code;
    return fails(FAULT_MEMORY, "an allocation", ~0u, &code);
}
