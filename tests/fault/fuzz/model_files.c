/* Files that programs save models in: the first byte chooses safetensors, GGUF, or a state dict as
 * JSON; the rest is the file. */
#include "models.h"
#include "place.h"

static ckl_model *read_model(const char *path, ckl_error *err)
{
    ckl_model *model = NULL;
    ckl_status status = ckl_model_read(&model, path, NULL, err);
    must_be_told_or_given(status, model, err);
    return model;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char *const NAMES[] = {"model.safetensors", "model.gguf", "model.json"};
    char path[128];
    ckl_error err = {0};
    if (size == 0)
        return 0;
    snprintf(path, sizeof path, "%s/%s", fuzz_place(), NAMES[bytes[0] % 3]);
    put_file(path, bytes + 1, size - 1);
    ckl_model *model = read_model(path, &err);
    if (model == NULL)
        return 0;
    ckl_model *again = read_model(path, &err);
    MUST(again != NULL, "read once and then refused: %s", err.message);
    must_be_same_model("read twice", model, again);
    must_hash(model, NULL, NULL, CKL_MODEL);
    must_read_back_model(model);
    ckl_model_free(model);
    ckl_model_free(again);
    return 0;
}
