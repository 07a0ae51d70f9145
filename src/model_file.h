/* model_file: owns reading which tensors a file of weights has (safetensors, GGUF, a state dict as
 * JSON), as a description; never the weights. May call: doc, model_internal, buf. Keeps true: a
 * file is read with pread, its header only; what it says is checked against its size before memory
 * is taken for it; a header that is wrong anywhere gives an error that names the file and the
 * place, so that a description is the truth; the same tensors give the same description, whichever
 * of the three they come from. */
#ifndef MODEL_FILE_H
#define MODEL_FILE_H

#include "model_internal.h"

#define MODEL_FILE_CLASS      "StateDict" /* there is no class in a file of weights */
#define MODEL_FILE_HEADER_MAX 100000000u  /* bytes, as safetensors says; of GGUF likewise */
#define TENSOR_MAX            1000000u
#define TENSOR_DIMENSIONS_MAX (4 * TENSOR_MAX) /* of all tensors together */
#define TENSOR_RANK_MAX       64u              /* as many as PyTorch has */
#define TENSOR_NAME_MAX       4096u

/* A regular file that is open; the descriptor is somebody else's. */
typedef struct model_file {
    int descriptor;
    const char *name; /* for messages */
    uint64_t size;
} model_file;

/* "NAME: byte OFFSET: …" */
ckl_status model_file_fail(const model_file *file, uint64_t offset, ckl_error *err,
                           const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Exactly `size` bytes. Errors: CKL_INVALID  the file ends before, CKL_IO */
ckl_status model_file_bytes(void *out, const model_file *file, uint64_t offset, size_t size,
                            ckl_error *err);

typedef enum model_file_format {
    MODEL_FILE_TEXT,
    MODEL_FILE_SAFETENSORS,
    MODEL_FILE_GGUF
} model_file_format;

ckl_status safetensors_read(ckl_model **out, const model_file *file, ckl_error *err);
ckl_status gguf_read(ckl_model **out, const model_file *file, ckl_error *err);

/* A file of weights. CKL_DONE: it is none, or no regular file (which was not read then), so that it
 * may be text. "-": standard input. */
ckl_status model_file_read(ckl_model **out, const char *path, ckl_error *err);
/* Whether a text that is a file's beginning shows weights, which are not read from a pipe. */
bool model_file_is_binary(const char *text, size_t size);

/* {"fc.weight": [3, 4], …} or {"fc.weight": {"dtype": "float32", "shape": [3, 4]}, …}: whether a
 * member could be one of a state dict's, whatever is in it. */
bool state_dict_has_form(const json_t *member);
ckl_status state_dict_read(ckl_model **out, const json_t *tree, const char *name, ckl_error *err);

/* ---- tensors (model_file_tensor.c) ----------------------------------------------------------- */

/* How elements are stored: `bytes` for each `elements`. */
typedef struct tensor_type {
    const char *name; /* in a description: as the file formats call it */
    unsigned elements, bytes;
    int ggml;            /* its number in GGUF; -1: not there */
    bool in_safetensors; /* under its name */
    const char *alias;   /* as PyTorch, NumPy and JAX call it; NULL: the same */
} tensor_type;
/* NULL: there is none. */
const tensor_type *tensor_type_of_ggml(uint32_t number);
const tensor_type *tensor_type_of_safetensors(const char *name);
/* Also by its other name, with "torch." and so on before it, small letters or large. */
const tensor_type *tensor_type_of_text(const char *name);

typedef struct tensor {
    const char *name;
    const char *type;
    int64_t dimensions[TENSOR_RANK_MAX]; /* the outermost first */
    size_t rank;
} tensor;
/* How many bytes its elements take; false: more than 64 bits can say, or no whole number. */
bool tensor_size(uint64_t *out, const tensor *of, const tensor_type *type);

/* Where a tensor's elements are, from the beginning of all tensors'. */
typedef struct tensor_span {
    uint64_t begin, end;
    size_t module; /* of the model */
} tensor_span;

/* A description that grows. */
typedef struct tensor_list {
    ckl_model *model;
    const char *file; /* for messages */
    tensor_span *spans;
    size_t span_count, span_capacity;
    size_t dimension_count;
} tensor_list;
ckl_status tensor_list_begin(tensor_list *out, const char *file, ckl_error *err);
/* What is wrong with a tensor is said as "FILE: PLACE…". `span` may be NULL. */
ckl_status tensor_list_add(tensor_list *list, const tensor *added, const tensor_span *span,
                           const char *place, ckl_error *err);
/* Errors: CKL_INVALID  two tensors of one name; two that share bytes; with `whole` also bytes below
 * `size` that belong to none */
ckl_status tensor_list_check(tensor_list *list, uint64_t size, bool whole, ckl_error *err);
/* The model becomes the caller's. */
ckl_model *tensor_list_take(tensor_list *list);
void tensor_list_free(tensor_list *list);
#define TENSOR_LIST_AUTO __attribute__((cleanup(tensor_list_free))) tensor_list

/* Whether a text that is shown to people can be: valid Unicode, no control characters. */
bool tensor_text_is_plain(const char *text, size_t size);

#endif
