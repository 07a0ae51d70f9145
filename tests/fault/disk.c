#include "disk.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void *need(size_t count, size_t size)
{
    void *block = calloc(count + 1, size);
    if (block == NULL)
        abort();
    return block;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static void write_whole(disk_file *file, const trace_op *op)
{
    size_t end = (size_t)op->offset + op->size;
    memcpy(file->bytes + op->offset, op->bytes, op->size);
    file->size = end > file->size ? end : file->size;
}

/* Bytes that nobody wrote there, where a file was to grow. */
static void spoil(disk_file *file, size_t from, size_t to, uint64_t random)
{
    for (size_t at = from > file->size ? from : file->size; at < to; at++)
        file->bytes[at] = (unsigned char)(random_of(random, at / 8) >> (at % 8 * 8));
}

/* The sectors of a write that was not finished. */
static void write_torn(disk_file *file, const crash *chosen, size_t number)
{
    const trace_op *op = &chosen->recorded->ops[number];
    size_t at = (size_t)op->offset, end = at + op->size, size = file->size;
    if (chosen->garbage)
        spoil(file, at, end, random_of(chosen->seed, number));
    while (at < end) {
        size_t next = (at / 512 + 1) * 512;
        next = next < end ? next : end;
        if (chosen->fates[number] == FATE_TORN && crash_keeps_sector(chosen, number, at / 512)) {
            memcpy(file->bytes + at, op->bytes + (at - (size_t)op->offset), next - at);
            size = next > size ? next : size;
        }
        at = next;
    }
    file->size = size;
}

static void set_size(disk_file *file, size_t size)
{
    if (size < file->size && file->bytes != NULL)
        memset(file->bytes + size, 0, file->room - size);
    file->size = size;
}

static void compose_file(disk_file *file, const crash *chosen)
{
    file->size = file->old_size;
    if (file->bytes != NULL) {
        memset(file->bytes, 0, file->room);
        memcpy(file->bytes, file->old_bytes, file->old_size);
    }
    for (size_t index = 0; index < file->op_count && file->ops[index] < chosen->at; index++) {
        size_t number = file->ops[index];
        const trace_op *op = &chosen->recorded->ops[number];
        if (op->kind == TRACE_SIZE) {
            if (chosen->fates[number] != FATE_DROPPED)
                set_size(file, (size_t)op->offset);
        } else if (chosen->fates[number] == FATE_KEPT) {
            write_whole(file, op);
        } else {
            write_torn(file, chosen, number);
        }
    }
}

#define MEMORY_SIZE 32768 /* of what processes share about the log */

/* ---- at the baseline ------------------------------------------------------------------------- */

static void measure(disk *out)
{
    const trace *recorded = out->recorded;
    for (size_t number = 0; number < recorded->count; number++) {
        const trace_op *op = &recorded->ops[number];
        if (!op_is_bytes(op))
            continue;
        disk_file *file = &out->files[op->object];
        size_t end = (size_t)op->offset + (op->kind == TRACE_WRITE ? op->size : 0);
        file->room = end > file->room ? end : file->room;
        if (op->kind == TRACE_WRITE && file->bytes == NULL)
            file->bytes = (unsigned char *)""; /* it needs some */
        file->op_count++;
    }
    for (int object = 0; object < recorded->object_count; object++) {
        disk_file *file = &out->files[object];
        if (recorded->objects[object].is_memory) {
            file->bytes = (unsigned char *)"";
            file->room = MEMORY_SIZE;
        }
        file->ops = need(file->op_count, sizeof *file->ops);
        file->op_count = 0;
        if (file->bytes != NULL) {
            file->bytes = need(file->room, 1);
            file->old_bytes = need(file->room, 1);
        }
    }
}

static void keep_old(disk *out)
{
    for (int object = 0; object < out->recorded->object_count; object++) {
        disk_file *file = &out->files[object];
        file->old_size = file->size;
        if (file->bytes != NULL)
            memcpy(file->old_bytes, file->bytes, file->size);
    }
}

void disk_make(disk *out, const trace *recorded)
{
    *out = (disk){.recorded = recorded};
    out->files = need((size_t)recorded->object_count, sizeof *out->files);
    measure(out);
    for (size_t number = 0; number < recorded->count; number++) {
        const trace_op *op = &recorded->ops[number];
        disk_file *file = &out->files[op->object];
        if (number == recorded->baseline)
            keep_old(out);
        if (number >= recorded->baseline && op_is_bytes(op))
            file->ops[file->op_count++] = number;
        if (number >= recorded->baseline)
            continue;
        if (op->kind == TRACE_WRITE)
            write_whole(file, op);
        else if (op->kind == TRACE_SIZE)
            set_size(file, (size_t)op->offset);
        else
            names_apply(&out->old_names, op, false);
    }
    if (recorded->baseline == recorded->count)
        keep_old(out);
}

void disk_free(disk *made)
{
    for (int object = 0; object < made->recorded->object_count; object++) {
        free(made->files[object].bytes);
        free(made->files[object].old_bytes);
        free(made->files[object].ops);
    }
    free(made->files);
    free(made->old_names.entries);
    free(made->names.entries);
}

/* ---- after a crash --------------------------------------------------------------------------- */

static int compare_entries(const void *first, const void *second)
{
    const trace_entry *one = first, *other = second;
    if (one->folder != other->folder)
        return one->folder < other->folder ? -1 : 1;
    return strcmp(one->name, other->name);
}

static uint64_t mix(uint64_t sum, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t word;
    for (; size >= sizeof word; at += sizeof word, size -= sizeof word) {
        memcpy(&word, at, sizeof word);
        sum = (sum ^ word) * 0x9fb21c651e98df25U;
        sum ^= sum >> 29;
    }
    for (; size > 0; at++, size--)
        sum = (sum ^ *at) * 0x100000001b3U;
    return sum;
}

static uint64_t sum_of(const disk *composed, bool garbage)
{
    uint64_t sum = garbage ? 3 : 5;
    for (size_t index = 0; index < composed->names.count; index++) {
        const trace_entry *entry = &composed->names.entries[index];
        const disk_file *file = &composed->files[entry->object];
        uint64_t numbers[] = {(uint64_t)entry->folder, (uint64_t)entry->object, file->size};
        sum = mix(sum, numbers, sizeof numbers);
        sum = mix(sum, entry->name, strlen(entry->name));
        if (file->bytes != NULL && !composed->recorded->objects[entry->object].is_memory)
            sum = mix(sum, file->bytes, file->size);
    }
    return sum;
}

/* What processes shared about the log is anything after a crash. */
static void compose_memory(disk_file *file, bool garbage)
{
    file->size = garbage ? MEMORY_SIZE : 0;
    for (size_t at = 0; at < file->size; at++)
        file->bytes[at] = (unsigned char)(random_of(7, at / 8) >> (at % 8 * 8));
}

uint64_t disk_compose(disk *out, const crash *chosen)
{
    const trace *recorded = out->recorded;
    out->names.count = 0;
    for (size_t index = 0; index < out->old_names.count; index++) {
        const trace_entry *entry = &out->old_names.entries[index];
        names_set(&out->names, entry->folder, entry->name, entry->object);
    }
    for (size_t number = recorded->baseline; number < chosen->at; number++) {
        if (chosen->fates[number] != FATE_DROPPED)
            names_apply(&out->names, &recorded->ops[number], chosen->fates[number] == FATE_BOTH);
    }
    if (out->names.count > 0) /* there is nothing yet, also no array, before the first open */
        qsort(out->names.entries, out->names.count, sizeof *out->names.entries, compare_entries);
    for (size_t index = 0; index < out->names.count; index++) {
        int object = out->names.entries[index].object;
        if (recorded->objects[object].is_memory)
            compose_memory(&out->files[object], chosen->garbage);
        else if (!recorded->objects[object].is_folder)
            compose_file(&out->files[object], chosen);
    }
    return sum_of(out, chosen->garbage);
}

/* ---- as real files --------------------------------------------------------------------------- */

typedef struct writing {
    const disk *from;
    char **first; /* of each object: the path of its first name */
} writing;

static bool write_file(const disk_file *file, const char *path)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (descriptor < 0)
        return false;
    bool good = file->bytes != NULL
                    ? write(descriptor, file->bytes, file->size) == (ssize_t)file->size
                    : ftruncate(descriptor, (off_t)file->size) == 0;
    return close(descriptor) == 0 && good;
}

