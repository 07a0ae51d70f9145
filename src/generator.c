/* Hashes without a ledger: the guide's ExperimentHashGenerator. */
#include <stdlib.h>
#include <string.h>

#include "canon.h"
#include "value.h"

struct ckl_hash_generator {
    char **ignored;
    size_t ignored_count;
    bool generated;
    ckl_components present; /* in the last hash */
    digest digests[3];      /* model, config, data */
};

ckl_status ckl_hash_generator_new(ckl_hash_generator **out, ckl_error *err)
{
    ckl_hash_generator *generator = calloc(1, sizeof *generator);
    if (generator == NULL)
        return error_memory(err);
    *out = generator;
    return CKL_OK;
}

void ckl_hash_generator_free(ckl_hash_generator *generator)
{
    if (generator == NULL)
        return;
    for (size_t index = 0; index < generator->ignored_count; index++)
        free(generator->ignored[index]);
    free(generator->ignored);
    free(generator);
}

ckl_status ckl_hash_generator_ignore(ckl_hash_generator *generator, const char *path,
                                     ckl_error *err)
{
    char *pointer = NULL;
    ckl_status status = canon_pointer(&pointer, path, err);
    if (status != CKL_OK)
        return status;
    char **grown = realloc(generator->ignored, (generator->ignored_count + 1) * sizeof *grown);
    if (grown == NULL) {
        free(pointer);
        return error_memory(err);
    }
    generator->ignored = grown;
    grown[generator->ignored_count++] = pointer;
    return CKL_OK;
}

/* The three digests of what is given. */
static ckl_status compute(digest digests[3], ckl_components *present,
                          const ckl_hash_generator *generator, const ckl_model *model,
                          const ckl_config *config, ckl_data_state *data, ckl_error *err)
{
    BUF_AUTO text = BUF_INIT;
    ckl_status status = CKL_OK;
    *present = (model != NULL ? CKL_MODEL : 0) | (config != NULL ? CKL_CONFIG : 0) |
               (data != NULL ? CKL_DATA : 0);
    if (model != NULL) {
        status = model_canonical(&text, model, err);
        if (status == CKL_OK)
            status = hash_bytes(&digests[0], text.data, text.size, err);
    }
    buf_clear(&text);
    if (status == CKL_OK && config != NULL) {
        status = config_canonical(&text, config, (const char *const *)generator->ignored,
                                  generator->ignored_count, err);
        if (status == CKL_OK)
            status = hash_bytes(&digests[1], text.data, text.size, err);
    }
    if (status == CKL_OK && data != NULL) {
        status = ckl_data_state_finish(data, err);
        if (status == CKL_OK)
            status = state_hash(&digests[2], data, err);
    }
    return status;
}

/* The natural segment. 00000000 means absent: a digest that begins so takes its next window, as in
 * a ledger. */
static void natural_segment(char out[CKL_SEGMENT_LENGTH + 1], const digest *value)
{
    unsigned offset = 0;
    do {
        digest_segment(out, value, offset);
        offset += CKL_SEGMENT_LENGTH;
    } while (strcmp(out, CKL_ABSENT_SEGMENT) == 0 && offset <= 56);
}

static void join(ckl_hash *out, const ckl_hash_generator *generator)
{
    char parts[3][CKL_SEGMENT_LENGTH + 1];
    const char *given[3] = {NULL, NULL, NULL};
    for (unsigned index = 0; index < 3; index++) {
        if (!(generator->present & (1u << index)))
            continue;
        natural_segment(parts[index], &generator->digests[index]);
        given[index] = parts[index];
    }
    hash_join(out, given[0], given[1], given[2]);
}

ckl_status ckl_hash_generator_generate_hash(ckl_hash *out, ckl_hash_generator *generator,
                                            const ckl_model *model, const ckl_config *config,
                                            ckl_data_state *data, ckl_error *err)
{
    digest digests[3] = {0};
    ckl_components present = 0;
    ckl_status status = compute(digests, &present, generator, model, config, data, err);
    if (status != CKL_OK)
        return status;
    memcpy(generator->digests, digests, sizeof digests);
    generator->present = present;
    generator->generated = true;
    join(out, generator);
    return CKL_OK;
}

