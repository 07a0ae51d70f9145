/* Reads the public headers. They are written one way (clang-format sees to it), so that this is not
 * a parser of C: comments, preprocessor lines, and declarations up to their semicolon. */
#include "pages_header.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

header HEADERS[32];
size_t HEADER_COUNT;
entry ENTRIES[1024];
size_t ENTRY_COUNT;

static char *TEXTS[32];

static void give_up(const char *path, const char *why)
{
    fprintf(stderr, "ckl-pages: %s: %s\n", path, why);
    exit(1);
}

bool same_text(piece first, piece second)
{
    return first.length == second.length && memcmp(first.start, second.start, first.length) == 0;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool is_name(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_';
}

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        give_up(path, "cannot be read");
    size_t capacity = 1u << 20;
    char *text = malloc(capacity);
    if (text == NULL)
        give_up(path, "out of memory");
    size_t length = fread(text, 1, capacity - 1, file);
    if (ferror(file) || length == capacity - 1)
        give_up(path, "cannot be read, or is too long");
    fclose(file);
    text[length] = '\0';
    return text;
}

/* ---- declarations ---------------------------------------------------------------------------- */

/* What is known while a header is read. */
typedef struct reading {
    const char *at;
    piece comment; /* that the next declaration has */
    size_t before; /* the declaration that stands directly before; NO_ENTRY */
} reading;

static const char *end_of_comment(const char *comment)
{
    const char *end = strstr(comment, "*/");
    if (end == NULL)
        give_up(HEADERS[HEADER_COUNT].path, "a comment that does not end");
    return end + 2;
}

/* Past the line, and those that a backslash joins to it. */
static const char *end_of_line(const char *line)
{
    const char *end = strchr(line, '\n');
    while (end != NULL && end[-1] == '\\')
        end = strchr(end + 1, '\n');
    return end == NULL ? line + strlen(line) : end;
}

static const char *end_of_declaration(const char *text)
{
    int depth = 0;
    for (; *text != '\0'; text++) {
        if (begins(text, "/*"))
            text = end_of_comment(text) - 1;
        else if (*text == '{' || *text == '(')
            depth++;
        else if (*text == '}' || *text == ')')
            depth--;
        else if (*text == ';' && depth == 0)
            return text + 1;
    }
    give_up(HEADERS[HEADER_COUNT].path, "a declaration that does not end");
    return NULL;
}

static entry *new_entry(entry_kind kind)
{
    if (ENTRY_COUNT == sizeof ENTRIES / sizeof ENTRIES[0])
        give_up(HEADERS[HEADER_COUNT].path, "more declarations than there is room for");
    entry *made = &ENTRIES[ENTRY_COUNT++];
    *made = (entry){.kind = kind, .header = HEADER_COUNT};
    return made;
}

/* The name that ends before `end`. */
static piece name_before(const char *start, const char *end)
{
    while (end > start && !is_name(end[-1]))
        end--;
    const char *first = end;
    while (first > start && is_name(first[-1]))
        first--;
    return (piece){first, (size_t)(end - first)};
}

static void read_declaration(reading *state)
{
    const char *start = state->at;
    const char *end = end_of_declaration(start);
    bool function = begins(start, "CKL_API");
    entry *made = new_entry(function ? ENTRY_FUNCTION : ENTRY_TYPE);
    size_t number = ENTRY_COUNT - 1;
    if (function)
        start = strchr(start, ' ') + 1;
    made->indent = (size_t)(start - state->at);
    made->text = (piece){start, (size_t)(end - start)};
    made->name = name_before(start, function ? strchr(start, '(') : end);
    made->has_body = !function && memchr(start, '{', made->text.length) != NULL;
    made->leader = number;
    made->about = state->comment;
    if (made->about.length == 0 && state->before != NO_ENTRY) {
        made->about = ENTRIES[state->before].about;
        if (ENTRIES[state->before].kind == ENTRY_FUNCTION)
            made->leader = ENTRIES[state->before].leader;
    }
    state->comment = (piece){NULL, 0};
    state->before = number;
    state->at = end;
}

static void read_comment(reading *state)
{
    const char *start = state->at;
    const char *end = end_of_comment(start);
    piece comment = {start, (size_t)(end - start)};
    state->at = end;
    state->before = NO_ENTRY;
    if (begins(start, "/* ----")) {
        const char *title = start + strlen("/* ---- ");
        const char *after = strstr(title, " --");
        new_entry(ENTRY_SECTION)->name =
            (piece){title, after == NULL || after > end ? 0 : (size_t)(after - title)};
    } else if (HEADERS[HEADER_COUNT].about.length == 0) {
        HEADERS[HEADER_COUNT].about = comment;
    } else {
        state->comment = comment;
    }
}

static void skip_space(reading *state)
{
    size_t lines = 0;
    for (; isspace((unsigned char)*state->at); state->at++)
        lines += *state->at == '\n';
    if (lines > 1) {
        state->comment = (piece){NULL, 0};
        state->before = NO_ENTRY;
    }
}

void read_header(const char *path)
{
    if (HEADER_COUNT == sizeof HEADERS / sizeof HEADERS[0])
        give_up(path, "more headers than there is room for");
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    HEADERS[HEADER_COUNT] = (header){.path = path, .name = {name, strcspn(name, ".")}};
    TEXTS[HEADER_COUNT] = read_text(path);
    reading state = {.at = TEXTS[HEADER_COUNT], .before = NO_ENTRY};
    for (;;) {
        skip_space(&state);
        if (*state.at == '\0')
            break;
        if (begins(state.at, "/*"))
            read_comment(&state);
        else if (*state.at == '#')
            state.at = end_of_line(state.at);
        else if (begins(state.at, "extern \"C\" {") || *state.at == '}')
            state.at += strcspn(state.at, "\n");
        else
            read_declaration(&state);
    }
    HEADER_COUNT++;
}

/* ---- comments -------------------------------------------------------------------------------- */

/* Takes out "(design 4)" and "(guide, …)": whoever has the manual has neither. */
static void take_references_out(char *text)
{
    static const char *const REFERENCES[] = {"(design ", "(guide,", "(guide:", "(see design "};
    for (size_t index = 0; index < sizeof REFERENCES / sizeof REFERENCES[0]; index++) {
        char *found = NULL;
        while ((found = strstr(text, REFERENCES[index])) != NULL) {
            char *end = strchr(found, ')');
            if (end == NULL)
                break;
            while (found > text && found[-1] == ' ')
                found--;
            memmove(found, end + 1, strlen(end + 1) + 1);
        }
    }
}

const char *comment_text(piece comment)
{
    static char text[16384];
    size_t length = 0;
    if (comment.length < 4 || comment.length > sizeof text - 2)
        return "";
    const char *at = comment.start + 2, *end = comment.start + comment.length - 2;
    while (at < end) {
        if (*at == ' ') /* the one that parts the frame from the text */
            at++;
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL)
            stop = end;
        while (at < stop)
            text[length++] = *at++;
        while (length > 0 && text[length - 1] == ' ')
            length--;
        text[length++] = '\n';
        at += at < end;
        while (at < end && *at == ' ')
            at++;
        at += at < end && *at == '*';
    }
    text[length] = '\0';
    take_references_out(text);
    return text;
}
