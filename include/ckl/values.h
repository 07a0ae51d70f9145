/* Checkpoint Ledger: what is hashed: models, configurations, data states. Part of <ckl/ckl.h>. */
#ifndef CKL_VALUES_H
#define CKL_VALUES_H

#include <ckl/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The text form of a value. CKL_FORMAT_BY_NAME looks at the extension of the name: .yaml and .yml
 * are YAML, everything else JSON (and "-" is YAML, which reads JSON too). A data state may also
 * have a sample on each line: .jsonl and .ndjson are JSON Lines, .csv is CSV ("-" is either when
 * its first line shows that). */
typedef enum ckl_format {
    CKL_FORMAT_BY_NAME,
    CKL_FORMAT_JSON,
    CKL_FORMAT_YAML,
    CKL_FORMAT_JSON_LINES, /* {"uid": "s1", "discarded": false, "tags": ["hard"]} */
    CKL_FORMAT_CSV /* uid,discarded,tags first; discarded 0 or 1; tags separated by ';'; quotes as
                      in RFC 4180 */
} ckl_format;

/* Something that was accepted but that its author may not have meant, e.g. `1e-5` in YAML, which is
 * text. `context` is the caller's; `message` is one line and is gone after the call. */
typedef struct ckl_warning_sink {
    void (*warn)(void *context, const char *message);
    void *context;
} ckl_warning_sink;

/* ---- configurations (hyperparameters): design 3.2 -------------------------------------------- */

/* A configuration: a JSON object, frozen when it is made. */
typedef struct ckl_config ckl_config;

/* Reads `size` bytes of JSON or YAML. `name` is used in messages and by CKL_FORMAT_BY_NAME.
 * `warnings` may be NULL.
 * Errors: CKL_INVALID  not an object, duplicate key, integer outside int64, NaN, infinity, NUL,
 *                      invalid UTF-8, deeper than 128, over 1,000,000 nodes; names the place
 * The golden vectors P-cfg-051, 060 and 078 can be hashed although the limits say no (an integer
 * that is a double's 17 digits, NUL in a value, up to 256 levels of JSON); they are not recorded.
 */
CKL_API ckl_status ckl_config_parse(ckl_config **out, const char *text, size_t size,
                                    ckl_format format, const char *name,
                                    const ckl_warning_sink *warnings, ckl_error *err);
/* The same from a file; "-" is standard input. Errors: also CKL_IO, CKL_NOT_FOUND. */
CKL_API ckl_status ckl_config_read(ckl_config **out, const char *path,
                                   const ckl_warning_sink *warnings, ckl_error *err);
/* The whole configuration as canonical JSON text (nothing ignored). Borrowed. */
CKL_API const char *ckl_config_text(const ckl_config *config);
/* Releases it; NULL is fine. */
CKL_API_VOID void ckl_config_free(ckl_config *config);

/* ---- models (architecture): design 3.4 ------------------------------------------------------- */

/* A model's architecture: a description (class, modules, attributes) or opaque bytes. */
typedef struct ckl_model ckl_model;

/* An empty description of class `class_name`. */
CKL_API ckl_status ckl_model_new(ckl_model **out, const char *class_name, ckl_error *err);
/* Adds the module `name` of type `type`. Order does not matter to the hash.
 * Errors: CKL_INVALID  empty or duplicate name, empty type, NUL, invalid UTF-8 */
CKL_API ckl_status ckl_model_add_module(ckl_model *model, const char *name, const char *type,
                                        ckl_error *err);
/* Adds an attribute to the module that was added last (to the class when there is none). `value` is
 * JSON text: a number, true, false, null, "text", or a list of those. Order matters. */
CKL_API ckl_status ckl_model_add_attribute(ckl_model *model, const char *key, const char *value,
                                           ckl_error *err);
