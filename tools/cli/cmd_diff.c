/* diff: what differs between two experiments. */
#include <stdlib.h>
#include <string.h>

#include "command.h"

#define JSON_LIMIT 1000
#define TEXT_LIMIT 50

typedef ckl_status next_function(ckl_diff_entry *out, ckl_diff *diff, ckl_error *err);

/* ---- JSON ------------------------------------------------------------------------------------ */

static ckl_status entries_json(const char *key, const char *name, bool values, ckl_diff *diff,
                               next_function *next, ckl_error *err)
{
    ckl_diff_entry entry;
    ckl_status status;
    emit_open_array(key);
    while ((status = next(&entry, diff, err)) == CKL_OK) {
        emit_open_object(NULL);
        emit_text(name, entry.name);
        emit_text("change", entry.change);
        if (values) {
            emit_raw("from", entry.from);
            emit_raw("to", entry.to);
        } else {
            emit_text("from", entry.from);
            emit_text("to", entry.to);
        }
        emit_close_object();
    }
    emit_close_array();
    return status == CKL_DONE ? CKL_OK : status;
}

static void tags_json(const char *key, size_t count, const char *const *tags)
{
    emit_open_array(key);
    for (size_t index = 0; index < count; index++)
        emit_text(NULL, tags[index]);
    emit_close_array();
}

/* null where the sample is not in the state. */
static void discarded_json(const char *key, int discarded)
{
    if (discarded < 0)
        emit_null(key);
    else
        emit_boolean(key, discarded != 0);
}

static void sample_json(const ckl_diff_sample *sample)
{
    emit_open_object(NULL);
    emit_text("uid", sample->uid);
    emit_text("change", sample->change);
    emit_open_object("discarded");
    discarded_json("from", sample->discarded_from);
    discarded_json("to", sample->discarded_to);
    emit_close_object();
    tags_json("tags_added", sample->tags_added_count, sample->tags_added);
    tags_json("tags_removed", sample->tags_removed_count, sample->tags_removed);
    emit_close_object();
}

static void counts_json(const ckl_diff_info *info)
{
    emit_open_object("counts");
    emit_integer("added", (int64_t)info->added);
    emit_integer("removed", (int64_t)info->removed);
    emit_integer("discarded", (int64_t)info->discarded);
    emit_integer("restored", (int64_t)info->restored);
    emit_integer("tagged", (int64_t)info->tagged);
    emit_integer("untagged", (int64_t)info->untagged);
    emit_close_object();
}

static ckl_status samples_json(ckl_diff *diff, uint64_t limit, ckl_error *err)
{
    ckl_diff_sample sample;
    ckl_status status = CKL_OK;
    bool truncated = false;
    emit_open_array("samples");
    for (uint64_t shown = 0; (status = ckl_diff_next_sample(&sample, diff, err)) == CKL_OK;
         shown++) {
        truncated = shown == limit;
        if (truncated)
            break;
        sample_json(&sample);
    }
    emit_close_array();
    emit_boolean("truncated", truncated);
    return status == CKL_DONE ? CKL_OK : status;
}

static void code_json(const char *key, const ckl_code *code)
{
    if (code->commit[0] == '\0') {
        emit_null(key);
        return;
    }
    emit_open_object(key);
    emit_text("commit", code->commit);
    emit_boolean("dirty", code->dirty);
    emit_text("difference", code->dirty ? code->difference : NULL);
    emit_close_object();
}

/* Only when it changed: no hash shows it. */
static ckl_status codes_json(ckl_diff *diff, ckl_error *err)
{
    ckl_diff_code code;
    ckl_status status = ckl_diff_read_code(&code, diff, err);
    if (status != CKL_OK || !code.changed)
        return status;
    emit_open_object("code");
    code_json("from", &code.from);
    code_json("to", &code.to);
    emit_close_object();
    return status;
}

