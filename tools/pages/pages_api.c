/* Manual pages of the interface in C, from its headers: one for each function (or for several that
 * share their explanation), one for each header. */
#include <ckl/base.h>
#include <stdlib.h>
#include <string.h>

#include "pages.h"
#include "pages_comment.h"
#include "pages_header.h"

/* What nearly every function has; libckl-base(3) shows them. */
static const char *const EVERYWHERE[] = {"ckl_status", "ckl_error", "ckl_hash", "ckl_components"};

static void put_name(FILE *page, piece name)
{
    put_span(page, name.start, name.length);
}

static void put_head(FILE *page, const char *name)
{
    fprintf(page, ".TH \"%s\" \"3\" \"\" \"ckl %s\" \"Checkpoint Ledger\"\n.SH NAME\n", name,
            ckl_version());
}

static void put_code(FILE *page, piece text)
{
    put_span(page, text.start, text.length);
    fputc('\n', page);
}

/* As it would stand without CKL_API. */
static void put_prototype(FILE *page, const entry *function)
{
    const char *at = function->text.start, *end = at + function->text.length;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL)
            stop = end;
        put_code(page, (piece){at, (size_t)(stop - at)});
        at = stop;
        if (at < end)
            at += 1 + function->indent;
    }
}

/* "libckl-base", or "libckl" for ckl.h, which includes the others. */
static void header_page(char *out, size_t size, const header *of)
{
    if (of->name.length == 3 && memcmp(of->name.start, "ckl", 3) == 0)
        snprintf(out, size, "libckl");
    else
        snprintf(out, size, "libckl-%.*s", (int)of->name.length, of->name.start);
}

/* ---- the types that a function takes --------------------------------------------------------- */

static bool is_everywhere(piece name)
{
    for (size_t index = 0; index < sizeof EVERYWHERE / sizeof EVERYWHERE[0]; index++) {
        if (same_text(name, (piece){EVERYWHERE[index], strlen(EVERYWHERE[index])}))
            return true;
    }
    return false;
}

static bool names(piece text, piece name)
{
    static const char WORD[] = "abcdefghijklmnopqrstuvwxyz_0123456789";
    for (size_t at = 0; at + name.length <= text.length; at++) {
        if (memcmp(text.start + at, name.start, name.length) == 0 &&
            (at == 0 || strchr(WORD, text.start[at - 1]) == NULL) &&
            (at + name.length == text.length || strchr(WORD, text.start[at + name.length]) == NULL))
            return true;
    }
    return false;
}

/* Marks the types that a text names, those that they name, and so on. */
static void mark_types(bool *wanted, piece text)
{
    for (size_t number = 0; number < ENTRY_COUNT; number++) {
        const entry *type = &ENTRIES[number];
        if (type->kind != ENTRY_TYPE || !type->has_body || wanted[number] ||
            is_everywhere(type->name) || !names(text, type->name))
            continue;
        wanted[number] = true;
        mark_types(wanted, type->text);
    }
}

static void put_types(FILE *page, const bool *wanted)
{
    bool any = false;
    for (size_t number = 0; number < ENTRY_COUNT; number++) {
        if (!wanted[number])
            continue;
        fputs(any ? "\n" : ".SH TYPES\n.EX\n", page);
        if (ENTRIES[number].about.length > 0)
            put_code(page, ENTRIES[number].about);
        put_code(page, ENTRIES[number].text);
        any = true;
    }
    if (any)
        fputs(".EE\n", page);
}

/* ---- functions ------------------------------------------------------------------------------- */

/* The next function that is on the same page as `number`; NO_ENTRY when there is none. */
static size_t next_on_page(size_t number)
{
    size_t leader = ENTRIES[number].leader;
    for (number++; number < ENTRY_COUNT; number++) {
        if (ENTRIES[number].kind == ENTRY_FUNCTION && ENTRIES[number].leader == leader)
            return number;
    }
    return NO_ENTRY;
}

static void put_return_value(FILE *page, const entry *function)
{
    static const char STATUS[] = "ckl_status ckl_";
    if (strncmp(function->text.start, STATUS, strlen(STATUS)) != 0)
        return;
    fputs(".SH RETURN VALUE\nCKL_OK", page);
    put_roff(page, strstr(comment_text(function->about), "CKL_DONE") != NULL
                       ? ", CKL_DONE at the end,"
                       : "");
    fputs(" or what went wrong; ", page);
    put_roff(page, "then *err, where it is given, has a message and a hint, and what the "
                   "arguments point to is unchanged. All statuses are in libckl-base(3).\n");
}

