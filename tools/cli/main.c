/* The command `ckl`: takes the command line apart, runs the command, says what went wrong. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

/* ---- failures -------------------------------------------------------------------------------- */

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
        fputs("ckl: ", stderr);
        put_to(stderr, message);
        if (err->hint[0] != '\0') {
            fputs("\nhint: ", stderr);
            put_to(stderr, err->hint);
        }
        fputc('\n', stderr);
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

/* ---- running --------------------------------------------------------------------------------- */

static ckl_status finish_output(ckl_error *err)
{
    if (emit_finish() || (errno == EPIPE && has_pager()))
        return CKL_OK;
    return fail(err, errno == ENOSPC ? CKL_NO_SPACE : CKL_IO,
                "could not write to standard output%s%s", errno != 0 ? ": " : "",
                errno != 0 ? strerror(errno) : "");
}

static int run(invocation *call)
{
    ckl_error err = {0};
    ckl_manager *manager = NULL;
    int exit_code = 0;
    ckl_status status = CKL_OK;
    if (call->is_private)
        umask(0077);
    if (call->ledger != NULL && setenv("CKL_LEDGER", call->ledger, 1) != 0)
        return report(&(ckl_error){0}, CKL_NO_MEMORY, call->json);
    if (call->command->need != NEEDS_NOTHING)
        status = open_root(&manager, call, call->command->need, &err);
    if (status == CKL_OK) {
        start_pager(call);
        status = call->command->function(call, manager, &exit_code, &err);
    }
    if (status != CKL_OK)
        keep_quiet();
    ckl_manager_close(manager);
    if (status == CKL_OK)
        status = finish_output(&err);
    finish_pager();
    return status == CKL_OK ? exit_code : report(&err, status, call->json);
}

/* Whether --json stands before "--": asked when the command line could not be taken apart. */
static bool asked_for_json(int count, char **words)
{
    for (int at = 1; at < count && strcmp(words[at], "--") != 0; at++) {
        if (strcmp(words[at], "--json") == 0)
            return true;
    }
    return false;
}

static int explain_itself(const invocation *call)
{
    ckl_error err = {0};
    if (call->wants_version)
        printf("ckl %s\n", ckl_version());
    else
        print_help(call->command);
    ckl_status status = finish_output(&err);
    return status == CKL_OK ? 0 : report(&err, status, false);
}

/* A file opened in the place of a standard stream that is closed would get what we print. What
 * stands there instead cannot be used, so that printing to it is an error as before. */
static void fill_standard_streams(void)
{
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
        if (fcntl(stream, F_GETFD) < 0 && errno == EBADF &&
            open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
            _exit(6);
    }
}

int main(int count, char **words)
{
    signal(SIGXFSZ, SIG_IGN); /* a limit of file sizes is an error like a full disk */
    fill_standard_streams();
    invocation call = {0};
    ckl_error err = {0};
    int exit_code = 0;
    ckl_status status = parse_invocation(&call, count, words, &err);
    bool explains = call.wants_help || call.wants_version;
    if (status == CKL_OK && call.command == NULL && !explains) {
        status = fail(&err, CKL_INVALID, "no command was given");
        snprintf(err.hint, sizeof err.hint, "see: ckl --help");
    }
    if (status != CKL_OK)
        exit_code = report(&err, status, asked_for_json(count, words));
    else
        exit_code = explains ? explain_itself(&call) : run(&call);
    free_invocation(&call);
    return exit_code;
}
