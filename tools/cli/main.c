/* The command `ckl`: finds the root, opens the ledger as the command needs it, runs the command. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

static void warn_on_standard_error(void *context, const char *message)
{
    (void)context;
    fprintf(stderr, "ckl: %s\n", message);
}

const ckl_warning_sink WARNINGS = {warn_on_standard_error, NULL};

/* ---- the root -------------------------------------------------------------------------------- */

static bool has_ledger(const char *folder)
{
    char path[PATH_MAX];
    int size = snprintf(path, sizeof path, "%s/ledger.db", folder);
    return size > 0 && (size_t)size < sizeof path && access(path, F_OK) == 0;
}

/* -C, else $CKL_ROOT, else the nearest folder upwards with a ledger, else here. */
static const char *find_root(const invocation *call, char here[PATH_MAX])
{
    const char *environment = getenv("CKL_ROOT");
    if (call->root != NULL)
        return call->root;
    if (environment != NULL && environment[0] != '\0')
        return environment;
    if (getcwd(here, PATH_MAX) == NULL)
        return ".";
    for (char *slash; here[0] != '\0'; *slash = '\0') {
        if (has_ledger(here))
            return here;
        slash = strrchr(here, '/');
        if (slash == NULL)
            break;
    }
    return has_ledger("/") ? "/" : ".";
}

static const char *chosen_run(const invocation *call)
{
    const char *environment = getenv("CKL_RUN");
    if (call->run != NULL)
        return call->run;
    return environment != NULL && environment[0] != '\0' ? environment : NULL;
}

static ckl_status open_root(ckl_manager **out, const invocation *call, command_need need,
                            ckl_error *err)
{
    char here[PATH_MAX];
    const char *root = find_root(call, here);
    ckl_options options = {.run = chosen_run(call),
                           .read_only = need == NEEDS_READING,
                           .must_exist = need == NEEDS_LEDGER,
                           .warnings = &WARNINGS};
    ckl_status status = ckl_manager_open(out, root, &options, err);
    if (status == CKL_OK && ckl_manager_created(*out))
        fprintf(stderr, "created %s/ledger.db\n", root);
    return status;
}

ckl_status open_if_there(ckl_manager **out, const invocation *call, ckl_error *err)
{
    return open_root(out, call, NEEDS_READING, err);
}

ckl_status open_to_write(ckl_manager **out, const invocation *call, ckl_error *err)
{
    return open_root(out, call, NEEDS_WRITING, err);
}

/* ---- failures
 * ------------------------------------------------------------------------------------------------
 */

/* CKL_NOT_FOUND is "not_found" in JSON. */
static void json_code(const char *status)
{
    char code[64];
    size_t size = 0;
    for (const char *at = status + 4; *at != '\0' && size + 1 < sizeof code; at++)
        code[size++] = (char)(*at >= 'A' && *at <= 'Z' ? *at - 'A' + 'a' : *at);
    code[size] = '\0';
    emit_text("code", code);
}

static int report(const ckl_error *err, ckl_status status, bool json)
{
    const char *message = err->message[0] != '\0' ? err->message : ckl_status_name(status);
    int exit_code = ckl_status_exit_code(status);
    fflush(stdout);
    if (!json) {
        fprintf(stderr, "ckl: %s\n", message);
        if (err->hint[0] != '\0')
            fprintf(stderr, "hint: %s\n", err->hint);
        return exit_code;
    }
    emit_to(stderr);
    emit_begin();
    emit_open_object("error");
    json_code(ckl_status_name(status));
    emit_integer("exit", exit_code);
    emit_text("message", message);
    emit_text("hint", err->hint[0] != '\0' ? err->hint : NULL);
    emit_close_object();
    emit_end();
    return exit_code;
}

/* ---- running
 * ---------------------------------------------------------------------------------------------------
 */

static int run(invocation *call)
{
    ckl_error err = {0};
    ckl_manager *manager = NULL;
    int exit_code = 0;
    ckl_status status = CKL_OK;
    if (call->command->need != NEEDS_NOTHING)
        status = open_root(&manager, call, call->command->need, &err);
    if (status == CKL_OK)
        status = call->command->function(call, manager, &exit_code, &err);
    ckl_manager_close(manager);
    if (status != CKL_OK)
        return report(&err, status, call->json);
    int written = emit_finish();
    return written != 0 ? written : exit_code;
}

/* --help and --version, wherever they stand before "--". */
static bool asked(int count, char **words, const char *word)
{
    for (int at = 1; at < count && strcmp(words[at], "--") != 0; at++) {
        if (strcmp(words[at], word) == 0)
            return true;
    }
    return false;
}

static const char *first_command(int count, char **words)
{
    for (int at = 1; at < count; at++) {
        if (strcmp(words[at], "help") != 0 && find_command(words[at]) != NULL)
            return words[at];
    }
    return NULL;
}

int main(int count, char **words)
{
    invocation call = {0};
    ckl_error err = {0};
    if (asked(count, words, "--version")) {
        printf("ckl %s\n", ckl_version());
        return emit_finish();
    }
    if (asked(count, words, "--help") || asked(count, words, "-h") ||
        (count > 1 && strcmp(words[1], "help") == 0)) {
        print_help(first_command(count, words));
        return emit_finish();
    }
    ckl_status status = parse_invocation(&call, count, words, &err);
    if (status == CKL_OK && call.command == NULL) {
        status = fail(&err, CKL_INVALID, "no command was given");
        snprintf(err.hint, sizeof err.hint, "see: ckl --help");
    }
    int exit_code = status == CKL_OK ? run(&call) : report(&err, status, call.json);
    free_invocation(&call);
    return exit_code;
}
