/* A work as JSON, as its intent keeps it. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "doc.h"
#include "manager_internal.h"

static json_t *encode_file(const work_file *file)
{
    char hex[65];
    digest_hex(hex, &file->move.sha256);
    return json_pack("{s:s, s:s, s:I, s:s, s:b, s:I, s:I}", "name", file->move.name, "target",
                     file->move.target, "size", (json_int_t)file->move.size, "sha256", hex,
                     "replace", file->move.replace, "component", (json_int_t)file->component,
                     "config", (json_int_t)file->config);
}

/* As the bits of a double: JSON has no NaN. NULL: out of memory. */
static json_t *encode_metrics(const work *unit)
{
    json_t *metrics = json_array();
    for (size_t index = 0; index < unit->metric_count; index++) {
        json_int_t bits = 0;
        memcpy(&bits, &unit->metrics[index].value, sizeof bits);
        if (json_array_append_new(metrics, json_pack("[s, I]", unit->metrics[index].name, bits)) !=
            0) {
            json_decref(metrics);
            return NULL;
        }
    }
    return metrics;
}

static json_t *encode_files(const work *unit)
{
    json_t *files = json_array();
    for (size_t index = 0; index < unit->file_count; index++) {
        if (json_array_append_new(files, encode_file(&unit->files[index])) != 0) {
            json_decref(files);
            return NULL;
        }
    }
    return files;
}

ckl_status work_encode(char **out, const work *unit, ckl_error *err)
{
    json_t *files = encode_files(unit);
    if (files == NULL)
        return error_memory(err);
    json_t *detail =
        json_pack("{s:b, s:I, s:I, s:I, s:i, s:s, s:I, s:I, s:I, s:I, s:i, s:s?, s:i, s:o}",
                  "checkpoint", unit->is_checkpoint, "run", (json_int_t)unit->run, "experiment",
                  (json_int_t)unit->experiment, "config", (json_int_t)unit->config, "dumped",
                  (int)unit->dumped, "actor", unit->actor, "at_us", (json_int_t)unit->at_us, "step",
                  (json_int_t)unit->step, "from_checkpoint", (json_int_t)unit->from_checkpoint,
                  "first_step", (json_int_t)unit->first_step, "pending", (int)unit->pending, "note",
                  unit->note, "origin", (int)unit->origin, "files", files);
    if (detail != NULL &&
        ((unit->file_name != NULL &&
          json_object_set_new(detail, "file_name", json_string(unit->file_name)) != 0) ||
         (unit->metric_count > 0 &&
          json_object_set_new(detail, "metrics", encode_metrics(unit)) != 0))) {
        json_decref(detail);
        return error_memory(err);
    }
    char *text = doc_json_text(detail);
    json_decref(detail);
    if (text == NULL)
        return error_memory(err);
    *out = text;
    return CKL_OK;
}

static bool decode_digest(digest *out, const char *hex)
{
    for (size_t index = 0; index < sizeof out->bytes; index++) {
        unsigned byte;
        if (sscanf(hex + 2 * index, "%2x", &byte) != 1)
            return false;
        out->bytes[index] = (unsigned char)byte;
    }
    return true;
}

/* The staged files have these names, so that none has to be kept from the JSON. */
static const char *const STAGED[] = {"config", "data", "architecture", "weights"};

static bool decode_file(work_file *out, json_t *file)
{
    const char *name = NULL, *target = NULL, *sha256 = NULL;
    json_int_t size = 0, component = 0, config = 0;
    int replace = 0;
    if (json_unpack(file, "{s:s, s:s, s:I, s:s, s:b, s:I, s:I}", "name", &name, "target", &target,
                    "size", &size, "sha256", &sha256, "replace", &replace, "component", &component,
                    "config", &config) != 0)
        return false;
    for (size_t index = 0; index < sizeof STAGED / sizeof *STAGED; index++) {
        if (strcmp(STAGED[index], name) == 0)
            out->move.name = STAGED[index];
    }
    if (out->move.name == NULL || strlen(target) >= sizeof out->move.target)
        return false;
    snprintf(out->move.target, sizeof out->move.target, "%s", target);
    out->move.size = (uint64_t)size;
    out->move.replace = replace != 0;
    out->component = component;
    out->config = config;
    return strlen(sha256) == 64 && decode_digest(&out->move.sha256, sha256);
}

/* Their names stay where they are: in the JSON. */
static bool decode_metrics(work *out, const json_t *metrics)
{
    size_t count = json_array_size(metrics);
    if (count == 0)
        return true;
    out->metrics = out->own_metrics = calloc(count, sizeof *out->own_metrics);
    for (; out->own_metrics != NULL && out->metric_count < count; out->metric_count++) {
        ckl_metric *metric = &out->own_metrics[out->metric_count];
        json_int_t bits = 0;
        if (json_unpack(json_array_get(metrics, out->metric_count), "[s, I]", &metric->name,
                        &bits) != 0)
            return false;
        memcpy(&metric->value, &bits, sizeof metric->value);
    }
    return out->own_metrics != NULL;
}

static bool decode_fields(work *out, json_t *detail, json_t **files)
{
    const char *actor = NULL, *note = NULL;
    json_t *note_value = NULL; /* text or null */
    int checkpoint = 0, dumped = 0, pending = 0, origin = ORIGIN_UNKNOWN;
    json_int_t run, experiment, config, at_us, step, from_checkpoint, first_step;
    if (json_unpack(detail,
                    "{s:b, s:I, s:I, s:I, s:i, s:s, s:I, s:I, s:I, s:I, s:i, s:o, s?i, s:o}",
                    "checkpoint", &checkpoint, "run", &run, "experiment", &experiment, "config",
                    &config, "dumped", &dumped, "actor", &actor, "at_us", &at_us, "step", &step,
                    "from_checkpoint", &from_checkpoint, "first_step", &first_step, "pending",
                    &pending, "note", &note_value, "origin", &origin, "files", files) != 0 ||
        origin < ORIGIN_UNKNOWN || origin > ORIGIN_CHECKPOINT)
        return false;
    note = json_string_value(note_value);
    const char *file_name = json_string_value(json_object_get(detail, "file_name"));
    out->is_checkpoint = checkpoint != 0;
    out->run = run;
    out->experiment = experiment;
    out->config = config;
    out->dumped = (ckl_components)dumped;
    out->at_us = at_us;
    out->step = step;
    out->from_checkpoint = from_checkpoint;
    out->first_step = first_step;
    out->pending = (ckl_components)pending;
    out->origin = (ledger_origin)origin;
    out->actor = strdup(actor);
    out->note = note != NULL ? strdup(note) : NULL;
    out->file_name = file_name != NULL ? strdup(file_name) : NULL;
    return out->actor != NULL && (note == NULL || out->note != NULL) &&
           (file_name == NULL || out->file_name != NULL);
}

ckl_status work_decode(work *out, const char *op, json_t *detail, ckl_error *err)
{
    errno = 0;
    json_t *files = NULL;
    bool good = decode_fields(out, detail, &files) && json_array_size(files) <= WORK_FILES;
    snprintf(out->op, sizeof out->op, "%s", op);
    for (size_t index = 0; good && index < json_array_size(files); index++)
        good = decode_file(&out->files[out->file_count++], json_array_get(files, index));
    good = good && decode_metrics(out, json_object_get(detail, "metrics"));
    out->detail = json_incref(detail);
    if (!good && errno == ENOMEM)
        return error_memory(err);
    if (!good)
        return error_set(err, CKL_DAMAGED, "the ledger's intent %s is not readable", op);
    return CKL_OK;
}
