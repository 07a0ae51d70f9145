/* A configuration as YAML. */
#include "documents.h"

/* An empty line and a comment before it mean nothing. Not where more could stand there: a byte
 * order mark, which also tells UTF-16. */
static void must_mean_the_same(const uint8_t *bytes, size_t size, ckl_status status,
                               const ckl_config *config)
{
    static const char BEFORE[] = "\n# before\n";
    BUF_AUTO text = BUF_INIT;
    ckl_config *again = NULL;
    ckl_error err = {0};
    if (size == 0 || bytes[0] >= 0xef)
        return;
    buf_add_text(&text, BEFORE);
    buf_add(&text, bytes, size);
    ckl_status second =
        ckl_config_parse(&again, text.data, text.size, CKL_FORMAT_YAML, "fuzz", NULL, &err);
    must_be_told_or_given(second, again, &err);
    MUST(status == second, "%s, behind a comment %s: %s", ckl_status_name(status),
         ckl_status_name(second), err.message);
    if (again != NULL)
        must_be_equal("a comment changes what is read", config->text, config->size, again->text,
                      again->size);
    ckl_config_free(again);
}

/* What goes further than what is recorded is only in JSON, but for one kind of integer. */
static void must_be_recordable(const ckl_config *config)
{
    ckl_error err = {0};
    MUST(config_check_recordable(config, &err) == CKL_OK ||
             strstr(err.message, "integer outside int64") != NULL,
         "YAML reads what is not recorded: %s", err.message);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    size_t warnings = 0;
    ckl_config *config = NULL;
    ckl_error err = {0};
    ckl_warning_sink sink = {take_warning, &warnings};
    ckl_status status =
        ckl_config_parse(&config, (const char *)bytes, size, CKL_FORMAT_YAML, "fuzz", &sink, &err);
    must_be_told_or_given(status, config, &err);
    must_mean_the_same(bytes, size, status, config);
    if (config != NULL) {
        must_be_recordable(config);
        must_be_sound(config);
    }
    ckl_config_free(config);
    return 0;
}
