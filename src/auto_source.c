#include "auto_source.h"

#include <sys/mman.h>
#include <unistd.h>

#include "buf.h"

/* What write_architecture wrote becomes the model's architecture. */
static ckl_status add_architecture(const ckl_model_source *source, ckl_model *model, ckl_error *err)
{
    BUF_AUTO bytes = BUF_INIT;
    int descriptor = memfd_create("architecture", MFD_CLOEXEC);
    if (descriptor < 0)
        return error_set(err, CKL_IO, "could not make a file for the architecture");
    ckl_status status = source->write_architecture(source->context, descriptor, err);
    off_t size = lseek(descriptor, 0, SEEK_END);
    if (status == CKL_OK && size > 0) {
        buf_reserve(&bytes, (size_t)size);
        status = buf_check(&bytes, err);
        if (status == CKL_OK && pread(descriptor, bytes.data, (size_t)size, 0) != (ssize_t)size)
            status = error_set(err, CKL_IO, "could not read the architecture back");
        bytes.size = (size_t)size;
    }
    close(descriptor);
    return status == CKL_OK ? ckl_model_set_architecture(model, bytes.data, bytes.size, err)
                            : status;
}

ckl_status auto_describe_model(ckl_model **out, const ckl_model_source *source, ckl_error *err)
{
    ckl_model *model = NULL;
    ckl_status status = source->describe(source->context, &model, err);
    if (status == CKL_OK && source->write_architecture != NULL)
        status = add_architecture(source, model, err);
    if (status != CKL_OK) {
        ckl_model_free(model);
        return status;
    }
    *out = model;
    return CKL_OK;
}

/* Asks about every sample that the dataset names. */
static ckl_status ask_samples(const ckl_dataset_source *source, ckl_data_state *named,
                              ckl_data_state *state, ckl_error *err)
{
    uint64_t total = ckl_data_state_counts(named).total;
    ckl_status status = CKL_OK;
    for (uint64_t index = 0; status == CKL_OK && index < total; index++) {
        const char *uid = ckl_data_state_sample(named, index).uid;
        status = ckl_data_state_add(state, uid, err);
        if (status == CKL_OK && source->is_discarded(source->context, uid))
            status = ckl_data_state_add_discarded(state, uid, err);
        if (status == CKL_OK && source->get_tags != NULL)
            status = source->get_tags(source->context, uid, state, err);
    }
    return status;
}

ckl_status auto_read_dataset(ckl_data_state **out, const ckl_dataset_source *source, ckl_error *err)
{
    ckl_data_state *named = NULL, *state = NULL;
    ckl_status status = ckl_data_state_new(&named, err);
    if (status == CKL_OK)
        status = source->get_sample_uids(source->context, named, err);
    if (status == CKL_OK)
        status = ckl_data_state_finish(named, err);
    if (status == CKL_OK)
        status = ckl_data_state_new(&state, err);
    if (status == CKL_OK)
        status = ask_samples(source, named, state, err);
    ckl_data_state_free(named);
    if (status != CKL_OK) {
        ckl_data_state_free(state);
        return status;
    }
    *out = state;
    return CKL_OK;
}
