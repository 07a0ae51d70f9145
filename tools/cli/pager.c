/* pager: owns the reader that long output goes through on a terminal. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"

static pid_t reader;

/* NULL: no pager. */
static const char *pager_command(void)
{
    const char *chosen = getenv("CKL_PAGER");
    if (chosen == NULL)
        chosen = getenv("PAGER");
    if (chosen == NULL && (access("/usr/bin/less", X_OK) == 0 || access("/bin/less", X_OK) == 0))
        chosen = "less";
    return chosen == NULL || chosen[0] == '\0' ||
                   (chosen[0] == 'c' && chosen[1] == 'a' && chosen[2] == 't' && chosen[3] == '\0')
               ? NULL
               : chosen;
}

static void read_in_child(const char *program, const int ends[2])
{
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    close(ends[1]);
    signal(SIGXFSZ, SIG_DFL);
    setenv("LESS", "FRX", 0); /* leave when it fits, show colours, leave the text where it is */
    execl("/bin/sh", "sh", "-c", program, (char *)NULL);
    _exit(127);
}

void start_pager(const invocation *call)
{
    const char *program = pager_command();
    int ends[2];
    if (call->json || call->no_pager || !call->command->pages || program == NULL ||
        !isatty(STDOUT_FILENO))
        return;
    paint(PLAIN); /* asks whether there is a terminal while there is one */
    if (pipe(ends) != 0)
        return;
    fflush(stdout);
    reader = fork();
    if (reader == 0)
        read_in_child(program, ends);
    if (reader > 0) {
        dup2(ends[1], STDOUT_FILENO);
        signal(SIGPIPE, SIG_IGN); /* a reader who has seen enough is no failure */
        signal(SIGINT, SIG_IGN);  /* the pager decides what it means */
    }
    close(ends[0]);
    close(ends[1]);
}

bool has_pager(void)
{
    return reader > 0;
}

void finish_pager(void)
{
    if (reader <= 0)
        return;
    fflush(stdout);
    close(STDOUT_FILENO);
    while (waitpid(reader, NULL, 0) < 0 && errno == EINTR) {
    }
}
