/* What is left out of a configuration's hash: the first line is a JSON Pointer, the rest a
 * configuration as JSON. */
#include "fuzz.h"

static ckl_hash_generator *generator_with(const char *pointer, int times)
{
    ckl_hash_generator *generator = NULL;
    ckl_error err = {0};
    MUST(ckl_hash_generator_new(&generator, &err) == CKL_OK, "%s", err.message);
    for (int time = 0; time < times; time++) {
        ckl_status status = ckl_hash_generator_ignore(generator, pointer, &err);
        must_be_told(status, &err);
        if (status != CKL_OK) {
            ckl_hash_generator_free(generator);
            return NULL;
        }
    }
    return generator;
}

static ckl_hash hash_with(const char *pointer, int times, const ckl_config *config)
{
    ckl_hash hash = {{0}};
    ckl_error err = {0};
    ckl_hash_generator *generator = generator_with(pointer, times);
    MUST(generator != NULL, "'%s' is accepted once and then refused", pointer);
    MUST(ckl_hash_generator_generate_hash(&hash, generator, NULL, config, NULL, &err) == CKL_OK,
         "%s", err.message);
    ckl_hash_generator_free(generator);
    return hash;
}

/* What is left out is not in the text that is hashed: that text without anything left out has the
 * same hash. */
static void compare(const char *pointer, const ckl_config *config)
{
    char *text = NULL;
    size_t size = 0;
    ckl_error err = {0};
    ckl_config *rest = NULL;
    ckl_hash_generator *plain = generator_with(pointer, 0);
    ckl_hash once = hash_with(pointer, 1, config), twice = hash_with(pointer, 2, config), hash;
    ckl_canonical_options options = {.ignored = &pointer, .ignored_count = 1};
    MUST(strcmp(once.text, twice.text) == 0, "'%s' once and twice differ", pointer);
    MUST(ckl_canonical_text(&text, &size, NULL, config, NULL, &options, &err) == CKL_OK, "%s",
         err.message);
    MUST(ckl_config_parse(&rest, text, size, CKL_FORMAT_JSON, "rest", NULL, &err) == CKL_OK,
         "the rest cannot be read: %s", err.message);
    MUST(ckl_hash_generator_generate_hash(&hash, plain, NULL, rest, NULL, &err) == CKL_OK, "%s",
         err.message);
    MUST(strcmp(hash.text, once.text) == 0, "'%s' is left out otherwise in the text", pointer);
    ckl_free(text);
    ckl_config_free(rest);
    ckl_hash_generator_free(plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(bytes, '\n', size) : NULL;
    ckl_config *config = NULL;
    ckl_error err = {0};
    char *pointer = end != NULL ? strndup((const char *)bytes, (size_t)(end - bytes)) : NULL;
    ckl_hash_generator *generator = pointer != NULL ? generator_with(pointer, 1) : NULL;
    if (generator != NULL) {
        size_t rest = size - (size_t)(end + 1 - bytes);
        ckl_status status = ckl_config_parse(&config, (const char *)end + 1, rest, CKL_FORMAT_JSON,
                                             "fuzz", NULL, &err);
        must_be_told(status, &err);
        MUST((status == CKL_OK) == (config != NULL), "an object beside an error");
        if (status == CKL_OK)
            compare(pointer, config);
    }
    ckl_config_free(config);
    ckl_hash_generator_free(generator);
    free(pointer);
    return 0;
}
