/* What the targets that read models share: what a model that was accepted must be. */
#ifndef MODELS_H
#define MODELS_H

#include "documents.h"

static inline void canonical_of(buf *out, const ckl_model *model)
{
    ckl_error err = {0};
    MUST(model_canonical(out, model, &err) == CKL_OK, "%s", err.message);
}

static inline void description_of(buf *out, const ckl_model *model)
{
    ckl_error err = {0};
    MUST(model_description(out, model, &err) == CKL_OK, "%s", err.message);
}

static inline void must_be_same_model(const char *what, const ckl_model *first,
                                      const ckl_model *second)
{
    BUF_AUTO one = BUF_INIT;
    BUF_AUTO other = BUF_INIT;
    canonical_of(&one, first);
    canonical_of(&other, second);
    must_be_equal(what, one.data, one.size, other.data, other.size);
}

/* What is recorded of it can be read, by the library as by whoever has the text. */
static inline void must_read_back_model(const ckl_model *model)
{
    BUF_AUTO text = BUF_INIT;
    BUF_AUTO again = BUF_INIT;
    ckl_model *recorded = NULL, *given = NULL, *copy = NULL;
    ckl_error err = {0};
    description_of(&text, model);
    MUST(sqlite_takes(text.data, text.size), "the description is no JSON: %s", text.data);
    MUST(model_from_description(&recorded, text.data, text.size, "recorded", &err) == CKL_OK &&
             ckl_model_parse(&given, text.data, text.size, CKL_FORMAT_JSON, "given", NULL, &err) ==
                 CKL_OK &&
             model_copy(&copy, model, &err) == CKL_OK,
         "%s", err.message);
    must_be_same_model("as it is recorded", model, recorded);
    must_be_same_model("as its description", model, given);
    must_be_same_model("a copy", model, copy);
    description_of(&again, recorded);
    must_be_equal("described otherwise", text.data, text.size, again.data, again.size);
    ckl_model_free(recorded);
    ckl_model_free(given);
    ckl_model_free(copy);
}

#endif
