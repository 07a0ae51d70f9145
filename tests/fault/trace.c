#include "trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A record of the file, and what stands behind it. */
typedef struct raw_record {
    trace_record head;
    const char *name, *other;
    const unsigned char *bytes;
    bool of_ledger;
} raw_record;

typedef struct raw_list {
    raw_record *records;
    size_t count, capacity;
} raw_list;

static void *grow(void *array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return array;
    *capacity = *capacity == 0 ? 256 : *capacity * 2;
    void *grown = realloc(array, *capacity * size);
    if (grown == NULL)
        abort();
    return grown;
}

/* ---- names ----------------------------------------------------------------------------------- */

static trace_entry *find_entry(const trace_names *names, int folder, const char *name)
{
    for (size_t index = 0; index < names->count; index++) {
        trace_entry *entry = &names->entries[index];
        if (entry->folder == folder && strcmp(entry->name, name) == 0)
            return entry;
    }
    return NULL;
}

int names_find(const trace_names *names, int folder, const char *name)
{
    const trace_entry *entry = find_entry(names, folder, name);
    return entry == NULL ? -1 : entry->object;
}

void names_set(trace_names *names, int folder, const char *name, int object)
{
    trace_entry *entry = find_entry(names, folder, name);
    if (entry == NULL) {
        names->entries =
            grow(names->entries, names->count, &names->capacity, sizeof *names->entries);
        entry = &names->entries[names->count++];
    }
    *entry = (trace_entry){folder, name, object};
}

void names_remove(trace_names *names, int folder, const char *name)
{
    trace_entry *entry = find_entry(names, folder, name);
    if (entry != NULL)
        *entry = names->entries[--names->count];
}

/* A folder has one name, also when one of its renames was dropped. */
static void forget_other_names(trace_names *names, int object)
{
    for (size_t index = names->count; index-- > 0;) {
        if (names->entries[index].object == object)
            names->entries[index] = names->entries[--names->count];
    }
}

void names_apply(trace_names *names, const trace_op *op, bool leave)
{
    if (op->kind == TRACE_RENAME && op->is_folder)
        forget_other_names(names, op->object);
    switch (op->kind) {
    case TRACE_CREATE:
    case TRACE_MAKE_FOLDER:
        names_set(names, op->folder, op->name, op->object);
        break;
    case TRACE_LINK:
        names_set(names, op->other_folder, op->other, op->object);
        break;
    case TRACE_RENAME:
        if (!leave && names_find(names, op->folder, op->name) == op->object)
            names_remove(names, op->folder, op->name);
        names_set(names, op->other_folder, op->other, op->object);
        break;
    case TRACE_REMOVE:
        if (names_find(names, op->folder, op->name) == op->object)
            names_remove(names, op->folder, op->name);
        break;
    default:
        break;
    }
}

bool op_is_name(const trace_op *op)
{
    return op->kind == TRACE_CREATE || op->kind == TRACE_MAKE_FOLDER || op->kind == TRACE_LINK ||
           op->kind == TRACE_RENAME || op->kind == TRACE_REMOVE;
}

bool op_is_bytes(const trace_op *op)
{
    return op->kind == TRACE_WRITE || op->kind == TRACE_SIZE;
}

/* ---- the file -------------------------------------------------------------------------------- */

static bool read_file(trace *out, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        return false;
    out->file_size = (size_t)ftell(file);
    out->file = malloc(out->file_size + 1);
    rewind(file);
    bool good = out->file != NULL && fread(out->file, 1, out->file_size, file) == out->file_size;
    fclose(file);
    return good;
}

static bool split(raw_list *out, const trace *from)
{
    size_t at = 0;
    while (at + sizeof(trace_record) <= from->file_size) {
        raw_record record = {0};
        memcpy(&record.head, from->file + at, sizeof record.head);
        at += sizeof record.head;
        record.name = (const char *)from->file + at;
        record.other = record.name + record.head.name_size;
        record.bytes = (const unsigned char *)record.other + record.head.other_size;
        at += record.head.name_size + record.head.other_size + record.head.size;
        if (record.head.kind >= TRACE_KINDS || at > from->file_size)
            return false;
        out->records = grow(out->records, out->count, &out->capacity, sizeof *out->records);
        out->records[out->count++] = record;
    }
    return at == from->file_size;
}

/* ---- the planted mistake of the wrong order -------------------------------------------------- */

static bool begins_with(const raw_record *record, const char *word)
{
    return record->head.kind == TRACE_MARK && record->head.size >= strlen(word) &&
           memcmp(record->bytes, word, strlen(word)) == 0;
}

static bool is_ledger_name(const raw_record *record)
{
    static const char NAME[] = "ledger.db";
    for (size_t at = 0; at + strlen(NAME) <= record->head.name_size; at++) {
        if (memcmp(record->name + at, NAME, strlen(NAME)) == 0)
            return true;
    }
    return false;
}