ckl_status ckl_hash_generator_has_changed(bool *out, ckl_components *changed,
                                          ckl_hash_generator *generator, const ckl_model *model,
                                          const ckl_config *config, ckl_data_state *data,
                                          ckl_error *err)
{
    digest digests[3] = {0};
    ckl_components present = 0, differs = 0;
    ckl_status status = compute(digests, &present, generator, model, config, data, err);
    if (status != CKL_OK)
        return status;
    for (unsigned index = 0; index < 3; index++) {
        unsigned bit = 1u << index;
        if ((present & bit) != (generator->present & bit) ||
            ((present & bit) && !digest_equal(&digests[index], &generator->digests[index])))
            differs |= bit;
    }
    memcpy(generator->digests, digests, sizeof digests);
    generator->present = present;
    generator->generated = true;
    *out = differs != 0;
    if (changed != NULL)
        *changed = differs;
    return CKL_OK;
}

ckl_status ckl_hash_generator_get_component_hashes(ckl_component_hashes *out,
                                                   const ckl_hash_generator *generator,
                                                   ckl_error *err)
{
    if (!generator->generated) {
        error_set(err, CKL_NOT_FOUND, "this generator has not generated a hash yet");
        error_hint(err, "call generate_hash or has_changed first");
        return CKL_NOT_FOUND;
    }
    join(&out->combined, generator);
    memcpy(out->model, out->combined.text, CKL_SEGMENT_LENGTH);
    memcpy(out->config, out->combined.text + 8, CKL_SEGMENT_LENGTH);
    memcpy(out->data, out->combined.text + 16, CKL_SEGMENT_LENGTH);
    out->model[CKL_SEGMENT_LENGTH] = out->config[CKL_SEGMENT_LENGTH] =
        out->data[CKL_SEGMENT_LENGTH] = '\0';
    return CKL_OK;
}

ckl_status ckl_hash_generator_digest(char out[65], const ckl_hash_generator *generator,
                                     ckl_components component, ckl_error *err)
{
    if (!generator->generated || !(generator->present & component))
        return error_set(err, CKL_NOT_FOUND, "the last hash had no such component");
    digest_hex(out, &generator->digests[component == CKL_MODEL    ? 0
                                        : component == CKL_CONFIG ? 1
                                                                  : 2]);
    return CKL_OK;
}

/* The paths are the caller's: each is checked, and may be dotted. */
static ckl_status config_text(buf *out, const ckl_config *config,
                              const ckl_canonical_options *options, ckl_error *err)
{
    char **pointers = calloc(options->ignored_count + 1, sizeof *pointers);
    ckl_status status = pointers != NULL ? CKL_OK : error_memory(err);
    for (size_t index = 0; status == CKL_OK && index < options->ignored_count; index++)
        status = canon_pointer(&pointers[index], options->ignored[index], err);
    if (status == CKL_OK)
        status = config_canonical(out, config, (const char *const *)pointers,
                                  options->ignored_count, err);
    for (size_t index = 0; pointers != NULL && index < options->ignored_count; index++)
        free(pointers[index]);
    free(pointers);
    return status;
}

ckl_status ckl_canonical_text(char **out, size_t *size, const ckl_model *model,
                              const ckl_config *config, ckl_data_state *data,
                              const ckl_canonical_options *options, ckl_error *err)
{
    static const ckl_canonical_options DEFAULTS = {0};
    const ckl_canonical_options *chosen = options != NULL ? options : &DEFAULTS;
    BUF_AUTO text = BUF_INIT;
    ckl_status status;
    if ((model != NULL) + (config != NULL) + (data != NULL) != 1)
        return error_set(err, CKL_MISUSE, "exactly one component has a canonical text at a time");
    if (model != NULL) {
        status = model_canonical(&text, model, err);
    } else if (config != NULL) {
        status = config_text(&text, config, chosen, err);
    } else {
        status = ckl_data_state_finish(data, err);
        if (status == CKL_OK)
            status = state_canonical(&text, data, chosen->lines, err);
    }
    return status == CKL_OK ? buf_take(out, size, &text, err) : status;
}
