/* Finding what a tree of the Python system holds: experiments, and a file for each part of them. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "doc.h"
#include "import_internal.h"
#include "utf8.h"

/* ---- lists ----------------------------------------------------------------------------------- */

/* Room for one more of `size` bytes. */
static ckl_status grow(void **items, size_t count, size_t *capacity, size_t size, ckl_error *err)
{
    if (count < *capacity)
        return CKL_OK;
    size_t wanted = *capacity == 0 ? 16 : *capacity * 2;
    void *grown = realloc(*items, wanted * size);
    if (grown == NULL)
        return error_memory(err);
    *items = grown;
    *capacity = wanted;
    return CKL_OK;
}

/* The first file of a key stays. */
static ckl_status found_add(json_t *list, const char *key, const char *path, ckl_error *err)
{
    if (json_object_get(list, key) != NULL)
        return CKL_OK;
    json_t *value = json_string(path);
    if (value == NULL) /* Jansson takes valid Unicode only */
        return error_set(err, CKL_INVALID, "'%s' is no valid Unicode", path);
    return json_object_set_new(list, key, value) == 0 ? CKL_OK : error_memory(err);
}

ckl_status import_complain(ckl_import *done, ckl_error *err, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    utf8_mend(text, sizeof text);
    ckl_status status = grow((void **)&done->problems, done->problem_count, &done->problem_capacity,
                             sizeof *done->problems, err);
    if (status != CKL_OK)
        return status;
    done->problems[done->problem_count] = strdup(text);
    if (done->problems[done->problem_count] == NULL)
        return error_memory(err);
    done->summary.problem_count = ++done->problem_count;
    return CKL_OK;
}

/* ---- names ----------------------------------------------------------------------------------- */

static bool is_hash(const char *text, size_t size)
{
    return strlen(text) == size && strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz") == size;
}

static bool ends_with(const char *text, const char *ending)
{
    size_t size = strlen(text), tail = strlen(ending);
    return size >= tail && strcmp(text + size - tail, ending) == 0;
}