/* A description as JSON or YAML text (design 3.4); or a state dict, which has no class but only
 * tensors, {"fc.weight": [3, 4]} or {"fc.weight": {"dtype": "float32", "shape": [3, 4]}}.
 * Errors: CKL_INVALID  unknown key, duplicate or empty name, wrong type; names the place; a class
 *                      (or modules, attributes) beside tensors
 *
 * What a state dict, a safetensors file or a GGUF file describes: the class "StateDict", and per
 * tensor a module of its name, with the type of its elements as its type and the attribute `shape`,
 * a list, the outermost dimension first (GGUF has the innermost first). Types are called as in the
 * files: F64 F32 F16 BF16 I8 to I64 U8 to U64 BOOL C64 F8_E4M3 …, and GGUF's blocks Q4_0 Q4_K
 * IQ2_XS MXFP4 …; what PyTorch calls float32 or torch.float32 is F32, and so on, so that the same
 * tensors give the same hash; a dtype that is none of these is taken as it stands, and without a
 * dtype the type is "Tensor". Of GGUF's keys, general.architecture and those below its value
 * (llama.block_count) are attributes of the class, in the order of their names, except lists; real
 * numbers of 32 bits are the shortest that read back, what no JSON number is (NaN, over int64) is
 * text. Nothing else counts: no metadata, no tokens, no order, no weights. */
CKL_API ckl_status ckl_model_parse(ckl_model **out, const char *text, size_t size,
                                   ckl_format format, const char *name,
                                   const ckl_warning_sink *warnings, ckl_error *err);
/* The same from a file; "-" is standard input. Or a file of weights, .safetensors or .gguf or what
 * begins like one: of it only the header is read, so it must be a regular file; 100,000,000 bytes
 * of header and 1,000,000 tensors at most, and CKL_INVALID names the byte where it is not as its
 * format says. Errors: also CKL_IO, CKL_NOT_FOUND. */
CKL_API ckl_status ckl_model_read(ckl_model **out, const char *path,
                                  const ckl_warning_sink *warnings, ckl_error *err);
/* An architecture that only its program can read: the bytes are the canonical text. Copied. */
CKL_API ckl_status ckl_model_from_bytes(ckl_model **out, const void *bytes, size_t size,
                                        ckl_error *err);
/* Gives the bytes to save as `{hash}_architecture.pkl`; they do not take part in the hash. Without
 * them the description is saved, as a pickle. Copied; 64 MiB at most (else CKL_INVALID). */
CKL_API ckl_status ckl_model_set_architecture(ckl_model *model, const void *bytes, size_t size,
                                              ckl_error *err);
/* Releases it; NULL is fine. */
CKL_API_VOID void ckl_model_free(ckl_model *model);

/* ---- data states: design 3.3 ----------------------------------------------------------------- */

/* For every sample whether it is discarded, and its tags. Made by adding, in any order, in the
 * guide's form: uids, discarded uids, tags by uid. It is sorted and checked at its first use;
 * after that nothing can be added (CKL_MISUSE). */
typedef struct ckl_data_state ckl_data_state;

#define CKL_UID_MAX 1024u /* bytes, of what is recorded; hashing takes up to 65,536 */
#define CKL_TAG_MAX 256u  /* likewise */

/* An empty state, to be added to. */
CKL_API ckl_status ckl_data_state_new(ckl_data_state **out, ckl_error *err);
/* Adds a sample. Errors: CKL_INVALID  empty, too long, invalid UTF-8. A duplicate shows at first
 * use, naming the uid. */
CKL_API ckl_status ckl_data_state_add(ckl_data_state *state, const char *uid, ckl_error *err);
/* Says that `uid` is discarded; it does not count unless `uid` is (or will be) added. */
CKL_API ckl_status ckl_data_state_add_discarded(ckl_data_state *state, const char *uid,
                                                ckl_error *err);
/* Says that `uid` has the tag `tag`; likewise. */
CKL_API ckl_status ckl_data_state_add_tag(ckl_data_state *state, const char *uid, const char *tag,
                                          ckl_error *err);
/* The guide's form (`uids`, `discarded`, `tags`) as JSON or YAML text, or a sample on each line as
 * JSON Lines or CSV. Errors: CKL_INVALID  the message names the line or the place */
CKL_API ckl_status ckl_data_state_parse(ckl_data_state **out, const char *text, size_t size,
                                        ckl_format format, const char *name,
                                        const ckl_warning_sink *warnings, ckl_error *err);
/* The same from a file; "-" is standard input. JSON Lines, CSV, and YAML without anchors, tags and
 * merge keys are read as they come and never held. Errors: also CKL_IO, CKL_NOT_FOUND. */
CKL_API ckl_status ckl_data_state_read(ckl_data_state **out, const char *path,
                                       const ckl_warning_sink *warnings, ckl_error *err);
/* Sorts and checks now instead of at first use.
 * Errors: CKL_INVALID  duplicate uid; names it */
CKL_API ckl_status ckl_data_state_finish(ckl_data_state *state, ckl_error *err);
/* Releases it, with all text that was borrowed from it; NULL is fine. */
CKL_API_VOID void ckl_data_state_free(ckl_data_state *state);