static void find_ledger(raw_list *list)
{
    for (size_t index = 0; index < list->count; index++) {
        raw_record *made = &list->records[index];
        if (made->head.kind != TRACE_CREATE || !is_ledger_name(made))
            continue;
        made->of_ledger = true;
        for (size_t later = index + 1; later < list->count; later++) {
            if (list->records[later].head.inode == made->head.inode)
                list->records[later].of_ledger = true;
        }
    }
}

/* Within each operation the ledger's writes come before all others. */
static void put_ledger_first(raw_list *list)
{
    raw_record *sorted = malloc((list->count + 1) * sizeof *sorted);
    if (sorted == NULL)
        abort();
    find_ledger(list);
    for (size_t first = 0; first < list->count; first++) {
        size_t end = first + 1, put = 0;
        if (!begins_with(&list->records[first], "start "))
            continue;
        while (end < list->count && list->records[end].head.kind != TRACE_MARK)
            end++;
        for (int pass = 0; pass < 2; pass++) {
            for (size_t index = first + 1; index < end; index++) {
                if (list->records[index].of_ledger == (pass == 0))
                    sorted[put++] = list->records[index];
            }
        }
        memcpy(&list->records[first + 1], sorted, put * sizeof *sorted);
    }
    free(sorted);
}

/* ---- records to operations ------------------------------------------------------------------- */

typedef struct loading {
    trace *out;
    trace_names names;
    size_t mark_capacity;
    char *bad; /* what is wrong */
} loading;

static void complain(loading *job, const char *what, const char *name)
{
    char text[512];
    if (job->bad != NULL)
        return;
    snprintf(text, sizeof text, "%s '%s'", what, name);
    job->bad = strdup(text);
}

static int find_inode(const loading *job, uint64_t inode)
{
    for (int index = job->out->object_count - 1; index >= 0; index--) {
        if (job->out->objects[index].inode == inode)
            return index;
    }
    return -1;
}

static int add_object(loading *job, uint64_t inode, bool is_folder, const char *name)
{
    trace *out = job->out;
    size_t length = name != NULL ? strlen(name) : 0;
    trace_object *grown =
        realloc(out->objects, ((size_t)out->object_count + 1) * sizeof *out->objects);
    if (grown == NULL)
        abort();
    out->objects = grown;
    out->objects[out->object_count] =
        (trace_object){inode, is_folder, length > 4 && strcmp(name + length - 4, "-shm") == 0};
    return out->object_count++;
}

/* The folder of a path, and (the caller's) its last part. */
static int resolve(char **last, loading *job, const char *path, size_t size)
{
    char *copy = strndup(path, size), *part = copy;
    int folder = 0;
    if (copy == NULL)
        abort();
    for (char *slash; (slash = strchr(part, '/')) != NULL; part = slash + 1) {
        *slash = '\0';
        folder = names_find(&job->names, folder, part);
        if (folder < 0) {
            complain(job, "a name in an unknown folder", part);
            folder = 0;
        }
    }
    *last = strdup(part);
    free(copy);
    return folder;
}

static void add_mark(loading *job, const raw_record *record)
{
    trace *out = job->out;
    char text[256] = "", durable = 'P';
    trace_mark mark = {.at = out->count};
    long seq;
    size_t size = record->head.size < sizeof text ? record->head.size : sizeof text - 1;
    memcpy(text, record->bytes, size);
    if (strcmp(text, "baseline") == 0) {
        out->baseline = out->count;
        mark.kind = MARK_BASELINE;
    } else if (sscanf(text, "start %d", &mark.operation) == 1) {
        mark.kind = MARK_START;
    } else if (sscanf(text, "ack %d %c %ld %ld %64s", &mark.operation, &durable, &mark.seq,
                      &mark.metrics, mark.text) >= 4) {
        mark.kind = MARK_ACK;
        mark.durable = durable == 'D';
    } else if (sscanf(text, "keep %64s", mark.text) == 1) {
        mark.kind = MARK_KEEP;
    } else if (sscanf(text, "missing %64s", mark.text) == 1) {
        mark.kind = MARK_MISSING;
    } else if (sscanf(text, "never %64s", mark.text) == 1) {
        mark.kind = MARK_NEVER;
    } else if (sscanf(text, "had %ld", &mark.seq) == 1) {
        mark.kind = MARK_HAD;
    } else if (sscanf(text, "whole %ld %ld", &mark.first, &mark.last) == 2) {
        mark.kind = MARK_WHOLE;
    } else if (sscanf(text, "history %ld %64s", &seq, mark.text) == 2) {
        out->history = realloc(out->history, (size_t)(seq + 1) * sizeof *out->history);
        if (out->history == NULL)
            abort();
        memcpy(out->history[seq], mark.text, sizeof mark.text);
        out->history_count = seq;
        return;
    } else if (strncmp(text, "failed ", 7) == 0) {
        return; /* it may be there or not, as one that never ended */
    } else {
        complain(job, "an unknown mark", text);
    }
    out->marks = grow(out->marks, out->mark_count, &job->mark_capacity, sizeof *out->marks);
    out->marks[out->mark_count++] = mark;
}

