/* report: the history as one page that needs nothing but a browser. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

#define POINT_LIMIT 2000

/* tools/report/embed_report.cmake: the page before and after its data. */
extern const char report_page_head[];
extern const char report_page_tail[];

void report_free(report *page)
{
    for (part which = PART_MODEL; which < PART_COUNT; which++) {
        report_tree *tree = &page->trees[which];
        for (size_t index = 0; index < tree->segments.count; index++) {
            free(tree->nodes[index].rows);
            free(tree->nodes[index].is_chosen);
        }
        text_table_free(&tree->segments);
        free(tree->nodes);
    }
    text_table_free(&page->texts);
    text_table_free(&page->hashes);
    free(page->states);
    free(page->events);
    *page = (report){0};
}

/* ---- the page -------------------------------------------------------------------------------- */

/* The texts, in the order in which the rest asked for them. */
static ckl_status write_texts(report *page, ckl_error *err)
{
    int32_t *order = calloc((size_t)page->text_count + 1, sizeof *order);
    if (order == NULL)
        return fail(err, CKL_NO_MEMORY, "out of memory");
    for (size_t index = 0; index < page->texts.count; index++) {
        if (page->texts.rows[index].number >= 0)
            order[page->texts.rows[index].number] = (int32_t)index;
    }
    fputs(",\n\"texts\":[", page->out);
    for (int32_t number = 0; number < page->text_count; number++) {
        const text_row *row = &page->texts.rows[order[number]];
        fputs(number > 0 ? "," : "", page->out);
        page_text(page->out, row->text, row->size);
    }
    putc(']', page->out);
    free(order);
    return CKL_OK;
}

static void write_left_out(report *page)
{
    fprintf(page->out,
            ",\n\"left_out\":{\"events\":%llu,\"words\":%llu,\"model\":%llu,\"config\":%llu,"
            "\"data\":%llu,\"metric_lines\":%llu,\"metric_marks\":%llu}",
            (unsigned long long)page->events_left_out, (unsigned long long)page->words_left_out,
            (unsigned long long)page->trees[PART_MODEL].left_out,
            (unsigned long long)page->trees[PART_CONFIG].left_out,
            (unsigned long long)page->trees[PART_DATA].left_out,
            (unsigned long long)page->lines_left_out, (unsigned long long)page->marks_left_out);
    fprintf(page->out, ",\"metric_values\":%llu,\"metric_points\":%llu",
            (unsigned long long)page->value_count, (unsigned long long)page->point_count);
}

