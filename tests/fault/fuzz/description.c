/* A model's description, or a state dict: the first byte chooses JSON or YAML. */
#include "models.h"
#include "unpickle.h"

/* ---- piece by piece -------------------------------------------------------------------------- */

static void add_attributes(ckl_model *model, const json_t *attributes)
{
    const char *key;
    json_t *value;
    ckl_error err = {0};
    json_object_foreach((json_t *)(uintptr_t)attributes, key, value)
    {
        BUF_AUTO text = BUF_INIT;
        canon_value(&text, value);
        MUST(ckl_model_add_attribute(model, key, text.data, &err) == CKL_OK, "%s", err.message);
    }
}

/* The last module first. */
static void build(const ckl_model *model)
{
    ckl_model *built = NULL;
    ckl_error err = {0};
    MUST(ckl_model_new(&built, model->class_name, &err) == CKL_OK, "%s", err.message);
    add_attributes(built, model->attributes);
    for (size_t index = model->module_count; index-- > 0;) {
        const model_module *module = &model->modules[index];
        MUST(ckl_model_add_module(built, module->name, module->type, &err) == CKL_OK, "%s",
             err.message);
        add_attributes(built, module->attributes);
        MUST(ckl_model_add_module(built, module->name, "Other", &err) == CKL_INVALID,
             "'%s' is there twice", module->name);
        ckl_error_clear(&err);
    }
    must_be_same_model("built", model, built);
    ckl_model_free(built);
}

/* ---- the file that is saved ------------------------------------------------------------------ */

static void must_unpickle(const ckl_model *model)
{
    BUF_AUTO bytes = BUF_INIT;
    BUF_AUTO second = BUF_INIT;
    BUF_AUTO text = BUF_INIT;
    BUF_AUTO from_pickle = BUF_INIT;
    BUF_AUTO from_text = BUF_INIT;
    json_t *tree = NULL;
    ckl_error err = {0};
    doc_options options = {.format = CKL_FORMAT_JSON, .name = "description"};
    MUST(model_architecture(&bytes, model, &err) == CKL_OK &&
             model_architecture(&second, model, &err) == CKL_OK,
         "%s", err.message);
    must_be_equal("pickled twice, it differs", bytes.data, bytes.size, second.data, second.size);
    description_of(&text, model);
    MUST(doc_parse(&tree, text.data, text.size, &options, &err) == CKL_OK, "%s", err.message);
    unpickle_as_json(&from_pickle, (const unsigned char *)bytes.data, bytes.size);
    json_as_given(&from_text, tree);
    must_be_equal("pickled as something else", from_text.data, from_text.size, from_pickle.data,
                  from_pickle.size);
    json_decref(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size == 0)
        return 0;
    size_t warnings = 0;
    ckl_model *model = NULL;
    ckl_error err = {0};
    ckl_warning_sink sink = {take_warning, &warnings};
    ckl_format format = bytes[0] % 2u == 0 ? CKL_FORMAT_JSON : CKL_FORMAT_YAML;
    ckl_status status =
        ckl_model_parse(&model, (const char *)bytes + 1, size - 1, format, "fuzz", &sink, &err);
    must_be_told_or_given(status, model, &err);
    if (model != NULL) {
        must_hash(model, NULL, NULL, CKL_MODEL);
        must_read_back_model(model);
        build(model);
        must_unpickle(model);
    }
    ckl_model_free(model);
    return 0;
}