static void add_names(loading *job, trace_op *op, const raw_record *record)
{
    op->folder = resolve(&op->name, job, record->name, record->head.name_size);
    if (record->head.other_size > 0)
        op->other_folder = resolve(&op->other, job, record->other, record->head.other_size);
    if (op->kind == TRACE_CREATE || op->kind == TRACE_MAKE_FOLDER)
        op->object = add_object(job, record->head.inode, op->kind == TRACE_MAKE_FOLDER, op->name);
    else
        op->object = names_find(&job->names, op->folder, op->name);
    if (op->object < 0)
        complain(job, "a name that is not there:", op->name);
    else
        op->is_folder = job->out->objects[op->object].is_folder;
    names_apply(&job->names, op, false);
}

static void add_op(loading *job, const raw_record *record)
{
    trace *out = job->out;
    trace_op op = {.kind = (trace_kind)record->head.kind,
                   .offset = record->head.offset,
                   .size = record->head.size,
                   .bytes = record->bytes,
                   .durable = {NEVER, NEVER},
                   .left_durable = NEVER};
    if (op.kind == TRACE_UNSEEN)
        complain(job, "something was changed unseen:", "");
    else if (op_is_name(&op))
        add_names(job, &op, record);
    else
        op.object = find_inode(job, record->head.inode);
    if (op.object < 0) /* of a file from before the recording */
        complain(job, "a file that was not seen being made", "");
    out->ops = grow(out->ops, out->count, &out->capacity, sizeof *out->ops);
    out->ops[out->count++] = op;
}

/* ---- what is durable when -------------------------------------------------------------------- */

static bool sync_covers(const trace_op *sync, const trace_op *op, disk_mode mode)
{
    if (mode == DISK_ORDERED && (op_is_name(op) || op->kind == TRACE_SIZE))
        return true;
    if (op_is_bytes(op))
        return op->object == sync->object;
    if (op->kind == TRACE_RENAME)
        return op->folder == sync->object || op->other_folder == sync->object;
    return (op->kind == TRACE_LINK ? op->other_folder : op->folder) == sync->object;
}

static void apply_sync(trace *out, size_t at)
{
    const trace_op *sync = &out->ops[at];
    for (size_t index = 0; index < at; index++) {
        trace_op *op = &out->ops[index];
        if (!op_is_name(op) && !op_is_bytes(op))
            continue;
        if (sync->kind == TRACE_SYNC_FAILED) {
            bool open = op->durable[DISK_STRICT] == NEVER && op->kind == TRACE_WRITE;
            op->lost = op->lost || (open && op->object == sync->object);
            continue;
        }
        for (disk_mode mode = DISK_STRICT; mode < DISK_MODES; mode++) {
            if (op->durable[mode] == NEVER && !op->lost && sync_covers(sync, op, mode))
                op->durable[mode] = at;
        }
        if (op->kind == TRACE_RENAME && op->left_durable == NEVER && op->folder == sync->object)
            op->left_durable = at;
    }
}

static void find_durable(trace *out)
{
    for (size_t at = 0; at < out->count; at++) {
        if (out->ops[at].kind == TRACE_SYNC || out->ops[at].kind == TRACE_SYNC_FAILED)
            apply_sync(out, at);
    }
    for (size_t at = 0; at < out->baseline; at++) {
        out->ops[at].durable[DISK_STRICT] = out->ops[at].durable[DISK_ORDERED] = 0;
        out->ops[at].left_durable = 0;
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void convert(loading *job, const raw_list *list)
{
    bool begun = false;
    for (size_t index = 0; index < list->count && job->bad == NULL; index++) {
        const raw_record *record = &list->records[index];
        if (record->head.kind == TRACE_FOLDER)
            add_object(job, record->head.inode, true, NULL);
        else if (begun && record->head.kind == TRACE_MARK)
            add_mark(job, record);
        else if (begun)
            add_op(job, record);
        begun = begun || record->head.kind == TRACE_FOLDER;
    }
    if (!begun)
        complain(job, "nothing is recorded", "");
}

bool trace_load(trace *out, const char *path, mistake planted)
{
    raw_list list = {0};
    loading job = {.out = out};
    *out = (trace){0};
    if (!read_file(out, path) || !split(&list, out)) {
        fprintf(stderr, "fault: '%s' is no recording\n", path);
        free(list.records);
        return false;
    }
    if (planted == MISTAKE_LEDGER_FIRST)
        put_ledger_first(&list);
    convert(&job, &list);
    find_durable(out);
    if (job.bad != NULL)
        fprintf(stderr, "fault: '%s': %s\n", path, job.bad);
    bool good = job.bad == NULL;
    free(job.bad);
    free(job.names.entries);
    free(list.records);
    return good;
}

void trace_free(trace *recorded)
{
    for (size_t index = 0; index < recorded->count; index++) {
        free(recorded->ops[index].name);
        free(recorded->ops[index].other);
    }
    free(recorded->ops);
    free(recorded->objects);
    free(recorded->marks);
    free(recorded->history);
    free(recorded->file);
}
