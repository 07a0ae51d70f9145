/* progress: says on a terminal, after a second, what takes long: on standard error, and only when
 * that is a terminal. How much of a file was read is asked of the system, so that nothing else
 * needs to know. Keeps true: what it wrote is gone when progress_end returns; signals are not its
 * business. */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "command.h"

#define MOMENT_NS 250000000L
#define QUIET_NS  1000000000L

static struct {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool runs, ends;
    const char *doing;
    struct stat file; /* st_size 0: there is none */
    time_t since;
} progress = {.lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};

/* Where the descriptor stands that reads the file; -1: none does. */
static long long position(void)
{
    DIR *descriptors = opendir("/proc/self/fd");
    long long found = -1;
    struct dirent *entry;
    while (found < 0 && descriptors != NULL && (entry = readdir(descriptors)) != NULL) {
        struct stat about;
        char *end = NULL;
        long number = strtol(entry->d_name, &end, 10);
        if (*end == '\0' && end != entry->d_name && fstat((int)number, &about) == 0 &&
            about.st_dev == progress.file.st_dev && about.st_ino == progress.file.st_ino)
            found = (long long)lseek((int)number, 0, SEEK_CUR);
    }
    if (descriptors != NULL)
        closedir(descriptors);
    return found;
}

static void show(void)
{
    char share[32] = "";
    long long at = progress.file.st_size > 0 ? position() : -1;
    if (at >= 0)
        snprintf(share, sizeof share, " %lld %%,", at * 100 / (long long)progress.file.st_size);
    fprintf(stderr, "ckl: %s:%s %lld s\033[K\r", progress.doing, share,
            (long long)(time(NULL) - progress.since));
    fflush(stderr);
}

static void *show_until_ended(void *ignored)
{
    struct timespec next;
    bool shown = false;
    (void)ignored;
    clock_gettime(CLOCK_REALTIME, &next);
    long wait = QUIET_NS;
    pthread_mutex_lock(&progress.lock);
    for (;; wait = MOMENT_NS) {
        next.tv_nsec += wait;
        next.tv_sec += next.tv_nsec / 1000000000L;
        next.tv_nsec %= 1000000000L;
        while (!progress.ends &&
               pthread_cond_timedwait(&progress.ended, &progress.lock, &next) == 0)
            ;
        if (progress.ends)
            break;
        show();
        shown = true;
    }
    pthread_mutex_unlock(&progress.lock);
    if (shown)
        fputs("\033[K", stderr);
    return NULL;
}

void progress_begin(const char *doing, const char *path)
{
    sigset_t all, before;
    if (progress.runs || !isatty(STDERR_FILENO))
        return;
    progress.doing = doing;
    progress.since = time(NULL);
    progress.ends = false;
    if (path == NULL || stat(path, &progress.file) != 0 || !S_ISREG(progress.file.st_mode))
        progress.file.st_size = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    progress.runs = pthread_create(&progress.thread, NULL, show_until_ended, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void progress_end(void)
{
    if (!progress.runs)
        return;
    pthread_mutex_lock(&progress.lock);
    progress.ends = true;
    pthread_cond_signal(&progress.ended);
    pthread_mutex_unlock(&progress.lock);
    pthread_join(progress.thread, NULL);
    progress.runs = false;
}
