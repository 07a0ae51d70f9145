/* open: finds the root, and opens the ledger as the command needs it. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

/* After a failure, what the library says while it closes is about the same failure: one line is
 * enough. */
static bool has_failed;

static void warn_on_standard_error(void *context, const char *message)
{
    (void)context;
    if (has_failed)
        return;
    fflush(stdout);
    fputs("ckl: ", stderr);
    put_to(stderr, message);
    fputc('\n', stderr);
}

void keep_quiet(void)
{
    has_failed = true;
}

const ckl_warning_sink WARNINGS = {warn_on_standard_error, NULL};

/* ---- the root -------------------------------------------------------------------------------- */

static bool has_file(const char *folder, const char *name)
{
    char path[PATH_MAX];
    int size = snprintf(path, sizeof path, "%s/%s", folder, name);
    return size > 0 && (size_t)size < sizeof path && access(path, F_OK) == 0;
}

/* In it, or said to be elsewhere. */
static bool has_ledger(const char *folder)
{
    return has_file(folder, "ledger.db") || has_file(folder, ".ckl/ledger");
}

/* -C, else $CKL_ROOT, else the nearest folder upwards with a ledger, else here. */
const char *find_root(const invocation *call, char *here)
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

ckl_status open_root(ckl_manager **out, const invocation *call, command_need need, ckl_error *err)
{
    char here[PATH_MAX];
    const char *root = find_root(call, here);
    ckl_options options = {.run = chosen_run(call),
                           .read_only = need == NEEDS_READING,
                           .must_exist = need == NEEDS_LEDGER,
                           .warnings = &WARNINGS};
    ckl_status status = ckl_manager_open(out, root, &options, err);
    if (status == CKL_OK && ckl_manager_created(*out) && getenv("CKL_LEDGER") != NULL)
        fprintf(stderr, "created %s\n", ckl_manager_ledger(*out));
    else if (status == CKL_OK && ckl_manager_created(*out))
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

ckl_status open_to_change(ckl_manager **out, const invocation *call, ckl_error *err)
{
    return open_root(out, call, NEEDS_LEDGER, err);
}