/* One sample of a finished state. Text is borrowed from the state. */
typedef struct ckl_sample {
    const char *uid;
    bool discarded;
    size_t tag_count;
    const char *const *tags; /* sorted by code point, unique */
} ckl_sample;

typedef struct ckl_sample_counts {
    uint64_t total, discarded, tagged;
} ckl_sample_counts;

/* How many samples a finished state has. */
CKL_API ckl_sample_counts ckl_data_state_counts(const ckl_data_state *state);
/* The sample at `index` (0 to total - 1) in the order of the uids by code point. The tags are valid
 * until the state is released. */
CKL_API ckl_sample ckl_data_state_sample(const ckl_data_state *state, uint64_t index);
/* Finds a sample by uid in a finished state: true and *index, or false. */
CKL_API bool ckl_data_state_find(const ckl_data_state *state, const char *uid, uint64_t *index);
/* How many discarded or tagged uids were not among the samples, and did not count; *first (may be
 * NULL) gets the first of them by code point, or NULL. */
CKL_API uint64_t ckl_data_state_ignored(const ckl_data_state *state, const char **first);

/* ---- hashes without a ledger ----------------------------------------------------------------- */

/* The guide's ExperimentHashGenerator. NULL stands for an absent component (guide, "Migration from
 * V2": segment 00000000). */
typedef struct ckl_hash_generator ckl_hash_generator;

/* What get_component_hashes returns: each segment, and all three together. */
typedef struct ckl_component_hashes {
    char model[CKL_SEGMENT_LENGTH + 1];
    char config[CKL_SEGMENT_LENGTH + 1];
    char data[CKL_SEGMENT_LENGTH + 1];
    ckl_hash combined;
} ckl_component_hashes;

/* A generator that has not generated anything and ignores nothing. */
CKL_API ckl_status ckl_hash_generator_new(ckl_hash_generator **out, ckl_error *err);
/* Leaves the JSON Pointer `path` out of configurations from here on (design 3.2). */
CKL_API ckl_status ckl_hash_generator_ignore(ckl_hash_generator *generator, const char *path,
                                             ckl_error *err);
/* The natural hash: each segment the first 8 hex characters of its digest. Remembered for
 * has_changed and get_component_hashes. */
CKL_API ckl_status ckl_hash_generator_generate_hash(ckl_hash *out, ckl_hash_generator *generator,
                                                    const ckl_model *model,
                                                    const ckl_config *config, ckl_data_state *data,
                                                    ckl_error *err);
/* Whether, and in which components, the given values differ from the last generated hash (from
 * nothing when there was none), by digest; then remembers them, like generate_hash. */
CKL_API ckl_status ckl_hash_generator_has_changed(bool *out, ckl_components *changed,
                                                  ckl_hash_generator *generator,
                                                  const ckl_model *model, const ckl_config *config,
                                                  ckl_data_state *data, ckl_error *err);
/* The segments of the last generated hash. Errors: CKL_NOT_FOUND  none was generated */
CKL_API ckl_status ckl_hash_generator_get_component_hashes(ckl_component_hashes *out,
                                                           const ckl_hash_generator *generator,
                                                           ckl_error *err);
/* The digest (SHA-256, 64 hex characters and a NUL) of one component of the last generated hash.
 * Errors: CKL_NOT_FOUND  it was absent */
CKL_API ckl_status ckl_hash_generator_digest(char out[65], const ckl_hash_generator *generator,
                                             ckl_components component, ckl_error *err);
/* Releases it; NULL is fine. */
CKL_API_VOID void ckl_hash_generator_free(ckl_hash_generator *generator);

/* How to write a canonical text; all zero gives what is hashed. */
typedef struct ckl_canonical_options {
    bool lines;
    const char *const *ignored;
    size_t ignored_count;
} ckl_canonical_options;
/* The canonical text that is hashed (exactly one of the three not NULL), e.g. to see why a hash
 * changed. `lines`: a data state's records one per line, as the guide shows them. `ignored` holds
 * `ignored_count` JSON Pointers. *out is the caller's and has a NUL after its *size bytes. */
CKL_API ckl_status ckl_canonical_text(char **out, size_t *size, const ckl_model *model,
                                      const ckl_config *config, ckl_data_state *data,
                                      const ckl_canonical_options *options, ckl_error *err);

#ifdef __cplusplus
}
#endif
#endif
