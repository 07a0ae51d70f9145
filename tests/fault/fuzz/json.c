/* A configuration as JSON. SQLite's reader and Jansson's, which know nothing of each other, say
 * what is JSON at all. */
#include "documents.h"

/* Why the library refuses what SQLite takes; which, in some versions, is also an object as a key.
 */
static void must_be_a_limit(const char *text, size_t size, const char *message)
{
    static const char *const REASONS[] = {"a configuration is an object",
                                          "duplicate key",
                                          "integer outside int64",
                                          "not a finite number",
                                          "NUL in text",
                                          "not valid Unicode",
                                          "nesting deeper than",
                                          "more than 1,000,000 values"};
    for (size_t index = 0; index < sizeof REASONS / sizeof REASONS[0]; index++) {
        if (strstr(message, REASONS[index]) != NULL)
            return;
    }
    json_t *tree = json_loadb(text, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    MUST(tree == NULL, "it is JSON, but %s", message);
}

/* As deep as a configuration is. */
static bool has_wide_integer(const json_t *value)
{
    const char *key;
    size_t index;
    json_t *child;
    json_object_foreach((json_t *)(uintptr_t)value, key, child)
    {
        if (has_wide_integer(child))
            return true;
    }
    json_array_foreach(value, index, child)
    {
        if (has_wide_integer(child))
            return true;
    }
    return doc_wide_integer(value) != NULL;
}

/* What Jansson alone reads: the same, but for integers that it cannot hold. */
static void compare_with_jansson(const char *text, size_t size, const ckl_config *config)
{
    BUF_AUTO canonical = BUF_INIT;
    json_t *tree = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    MUST((tree == NULL) == has_wide_integer(config->tree), "accepted, but not by Jansson");
    if (tree == NULL)
        return;
    canon_value(&canonical, tree);
    must_be_equal("Jansson reads something else", config->text, config->size, canonical.data,
                  canonical.size);
    json_decref(tree);
}

/* YAML, too, unless it warns: then a number is text to it. It may refuse what it has no place for.
 */
static void compare_with_yaml(const ckl_config *config)
{
    size_t warnings = 0;
    ckl_config *other = NULL;
    ckl_error err = {0};
    ckl_warning_sink sink = {take_warning, &warnings};
    ckl_status status =
        ckl_config_parse(&other, config->text, config->size, CKL_FORMAT_YAML, "fuzz", &sink, &err);
    must_be_told_or_given(status, other, &err);
    if (status == CKL_OK && warnings == 0)
        must_be_equal("YAML reads something else", config->text, config->size, other->text,
                      other->size);
    ckl_config_free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char MARK[] = "\xef\xbb\xbf";
    const char *text = (const char *)bytes;
    ckl_config *config = NULL;
    ckl_error err = {0};
    ckl_status status = ckl_config_parse(&config, text, size, CKL_FORMAT_JSON, "fuzz", NULL, &err);
    must_be_told_or_given(status, config, &err);
    if (size >= 3 && memcmp(text, MARK, 3) == 0) {
        text += 3;
        size -= 3;
    }
    bool taken = memchr(text, '\0', size) == NULL && sqlite_takes(text, size);
    if (config != NULL) {
        MUST(taken, "accepted, but not by SQLite");
        compare_with_jansson(text, size, config);
        compare_with_yaml(config);
        must_be_sound(config);
    } else if (taken) {
        must_be_a_limit(text, size, err.message);
    }
    ckl_config_free(config);
    return 0;
}
