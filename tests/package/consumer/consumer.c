/* A program outside the tree that has nothing but what was installed: it records, asks, and says
 * what it found. It has functions named as some inside libckl are: they must not meet. */
#include <ckl/auto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names that libckl uses for functions of its own. */
ckl_status error_set(ckl_error *err, int code, const char *text);
void error_hint(const char *text);
static int own_calls;

ckl_status error_set(ckl_error *err, int code, const char *text)
{
    (void)err, (void)code, (void)text;
    own_calls++;
    return CKL_OK;
}

void error_hint(const char *text)
{
    (void)text;
    own_calls++;
}

static void must(ckl_status status, const ckl_error *err)
{
    if (status == CKL_OK)
        return;
    fprintf(stderr, "consumer: %s: %s\n", ckl_status_name(status), err->message);
    exit(1);
}

static void record(ckl_manager *manager, const char *text, ckl_error *err)
{
    ckl_config *config = NULL;
    must(ckl_config_parse(&config, text, strlen(text), CKL_FORMAT_JSON, "config", NULL, err), err);
    ckl_update update;
    memset(&update, 0, sizeof update);
    update.config = config;
    ckl_update_result result;
    must(ckl_manager_update_experiment_hash(&result, manager, &update, err), err);
    ckl_config_free(config);
}

int main(int count, char **words)
{
    ckl_error err;
    memset(&err, 0, sizeof err);
    if (count != 2 || strcmp(ckl_version(), CKL_VERSION) != 0)
        return 2;
    ckl_manager *manager = NULL;
    must(ckl_manager_open(&manager, words[1], NULL, &err), &err);
    record(manager, "{\"lr\": 0.1}", &err);
    ckl_dump_result dump;
    must(ckl_manager_dump_pending_changes(&dump, manager, false, &err), &err);
    record(manager, "{\"lr\": 0.01}", &err);
    ckl_diff *diff = NULL;
    must(ckl_diff_open(&diff, manager, NULL, NULL, &err), &err);
    ckl_diff_entry entry;
    must(ckl_diff_next_config(&entry, diff, &err), &err);
    printf("%s %s %s\n", entry.name, entry.from, entry.to);
    ckl_diff_close(diff);
    if (ckl_config_read(NULL, "/nowhere/at/all.json", NULL, &err) != CKL_NOT_FOUND)
        return 3;
    ckl_manager_close(manager);
    return own_calls;
}