static void write_function(const char *folder, size_t number)
{
    const entry *function = &ENTRIES[number];
    char name[128], file[136], parent[64];
    snprintf(name, sizeof name, "%.*s", (int)function->name.length, function->name.start);
    snprintf(file, sizeof file, "%s.3", name);
    FILE *page = open_page(folder, file);
    put_head(page, name);
    for (size_t each = number; each != NO_ENTRY; each = next_on_page(each)) {
        fputs(each == number ? "" : ", ", page);
        put_name(page, ENTRIES[each].name);
    }
    fputs(" \\- ", page);
    put_summary(page, comment_text(function->about));
    const header *from = &HEADERS[function->header];
    fprintf(page, "\n.SH SYNOPSIS\n.EX\n#include <ckl/%.*s.h>\n\n", (int)from->name.length,
            from->name.start);
    bool wanted[sizeof ENTRIES / sizeof ENTRIES[0]] = {false};
    for (size_t each = number; each != NO_ENTRY; each = next_on_page(each)) {
        put_prototype(page, &ENTRIES[each]);
        mark_types(wanted, ENTRIES[each].text);
    }
    fputs(".EE\n.SH DESCRIPTION\n", page);
    put_description(page, comment_text(function->about));
    put_return_value(page, function);
    put_errors(page, comment_text(function->about));
    put_types(page, wanted);
    header_page(parent, sizeof parent, from);
    fputs(".SH SEE ALSO\n.BR ", page);
    put_roff(page, parent);
    fputs(" (3),\n.BR libckl (3)\n", page);
    close_page(page, file);
}

/* A function that another one's page explains. */
static void write_link(const char *folder, const entry *function)
{
    const entry *leader = &ENTRIES[function->leader];
    char file[128];
    snprintf(file, sizeof file, "%.*s.3", (int)function->name.length, function->name.start);
    FILE *page = open_page(folder, file);
    fprintf(page, ".so man3/%.*s.3\n", (int)leader->name.length, leader->name.start);
    close_page(page, file);
}

/* ---- headers --------------------------------------------------------------------------------- */

static void put_contents(FILE *page, size_t number)
{
    bool any = false;
    for (size_t each = 0; each < ENTRY_COUNT; each++) {
        const entry *item = &ENTRIES[each];
        if (item->header != number || item->kind == ENTRY_TYPE)
            continue;
        if (!any)
            fputs(".SH FUNCTIONS\n", page);
        any = true;
        if (item->kind == ENTRY_SECTION) {
            const char *reference = strstr(item->name.start, ": design");
            size_t length = item->name.length;
            if (reference != NULL && reference < item->name.start + length)
                length = (size_t)(reference - item->name.start);
            fputs(".SS ", page);
            put_span(page, item->name.start, length);
            fputc('\n', page);
        } else {
            fputs(".TP\n.BR ", page);
            put_name(page, item->name);
            fputs(" (3)\n", page);
            put_summary(page, comment_text(ENTRIES[item->leader].about));
            fputc('\n', page);
        }
    }
}

static void put_statuses(FILE *page)
{
    fputs(".SH STATUSES\nWith the exit code that the command\n.BR ckl (1)\ngives for each.\n",
          page);
#define PUT_STATUS(name, code, meaning)                                                            \
    fprintf(page, ".TP\n.BR %s \" (%d)\"\n", #name, code);                                         \
    put_roff(page, meaning ".\n");
    CKL_STATUS_LIST(PUT_STATUS)
#undef PUT_STATUS
}

static void write_header(const char *folder, size_t number)
{
    const header *of = &HEADERS[number];
    char name[64], file[80];
    header_page(name, sizeof name, of);
    snprintf(file, sizeof file, "%s.3", name);
    FILE *page = open_page(folder, file);
    put_head(page, name);
    put_roff(page, name);
    fputs(" \\- ", page);
    put_summary(page, comment_text(of->about) + strlen("Checkpoint Ledger: "));
    fprintf(page, "\n.SH SYNOPSIS\n.EX\n#include <ckl/%.*s.h>\n\n", (int)of->name.length,
            of->name.start);
    put_roff(page, "cc … $(pkg-config --cflags --libs ckl)\n");
    fputs(".EE\n.SH DESCRIPTION\n", page);
    put_description(page, comment_text(of->about));
    if (strcmp(name, "libckl-base") == 0)
        put_statuses(page);
    put_contents(page, number);
    bool wanted[sizeof ENTRIES / sizeof ENTRIES[0]] = {false};
    for (size_t each = 0; each < ENTRY_COUNT; each++)
        wanted[each] = ENTRIES[each].header == number && ENTRIES[each].kind == ENTRY_TYPE;
    put_types(page, wanted);
    fputs(".SH SEE ALSO\n", page);
    for (size_t each = 0; each < HEADER_COUNT; each++) {
        header_page(name, sizeof name, &HEADERS[each]);
        fputs(".BR ", page);
        put_roff(page, name);
        fputs(" (3),\n", page);
    }
    fputs(".BR ckl (1)\n", page);
    close_page(page, file);
}

void write_api_pages(const char *folder, char **headers)
{
    for (; *headers != NULL; headers++)
        read_header(*headers);
    for (size_t number = 0; number < HEADER_COUNT; number++)
        write_header(folder, number);
    for (size_t number = 0; number < ENTRY_COUNT; number++) {
        if (ENTRIES[number].kind != ENTRY_FUNCTION)
            continue;
        if (ENTRIES[number].leader == number)
            write_function(folder, number);
        else
            write_link(folder, &ENTRIES[number]);
    }
}