static bool write_folder(writing *job, int folder, const char *path);

static bool write_entry(writing *job, const trace_entry *entry, const char *folder)
{
    char path[PATH_MAX];
    const trace_object *object = &job->from->recorded->objects[entry->object];
    char **first = &job->first[entry->object];
    if (snprintf(path, sizeof path, "%s/%s", folder, entry->name) >= (int)sizeof path)
        return false;
    if (object->is_folder)
        return mkdir(path, 0777) == 0 && write_folder(job, entry->object, path);
    if (*first != NULL)
        return link(*first, path) == 0;
    *first = strdup(path);
    return *first != NULL && write_file(&job->from->files[entry->object], path);
}

static bool write_folder(writing *job, int folder, const char *path)
{
    const trace_names *names = &job->from->names;
    for (size_t index = 0; index < names->count; index++) {
        if (names->entries[index].folder == folder &&
            !write_entry(job, &names->entries[index], path))
            return false;
    }
    return true;
}

bool disk_write(const disk *composed, const char *folder)
{
    size_t count = (size_t)composed->recorded->object_count;
    writing job = {composed, need(count, sizeof(char *))};
    bool good = write_folder(&job, 0, folder);
    for (size_t object = 0; object < count; object++)
        free(job.first[object]);
    free(job.first);
    return good;
}
