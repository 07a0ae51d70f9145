/* Reads many documents and says for each what the library makes of it, for the scripts beside it
 * that compare with PyYAML. Standard input and output are frames: "WORD SIZE\n" and SIZE bytes.
 *   yaml | json      the document as canonical JSON
 *   keys             the same, YAML, integer keys allowed
 *   config | state   JSON, written as config.yaml or data_state.yaml
 * The answer's WORD is "ok", "warned" (read, with the warning lost in favour of the value) or
 * "error" (the message). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "canon.h"
#include "doc.h"
#include "emit_yaml.h"

static void count_warning(void *context, const char *message)
{
    (void)message;
    ++*(int *)context;
}

static ckl_status collect(void *context, const void *bytes, size_t size, ckl_error *err)
{
    buf_add(context, bytes, size);
    return buf_check(context, err);
}

static ckl_status answer_state(buf *out, const char *text, size_t size, ckl_error *err)
{
    emit_sink sink = {collect, out};
    ckl_data_state *state = NULL;
    ckl_status status =
        ckl_data_state_parse(&state, text, size, CKL_FORMAT_JSON, "state", NULL, err);
    if (status == CKL_OK)
        status = ckl_data_state_finish(state, err);
    if (status == CKL_OK)
        status = emit_yaml_data_state(&sink, state, err);
    ckl_data_state_free(state);
    return status;
}

static ckl_status answer(buf *out, const char *word, const char *text, size_t size, int *warnings,
                         ckl_error *err)
{
    if (strcmp(word, "state") == 0)
        return answer_state(out, text, size, err);
    emit_sink sink = {collect, out};
    ckl_warning_sink warn = {count_warning, warnings};
    bool json = strcmp(word, "json") == 0 || strcmp(word, "config") == 0;
    doc_options options = {.format = json ? CKL_FORMAT_JSON : CKL_FORMAT_YAML,
                           .name = "doc",
                           .integer_keys = strcmp(word, "keys") == 0,
                           .warnings = &warn};
    json_t *tree = NULL;
    ckl_status status = doc_parse(&tree, text, size, &options, err);
    if (status == CKL_OK && strcmp(word, "config") == 0)
        status = emit_yaml_config(&sink, tree, err);
    else if (status == CKL_OK)
        canon_value(out, tree);
    json_decref(tree);
    return status;
}

int main(void)
{
    char word[16];
    size_t size;
    while (scanf("%15s %zu", word, &size) == 2 && getchar() == '\n') {
        char *text = malloc(size == 0 ? 1 : size); /* exact, so that a sanitizer sees each byte */
        if (text == NULL || fread(text, 1, size, stdin) != size)
            return EXIT_FAILURE;
        BUF_AUTO out = BUF_INIT;
        ckl_error err = {0};
        int warnings = 0;
        ckl_status status = answer(&out, word, text, size, &warnings, &err);
        free(text);
        if (status != CKL_OK) {
            printf("error %zu\n%s", strlen(err.message), err.message);
        } else {
            printf("%s %zu\n", warnings > 0 ? "warned" : "ok", out.size);
            fwrite(out.data, 1, out.size, stdout);
        }
        fflush(stdout);
    }
    return EXIT_SUCCESS;
}