/* The name of the root's folder: where it is on this machine is nobody else's business. */
static void write_beginning(report *page)
{
    const char *root = ckl_manager_root(page->manager), *slash = strrchr(root, '/');
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    fputs("{\"format\":1,\"version\":", page->out);
    page_text(page->out, ckl_version(), strlen(ckl_version()));
    fprintf(page->out,
            ",\"made_at\":%lld,\"root\":", (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
    root = slash != NULL ? slash + 1 : root;
    page_text(page->out, root, strlen(root));
    fputs(",\"run\":", page->out);
    page_text(page->out, ckl_manager_run(page->manager), strlen(ckl_manager_run(page->manager)));
    fprintf(page->out, ",\"all_runs\":%s", page->all_runs ? "true" : "false");
}

static ckl_status write_page(report *page, ckl_error *err)
{
    ckl_status status = report_read_history(page, err);
    if (status == CKL_OK)
        status = report_read_nodes(page, err);
    if (status != CKL_OK)
        return status;
    fputs(report_page_head, page->out);
    write_beginning(page);
    report_write_states(page);
    report_write_events(page);
    for (part which = PART_MODEL; which < PART_COUNT; which++)
        report_write_nodes(page, which);
    status = report_write_runs(page, err);
    if (status == CKL_OK)
        status = report_write_metrics(page, err);
    if (status == CKL_OK)
        status = write_texts(page, err);
    write_left_out(page);
    fputs("}", page->out);
    fputs(report_page_tail, page->out);
    return status;
}

/* ---- the file -------------------------------------------------------------------------------- */

static ckl_status cannot_write(const char *path, ckl_error *err)
{
    return fail(err, errno == ENOSPC || errno == EDQUOT ? CKL_NO_SPACE : CKL_IO,
                "could not write '%s': %s", path, strerror(errno));
}

/* A name is durable when its folder is. */
static void sync_folder(const char *path)
{
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[1] = '\0';
    int descriptor = open(slash != NULL ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return;
    (void)fsync(descriptor);
    close(descriptor);
}

/* Writes beside `path`, and renames what is whole. */
static ckl_status write_file(report *page, const char *path, int64_t *bytes, ckl_error *err)
{
    char part_path[4096];
    struct stat about;
    if ((size_t)snprintf(part_path, sizeof part_path, "%s.%ld.part", path, (long)getpid()) >=
        sizeof part_path)
        return fail(err, CKL_INVALID, "the name of the page is too long");
    int descriptor = open(part_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    page->out = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (page->out == NULL)
        return cannot_write(path, err);
    ckl_status status = write_page(page, err);
    if (status == CKL_OK && (fflush(page->out) != 0 || ferror(page->out) ||
                             fsync(descriptor) != 0 || fstat(descriptor, &about) != 0))
        status = cannot_write(path, err);
    if (fclose(page->out) != 0 && status == CKL_OK)
        status = cannot_write(path, err);
    if (status == CKL_OK && rename(part_path, path) != 0)
        status = cannot_write(path, err);
    if (status != CKL_OK) {
        unlink(part_path);
        return status;
    }
    sync_folder(path);
    *bytes = about.st_size;
    return CKL_OK;
}

/* ---- what is said ---------------------------------------------------------------------------- */

static void print_json(const report *page, const char *path, int64_t bytes)
{
    emit_begin();
    emit_text("path", path);
    emit_integer("bytes", bytes);
    emit_integer("runs", (int64_t)page->run_count);
    emit_integer("experiments", (int64_t)page->hashes.count);
    emit_integer("events", (int64_t)page->event_count);
    emit_integer("metric_values", (int64_t)page->value_count);
    emit_integer("metric_points", (int64_t)page->point_count);
    emit_open_object("left_out");
    emit_integer("events", (int64_t)page->events_left_out);
    emit_integer("words", (int64_t)page->words_left_out);
    emit_integer("modules", (int64_t)page->trees[PART_MODEL].left_out);
    emit_integer("config_values", (int64_t)page->trees[PART_CONFIG].left_out);
    emit_integer("samples", (int64_t)page->trees[PART_DATA].left_out);
    emit_integer("metrics", (int64_t)page->lines_left_out);
    emit_integer("metric_marks", (int64_t)page->marks_left_out);
    emit_close_object();
    emit_end();
}

static void print_left_out(uint64_t count, const char *what)
{
    if (count > 0)
        printf("left out to keep it small: %llu %s\n", (unsigned long long)count, what);
}

static void print_text(const report *page, const char *path, int64_t bytes)
{
    put(path);
    printf("  %lld KB: %zu states, %llu %s, %llu metric values\n", (long long)(bytes + 999) / 1000,
           page->hashes.count, (unsigned long long)page->run_count,
           page->run_count == 1 ? "run" : "runs", (unsigned long long)page->value_count);
    print_left_out(page->events_left_out, "older events");
    print_left_out(page->words_left_out, "reasons and notes");
    print_left_out(page->trees[PART_MODEL].left_out, "rows of modules");
    print_left_out(page->trees[PART_CONFIG].left_out, "rows of configuration values");
    print_left_out(page->trees[PART_DATA].left_out, "rows of samples");
    print_left_out(page->lines_left_out, "metrics");
    print_left_out(page->marks_left_out, "marks of changes on metrics");
}

ckl_status cmd_report(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    const char *path = option_value(call, "-o"), *limit = option_value(call, "--limit-points");
    report page = {
        .manager = manager, .all_runs = option_given(call, "--all"), .point_limit = POINT_LIMIT};
    int64_t bytes = 0;
    (void)exit_code;
    ckl_status status = check_arguments(call, 0, 0, err);
    if (status == CKL_OK && (path == NULL || path[0] == '\0'))
        status = usage_error(call, err, "ckl report needs -o FILE");
    if (status == CKL_OK && limit != NULL)
        status = parse_number(&page.point_limit, limit, "--limit-points", 2, err);
    if (status == CKL_OK)
        status = write_file(&page, path, &bytes, err);
    if (status == CKL_OK && call->json)
        print_json(&page, path, bytes);
    else if (status == CKL_OK)
        print_text(&page, path, bytes);
    report_free(&page);
    return status;
}