/* Adds the experiment when it is new; an earlier time of its making counts. */
static ckl_status add_experiment(ckl_import *done, const char *hash, int64_t created_us,
                                 ckl_error *err)
{
    json_t *place = json_object_get(done->known, hash);
    if (place != NULL) {
        old_experiment *known = &done->experiments[json_integer_value(place)];
        if (created_us < known->created_us)
            known->created_us = created_us;
        return CKL_OK;
    }
    ckl_status status = grow((void **)&done->experiments, done->experiment_count,
                             &done->experiment_capacity, sizeof *done->experiments, err);
    if (status != CKL_OK)
        return status;
    if (json_object_set_new(done->known, hash, json_integer((json_int_t)done->experiment_count)) !=
        0)
        return error_memory(err);
    old_experiment *added = &done->experiments[done->experiment_count++];
    *added = (old_experiment){.created_us = created_us};
    snprintf(added->hash, sizeof added->hash, "%s", hash);
    return CKL_OK;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* "{name}_step_000100.pt" */
static ckl_status add_weights(ckl_import *done, const char *path, const char *name, ckl_error *err)
{
    const char *mark = strstr(name, "_step_");
    char *end = NULL;
    old_weights found = {.step = strtoll(mark + strlen("_step_"), &end, 10)};
    size_t size = (size_t)(mark - name);
    if (strcmp(end, ".pt") != 0 || found.step < 0)
        return import_complain(done, err, "%s: no step in its name", path);
    if (size == CKL_HASH_LENGTH)
        snprintf(found.hash, sizeof found.hash, "%.*s", (int)size, name);
    ckl_error inner = {0};
    ckl_status status = fs_hash_file(&found.sha256, &found.size, path, &inner);
    if (status == CKL_OK)
        status = fs_modified(&found.at_us, path, &inner);
    if (status != CKL_OK)
        return import_complain(done, err, "%s", inner.message);
    status = grow((void **)&done->weights, done->weight_count, &done->weight_capacity,
                  sizeof *done->weights, err);
    if (status != CKL_OK)
        return status;
    found.path = strdup(path);
    done->weights[done->weight_count++] = found;
    return found.path != NULL ? CKL_OK : error_memory(err);
}

/* A file that belongs to what the folder is named after: an experiment, or a segment of one. */
static ckl_status add_file(ckl_import *done, const char *key, const char *path, const char *name,
                           ckl_error *err)
{
    json_t *list = done->configs;
    size_t at = 0; /* of its segment in an experiment's hash */
    char segment[9];
    if (strstr(name, "_step_") != NULL && ends_with(name, ".pt"))
        return add_weights(done, path, name, err);
    if (ends_with(name, "_data_state.yaml") || ends_with(name, "_data_snapshot.json")) {
        list = done->states;
        at = 16;
    } else if (ends_with(name, "_architecture.pkl")) {
        list = done->architectures;
        at = 8;
    } else if (!ends_with(name, ".yaml") && !ends_with(name, ".yml")) {
        return CKL_OK; /* logs, references, tables beside a snapshot */
    }
    ckl_status status = found_add(list, key, path, err);
    if (status != CKL_OK || strlen(key) != CKL_HASH_LENGTH)
        return status;
    snprintf(segment, sizeof segment, "%.8s", key + at);
    return found_add(list, segment, path, err);
}

/* All files of a folder that is named `key`, or stands in one that is. */
static ckl_status look_into(ckl_import *done, const char *key, const char *folder, ckl_error *err)
{
    char **names = NULL;
    size_t count = 0;
    ckl_error inner = {0};
    int64_t oldest = INT64_MAX;
    ckl_status status = fs_list(&names, &count, folder, &inner);
    if (status != CKL_OK)
        return status == CKL_NOT_FOUND ? CKL_OK : import_complain(done, err, "%s", inner.message);
    for (size_t index = 0; status == CKL_OK && index < count; index++) {
        BUF_AUTO path = BUF_INIT;
        int64_t at_us = 0;
        buf_add_format(&path, "%s/%s", folder, names[index]);
        status = buf_check(&path, err);
        if (status == CKL_OK && fs_is_directory(path.data))
            continue;
        if (status == CKL_OK && fs_modified(&at_us, path.data, NULL) == CKL_OK && at_us < oldest)
            oldest = at_us;
        if (status == CKL_OK)
            status = add_file(done, key, path.data, names[index], err);
    }
    ckl_free(names);
    if (status == CKL_OK && strlen(key) == CKL_HASH_LENGTH)
        status = add_experiment(done, key, oldest, err);
    return status;
}

/* ---- layouts --------------------------------------------------------------------------------- */

/* checkpoints/{hash}/model|hp|data */
static ckl_status look_at_experiment(ckl_import *done, const char *hash, const char *folder,
                                     ckl_error *err)
{
    static const char *const PARTS[] = {"model", "hp", "data"};
    ckl_status status = CKL_OK;
    for (size_t part = 0; status == CKL_OK && part < sizeof PARTS / sizeof *PARTS; part++) {
        BUF_AUTO path = BUF_INIT;
        buf_add_format(&path, "%s/%s", folder, PARTS[part]);
        status = buf_check(&path, err);
        if (status == CKL_OK && fs_is_directory(path.data))
            status = look_into(done, hash, path.data, err);
    }
    return status == CKL_OK ? add_experiment(done, hash, INT64_MAX, err) : status;
}

/* Folders named by experiments or segments: models/, HP/, data/, or (`whole`) the first layout. */
static ckl_status look_at_all(ckl_import *done, const char *folder, bool whole, ckl_error *err)
{
    char **names = NULL;
    size_t count = 0;
    ckl_status status = fs_list(&names, &count, folder, NULL);
    if (status != CKL_OK)
        return CKL_OK; /* not in this tree */
    for (size_t index = 0; status == CKL_OK && index < count; index++) {
        BUF_AUTO path = BUF_INIT;
        buf_add_format(&path, "%s/%s", folder, names[index]);
        status = buf_check(&path, err);
        if (status != CKL_OK || !fs_is_directory(path.data))
            continue;
        if (is_hash(names[index], 16))
            done->summary.refused_count++;
        else if (whole && is_hash(names[index], CKL_HASH_LENGTH))
            status = look_at_experiment(done, names[index], path.data, err);
        else if (!whole && (is_hash(names[index], CKL_HASH_LENGTH) || is_hash(names[index], 8)))
            status = look_into(done, names[index], path.data, err);
    }
    ckl_free(names);
    return status;
}

/* manifest.yaml: which experiments there were, and when. */
static ckl_status read_manifest(ckl_import *done, ckl_error *err)
{
    BUF_AUTO path = BUF_INIT;
    char *text = NULL;
    size_t size = 0;
    json_t *manifest = NULL, *entry;
    const char *hash;
    ckl_error inner = {0};
    buf_add_format(&path, "%s/manifest.yaml", done->folder);
    ckl_status status = buf_check(&path, err);
    if (status != CKL_OK || !fs_exists(path.data))
        return status;
    doc_options options = {.format = CKL_FORMAT_YAML, .name = path.data, .unlimited_nodes = true};
    status = doc_read_file(&text, &size, path.data, DOC_SIZE_MAX, &inner);
    if (status == CKL_OK)
        status = doc_parse(&manifest, text, size, &options, &inner);
    free(text);
    if (status != CKL_OK)
        return import_complain(done, err, "%s", inner.message);
    json_object_foreach(json_object_get(manifest, "experiments"), hash, entry)
    {
        int64_t at_us = INT64_MAX;
        const char *created = json_string_value(json_object_get(entry, "created"));
        if (created != NULL && !clock_parse(&at_us, created))
            at_us = INT64_MAX;
        if (status == CKL_OK && is_hash(hash, CKL_HASH_LENGTH))
            status = add_experiment(done, hash, at_us, err);
        else if (is_hash(hash, 16))
            done->summary.refused_count++;
        else if (status == CKL_OK)
            status = import_complain(done, err, "%s: '%s' is no hash", path.data, hash);
    }
    json_decref(manifest);
    return status;
}

static int by_time(const void *first, const void *second)
{
    const old_experiment *left = first, *right = second;
    if (left->created_us != right->created_us)
        return left->created_us < right->created_us ? -1 : 1;
    return strcmp(left->hash, right->hash);
}

static int by_step(const void *first, const void *second)
{
    const old_weights *left = first, *right = second;
    if (left->step != right->step)
        return left->step < right->step ? -1 : 1;
    return strcmp(left->path, right->path);
}

ckl_status import_look(ckl_import *done, ckl_error *err)
{
    static const char *const FOLDERS[] = {"models", "HP", "data"};
    ckl_status status = read_manifest(done, err);
    if (status == CKL_OK)
        status = look_at_all(done, done->folder, true, err);
    for (size_t index = 0; status == CKL_OK && index < sizeof FOLDERS / sizeof *FOLDERS; index++) {
        BUF_AUTO path = BUF_INIT;
        buf_add_format(&path, "%s/%s", done->folder, FOLDERS[index]);
        status = buf_check(&path, err);
        if (status == CKL_OK)
            status = look_at_all(done, path.data, false, err);
    }
    for (size_t index = 0; status == CKL_OK && index < done->weight_count; index++) {
        if (done->weights[index].hash[0] != '\0')
            status = add_experiment(done, done->weights[index].hash, INT64_MAX, err);
    }
    if (done->experiment_count > 1)
        qsort(done->experiments, done->experiment_count, sizeof *done->experiments, by_time);
    if (done->weight_count > 1)
        qsort(done->weights, done->weight_count, sizeof *done->weights, by_step);
    return status;
}
