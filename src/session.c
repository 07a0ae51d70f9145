#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <pwd.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define PIECE 4096

/* ---- the process ----------------------------------------------------------------------------- */

/* A small file as it is, e.g. below /proc. */
static void read_small(buf *out, const char *path)
{
    char piece[PIECE];
    ssize_t got;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return;
    while ((got = read(descriptor, piece, sizeof piece)) > 0)
        buf_add(out, piece, (size_t)got);
    close(descriptor);
}

static void find_process(session *out)
{
    char path[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    if (size > 0)
        buf_add(&out->program, path, (size_t)size);
    read_small(&out->arguments, "/proc/self/cmdline");
    for (size_t index = 0; index + 1 < out->arguments.size; index++) {
        if (out->arguments.data[index] == '\0')
            out->arguments.data[index] = ' ';
    }
    if (out->arguments.size > 0 && out->arguments.data[out->arguments.size - 1] == '\0')
        out->arguments.size--;
    out->pid = getpid();
}

static void find_user(session *out)
{
    char text[PIECE];
    struct passwd entry, *found = NULL;
    if (gethostname(out->host, sizeof out->host - 1) != 0)
        out->host[0] = '\0';
    if (getpwuid_r(geteuid(), &entry, text, sizeof text, &found) == 0 && found != NULL)
        snprintf(out->user, sizeof out->user, "%s", found->pw_name);
    else
        snprintf(out->user, sizeof out->user, "%ld", (long)geteuid());
}

/* ---- git ------------------------------------------------------------------------------------- */

/* Starts git with its standard output on a pipe and its complaints nowhere. */
static bool start_git(pid_t *child, int *output, char *const arguments[])
{
    int ends[2];
    posix_spawn_file_actions_t actions;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    int failed = posix_spawnp(child, "git", &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (failed != 0) {
        close(ends[0]);
        return false;
    }
    *output = ends[0];
    return true;
}

/* Runs git; its output is hashed, and the first `keep_size` - 1 bytes are kept. *size counts it. */
static bool run_git(char *keep, size_t keep_size, size_t *size, digest *sha256,
                    char *const arguments[])
{
    char piece[PIECE];
    ssize_t got;
    pid_t child;
    int output = -1, result = -1;
    hasher *running = NULL;
    *size = 0;
    keep[0] = '\0';
    if (hasher_new(&running, NULL) != CKL_OK || !start_git(&child, &output, arguments)) {
        hasher_free(running);
        return false;
    }
    while ((got = read(output, piece, sizeof piece)) > 0 || (got < 0 && errno == EINTR)) {
        if (got < 0)
            continue;
        size_t room = *size < keep_size - 1 ? keep_size - 1 - *size : 0;
        size_t take = (size_t)got < room ? (size_t)got : room;
        memcpy(keep + (*size < keep_size ? *size : 0), piece, take);
        if (take > 0)
            keep[*size + take] = '\0';
        hasher_add(running, piece, (size_t)got);
        *size += (size_t)got;
    }
    close(output);
    while (waitpid(child, &result, 0) < 0 && errno == EINTR)
        continue;
    bool good = hasher_end(sha256, running, NULL) == CKL_OK && WIFEXITED(result) &&
                WEXITSTATUS(result) == 0;
    hasher_free(running);
    return good;
}

static void find_commit(session *out)
{
    char *const commit[] = {"git", "rev-parse", "HEAD", NULL};
    char *const changes[] = {"git", "status", "--porcelain", NULL};
    char *const difference[] = {"git", "diff", "HEAD", NULL};
    char ignored[8];
    size_t size = 0;
    digest unused;
    if (!run_git(out->commit, sizeof out->commit, &size, &unused, commit)) {
        out->commit[0] = '\0';
        return;
    }
    out->commit[strcspn(out->commit, "\n")] = '\0';
    out->dirty = run_git(ignored, sizeof ignored, &size, &unused, changes) && size > 0;
    if (out->dirty)
        run_git(ignored, sizeof ignored, &size, &out->difference, difference);
}

/* ---- all of it ------------------------------------------------------------------------------- */

ckl_status session_gather(session *out, ckl_error *err)
{
    *out = (session){.program = BUF_INIT, .arguments = BUF_INIT};
    find_user(out);
    find_process(out);
    find_commit(out);
    snprintf(out->libraries, sizeof out->libraries,
             "{\"ckl\": \"%s\", \"jansson\": \"%s\", \"libcrypto\": \"%s\"}", CKL_VERSION,
             jansson_version_str(), OpenSSL_version(OPENSSL_VERSION_STRING));
    ckl_status status = buf_check(&out->program, err);
    if (status == CKL_OK)
        status = buf_check(&out->arguments, err);
    if (status != CKL_OK)
        session_free(out);
    return status;
}

void session_free(session *gathered)
{
    buf_free(&gathered->program);
    buf_free(&gathered->arguments);
}