static ckl_status diff_json(ckl_diff *diff, const ckl_diff_info *info, bool counts_only,
                            uint64_t limit, ckl_error *err)
{
    emit_begin();
    emit_text("from", info->from.text[0] != '\0' ? info->from.text : NULL);
    emit_text("to", info->to.text);
    emit_components("changed", info->changed);
    ckl_status status = entries_json("model", "module", false, diff, ckl_diff_next_model, err);
    if (status == CKL_OK)
        status = entries_json("config", "path", true, diff, ckl_diff_next_config, err);
    emit_open_object("data");
    counts_json(info);
    if (status == CKL_OK)
        status = samples_json(diff, counts_only ? 0 : limit, err);
    emit_close_object();
    if (status == CKL_OK)
        status = codes_json(diff, err);
    emit_end();
    return status;
}

/* ---- text ------------------------------------------------------------------------------------ */

/* One line of models or configurations, kept until the widest name is known. */
typedef struct line {
    char *name, *from, *to;
    char change;
} line;

typedef struct line_list {
    line *lines;
    size_t count, capacity;
} line_list;

/* A copy of `text`, NULL for NULL. False: no memory. */
static bool copy(char **out, const char *text)
{
    *out = text != NULL ? strdup(text) : NULL;
    return (*out != NULL) == (text != NULL);
}

static ckl_status collect(line_list *out, ckl_diff *diff, next_function *next, ckl_error *err)
{
    ckl_diff_entry entry;
    ckl_status status;
    while ((status = next(&entry, diff, err)) == CKL_OK) {
        if (out->count == out->capacity) {
            size_t capacity = out->capacity == 0 ? 16 : out->capacity * 2;
            line *grown = realloc(out->lines, capacity * sizeof *grown);
            if (grown == NULL)
                return fail(err, CKL_NO_MEMORY, "out of memory");
            out->lines = grown;
            out->capacity = capacity;
        }
        line *next_line = &out->lines[out->count++];
        *next_line = (line){.change = entry.from == NULL ? '+' : entry.to == NULL ? '-' : '~'};
        if (!copy(&next_line->name, entry.name) || !copy(&next_line->from, entry.from) ||
            !copy(&next_line->to, entry.to))
            return fail(err, CKL_NO_MEMORY, "out of memory");
    }
    return status == CKL_DONE ? CKL_OK : status;
}

static void free_lines(line_list *list)
{
    for (size_t index = 0; index < list->count; index++) {
        free(list->lines[index].name);
        free(list->lines[index].from);
        free(list->lines[index].to);
    }
    free(list->lines);
}

static const char *change_colour(char change)
{
    return paint(change == '+' ? GREEN : change == '-' ? RED : YELLOW);
}

static void print_line(const line *each, size_t width)
{
    printf("  %s%c%s ", change_colour(each->change), each->change, paint(PLAIN));
    put_padded(each->name, width);
    fputs("  ", stdout);
    if (each->from != NULL)
        put(each->from);
    if (each->from != NULL && each->to != NULL)
        fputs(" -> ", stdout);
    if (each->to != NULL)
        put(each->to);
    putchar('\n');
}

static ckl_status entries_text(const char *title, ckl_diff *diff, next_function *next,
                               bool counts_only, ckl_error *err)
{
    line_list list = {0};
    size_t width = 0;
    ckl_status status = collect(&list, diff, next, err);
    for (size_t index = 0; status == CKL_OK && index < list.count; index++) {
        size_t used = text_width(list.lines[index].name);
        width = used > width && used <= 40 ? used : width;
    }
    if (status == CKL_OK && list.count > 0) {
        printf("\n%s%s%s: %zu changed\n", paint(BOLD), title, paint(PLAIN), list.count);
        for (size_t index = 0; !counts_only && index < list.count; index++)
            print_line(&list.lines[index], width);
    }
    free_lines(&list);
    return status;
}

static void print_tags(char sign, size_t count, const char *const *tags)
{
    for (size_t index = 0; index < count; index++) {
        printf(" %c", sign);
        put(tags[index]);
    }
}

static void sample_text(const ckl_diff_sample *sample)
{
    bool added = strcmp(sample->change, "added") == 0;
    bool removed = strcmp(sample->change, "removed") == 0;
    char sign = added ? '+' : removed ? '-' : '~';
    printf("  %s%c%s ", change_colour(sign), sign, paint(PLAIN));
    put_padded(sample->uid, 24);
    bool more = sample->tags_added_count + sample->tags_removed_count > 0 ||
                (added && sample->discarded_to == 1);
    printf("  %-*s", more ? 10 : 0, sample->change);
    if (added && sample->discarded_to == 1)
        fputs(" discarded", stdout);
    print_tags('+', sample->tags_added_count, sample->tags_added);
    print_tags('-', sample->tags_removed_count, sample->tags_removed);
    putchar('\n');
}

