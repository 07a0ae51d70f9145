#include "pages_comment.h"

#include <ckl/base.h>
#include <stdlib.h>
#include <string.h>

#include "pages.h"

#define EXAMPLE_INDENT 2 /* lines that begin there, after a gap, are examples, as they stand */
#define ITEM_INDENT    8 /* what begins there after "Errors:" is an item */

static const char ERRORS[] = "Errors:";

void put_span(FILE *page, const char *start, size_t length)
{
    char *copy = malloc(length + 1);
    if (copy == NULL)
        abort();
    memcpy(copy, start, length);
    copy[length] = '\0';
    put_roff(page, copy);
    free(copy);
}

/* ---- the first sentence ---------------------------------------------------------------------- */

/* A full stop, or what separates a head from what it is about. */
static bool ends_sentence(const char *at)
{
    static const char FOR_EXAMPLE[] = "e.g.";
    if (strchr(".;", *at) == NULL || strchr(" \n", at[1]) == NULL)
        return false;
    return strncmp(at - 3, FOR_EXAMPLE, strlen(FOR_EXAMPLE)) != 0;
}

void put_summary(FILE *page, const char *text)
{
    const char *errors = strstr(text, ERRORS);
    size_t limit = errors == NULL ? strlen(text) : (size_t)(errors - text);
    int depth = 0;
    size_t length = 0;
    while (length < limit && text[length] != '\0') {
        depth += text[length] == '(';
        depth -= text[length] == ')';
        if (depth == 0 && length >= 3 && ends_sentence(text + length))
            break;
        length++;
    }
    while (length > 0 && strchr(" \n.:", text[length - 1]) != NULL)
        length--;
    char *line = malloc(length + 1);
    if (line == NULL)
        abort();
    memcpy(line, text, length);
    line[length] = '\0';
    for (char *at = line; *at != '\0'; at++) {
        if (*at == '\n')
            *at = ' ';
    }
    put_roff(page, line);
    free(line);
}

/* ---- paragraphs ------------------------------------------------------------------------------ */

typedef struct flow {
    FILE *page;
    bool example, gap, any;
} flow;

static void end_example(flow *to)
{
    if (to->example)
        fputs(".EE\n", to->page);
    to->example = false;
}

static void put_flow_line(flow *to, const char *line, size_t length)
{
    size_t indent = strspn(line, " ");
    if (indent >= length) {
        to->gap = to->any;
        return;
    }
    bool item = strncmp(line + indent, "- ", 2) == 0;
    bool example = !item && indent >= EXAMPLE_INDENT && (to->example || to->gap);
    if (!example)
        end_example(to);
    if (item) {
        fputs(".IP \\(bu 2\n", to->page);
        indent += 2;
    } else if (to->gap && !to->example) {
        fputs(".PP\n", to->page);
    } else if (to->gap) {
        fputc('\n', to->page);
    }
    if (example && !to->example)
        fputs(".EX\n", to->page);
    if (example)
        indent = 0;
    to->example = example;
    to->gap = false;
    to->any = true;
    put_span(to->page, line + indent, length - indent);
    fputc('\n', to->page);
}

/* Where the description goes on after what can fail: at a line that begins at the left, below one
 * that does not. NULL: nowhere. */
static const char *after_errors(const char *errors)
{
    bool indented = false;
    for (const char *line = strchr(errors, '\n'); line != NULL; line = strchr(line, '\n')) {
        line++;
        if (*line == '\0')
            break;
        if (*line != ' ' && indented)
            return line;
        indented = *line == ' ';
    }
    return NULL;
}

static void put_lines(flow *to, const char *text, const char *end)
{
    while (text != NULL && text < end && *text != '\0') {
        size_t length = strcspn(text, "\n");
        if (text + length > end)
            length = (size_t)(end - text);
        put_flow_line(to, text, length);
        text += length + (text[length] == '\n');
    }
}

bool put_description(FILE *page, const char *text)
{
    flow to = {.page = page};
    const char *errors = strstr(text, ERRORS);
    put_lines(&to, text, errors == NULL ? text + strlen(text) : errors);
    if (errors != NULL && after_errors(errors) != NULL) {
        to.gap = to.any;
        put_lines(&to, after_errors(errors), text + strlen(text));
    }
    end_example(&to);
    return to.any;
}

/* ---- what can fail --------------------------------------------------------------------------- */

/* A name of a status, and how long it is; 0: none. */
static size_t status_length(const char *word)
{
    size_t length = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
    for (int status = 0; status < CKL_STATUS_COUNT; status++) {
        const char *name = ckl_status_name((ckl_status)status);
        if (strlen(name) == length && memcmp(name, word, length) == 0)
            return length;
    }
    return 0;
}

/* A status begins an item where it is set apart: by a line of its own, by more than one space
 * behind it, by a colon. */
static bool begins_item(const char *word, bool first, bool line_begins)
{
    size_t length = status_length(word);
    if (length == 0)
        return false;
    return first || line_begins || word[length] == ':' || strncmp(word + length, "  ", 2) == 0;
}

/* The statuses of an item, "CKL_BUSY, CKL_IO". Returns what comes behind them. */
static const char *put_item(FILE *page, const char *word)
{
    fputs(".TP\n\\fB", page);
    for (;;) {
        size_t length = status_length(word);
        put_span(page, word, length);
        word += length;
        size_t gap = strspn(word, ", \n");
        if (*word != ',' || status_length(word + gap) == 0)
            break;
        fputs(", ", page);
        word += gap;
    }
    fputs("\\fR\n", page);
    return word + (*word == ':' || *word == ',');
}

bool put_errors(FILE *page, const char *text)
{
    const char *errors = strstr(text, ERRORS);
    if (errors == NULL)
        return false;
    const char *end = after_errors(errors);
    if (end == NULL)
        end = text + strlen(text);
    const char *word = errors + strlen(ERRORS);
    fputs(".SH ERRORS\n", page);
    bool first = true;
    for (;;) {
        size_t gap = strspn(word, " \n");
        const char *line = memchr(word, '\n', gap);
        bool line_begins = line != NULL && word + gap - line > ITEM_INDENT;
        bool item = line != NULL && word + gap - line == ITEM_INDENT + 1;
        word += gap;
        if (word >= end || *word == '\0')
            break;
        if (begins_item(word, first, line_begins)) {
            word = put_item(page, word);
        } else {
            size_t length = strcspn(word, " \n");
            fputs(item ? ".PP\n" : "", page);
            put_span(page, word, length);
            fputc('\n', page);
            word += length;
        }
        first = false;
    }
    return true;
}