static void counts_text(const ckl_diff_info *info)
{
    const struct {
        uint64_t count;
        const char *name;
    } parts[] = {{info->added, "added"},         {info->removed, "removed"},
                 {info->discarded, "discarded"}, {info->restored, "restored"},
                 {info->tagged, "tagged"},       {info->untagged, "untagged"}};
    const char *separator = "";
    printf("\n%sdata%s: ", paint(BOLD), paint(PLAIN));
    for (size_t index = 0; index < sizeof parts / sizeof *parts; index++) {
        if (parts[index].count == 0)
            continue;
        printf("%s%llu %s", separator, (unsigned long long)parts[index].count, parts[index].name);
        separator = ", ";
    }
    putchar('\n');
}

static ckl_status samples_text(ckl_diff *diff, const ckl_diff_info *info, bool counts_only,
                               uint64_t limit, ckl_error *err)
{
    ckl_diff_sample sample;
    ckl_status status = CKL_DONE;
    if (!(info->changed & CKL_DATA))
        return CKL_OK;
    counts_text(info);
    for (uint64_t shown = 0;
         !counts_only && (status = ckl_diff_next_sample(&sample, diff, err)) == CKL_OK; shown++) {
        if (shown == limit) {
            printf("  … more; --limit N shows more\n");
            return CKL_OK;
        }
        sample_text(&sample);
    }
    return status == CKL_DONE ? CKL_OK : status;
}

void print_code_change(const ckl_diff_code *code)
{
    printf("code changed: commit %s%s to %s%s\n", code->from.commit,
           code->from.dirty ? " (dirty)" : "", code->to.commit, code->to.dirty ? ", dirty" : "");
}

static ckl_status code_text(ckl_diff *diff, ckl_error *err)
{
    ckl_diff_code code;
    ckl_status status = ckl_diff_read_code(&code, diff, err);
    if (status == CKL_OK && code.changed) {
        putchar('\n');
        print_code_change(&code);
    }
    return status;
}

static ckl_status diff_text(ckl_diff *diff, const ckl_diff_info *info, bool counts_only,
                            uint64_t limit, ckl_error *err)
{
    printf("from  %s\nto    %s\n",
           info->from.text[0] != '\0' ? info->from.text : "(nothing dumped yet)", info->to.text);
    if (info->changed == 0) {
        printf("\nnothing differs\n");
        return code_text(diff, err);
    }
    ckl_status status = entries_text("model", diff, ckl_diff_next_model, counts_only, err);
    if (status == CKL_OK)
        status = entries_text("config", diff, ckl_diff_next_config, counts_only, err);
    if (status == CKL_OK)
        status = samples_text(diff, info, counts_only, limit, err);
    return status == CKL_OK ? code_text(diff, err) : status;
}

/* ---- the command ----------------------------------------------------------------------------- */

ckl_status cmd_diff(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    const char *text = option_value(call, "--limit");
    int64_t limit = call->json ? JSON_LIMIT : TEXT_LIMIT;
    bool counts_only = option_given(call, "--stat");
    ckl_diff *diff = NULL;
    ckl_diff_info info;
    ckl_status status = check_arguments(call, 0, 2, err);
    if (status == CKL_OK && text != NULL)
        status = parse_number(&limit, text, "limit", 0, err);
    if (status == CKL_OK)
        status = ckl_diff_open(&diff, manager, call->argument_count > 0 ? call->arguments[0] : NULL,
                               call->argument_count > 1 ? call->arguments[1] : NULL, err);
    if (status == CKL_OK)
        status = ckl_diff_summary(&info, diff, err);
    if (status == CKL_OK && call->json)
        status = diff_json(diff, &info, counts_only, (uint64_t)limit, err);
    else if (status == CKL_OK)
        status = diff_text(diff, &info, counts_only, (uint64_t)limit, err);
    if (status == CKL_OK && option_given(call, "--exit-code") && info.changed != 0)
        *exit_code = 1;
    ckl_diff_close(diff);
    return status;
}
