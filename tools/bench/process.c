/* Whole processes: commands of ckl, and the public yardsticks. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define PAGE_BYTES 4096

/* Spawned, not forked: copying what the benchmark holds in memory is none of the program's time. */
static pid_t start_program(const char *const *arguments, int output)
{
    pid_t child = -1;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (output < 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    else
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int failure = posix_spawnp(&child, arguments[0], &actions, NULL,
                               (char *const *)(uintptr_t)arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failure != 0)
        fail("cannot start '%s': %s", arguments[0], strerror(failure));
    return child;
}

spent run_program(const char *const *arguments)
{
    int status = 0;
    double start = now();
    pid_t child = start_program(arguments, -1);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return (spent){now() - start, 0, WIFEXITED(status) ? WEXITSTATUS(status) : 128};
}

/* The most that was resident of the program that runs now: what the system tells of a child that
 * has ended counts the process that it was spawned from. */
static double peak_of(pid_t child)
{
    char path[64], line[256];
    double peak = 0;
    snprintf(path, sizeof path, "/proc/%ld/status", (long)child);
    FILE *about = fopen(path, "r");
    while (about != NULL && fgets(line, sizeof line, about) != NULL) {
        if (strncmp(line, "VmHWM:", 6) == 0)
            peak = strtod(line + 6, NULL) * 1024;
    }
    if (about != NULL)
        fclose(about);
    return peak;
}

spent watch_program(const char *const *arguments)
{
    static const struct timespec MOMENT = {.tv_nsec = 1000000};
    spent used = {0};
    int status = 0;
    double start = now();
    pid_t child = start_program(arguments, -1);
    while (waitpid(child, &status, WNOHANG) == 0) {
        double peak = peak_of(child);
        used.memory = peak > used.memory ? peak : used.memory;
        nanosleep(&MOMENT, NULL);
    }
    used.seconds = now() - start;
    used.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    return used;
}

double first_page(const char *const *arguments)
{
    int ends[2], status;
    char page[PAGE_BYTES];
    size_t got = 0;
    if (pipe2(ends, O_CLOEXEC) != 0)
        fail("no pipe: %s", strerror(errno));
    double start = now();
    pid_t child = start_program(arguments, ends[1]);
    close(ends[1]);
    while (got < sizeof page) {
        ssize_t count = read(ends[0], page + got, sizeof page - got);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        got += (size_t)count;
    }
    double taken = now() - start;
    close(ends[0]);
    if (got == sizeof page)
        kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) > 1)
        return -1;
    return taken;
}

/* ---- public yardsticks ----------------------------------------------------------------------- */

static double openssl_rate(void)
{
    char line[256];
    double rate = 0;
    FILE *output = popen("openssl speed -evp sha256 -bytes 65536 -seconds 1 2>/dev/null", "r");
    while (output != NULL && fgets(line, sizeof line, output) != NULL) {
        if (strncmp(line, "sha256", 6) == 0)
            rate = strtod(line + 6, NULL) * 1000;
    }
    if (output != NULL)
        pclose(output);
    return rate;
}

static double import_rows(const char *folder, const char *csv)
{
    char *database = join(folder, "import.db"), command[4096];
    snprintf(command, sizeof command, ".import --csv '%s' state", csv);
    const char *const arguments[] = {"sqlite3", database, command, NULL};
    double taken = run_program(arguments).seconds;
    remove_tree(database);
    free(database);
    return taken;
}

void measure_yardsticks(const bench_options *options, size_t samples)
{
    char *csv = join(options->folder, "yardstick.csv");
    char *weights = join(options->folder, "yardstick.bin");
    char *copy = join(options->folder, "yardstick.copy");
    write_state_file(csv, "csv", samples);
    write_bytes(weights, options->weights);
    row *speed = row_add("yardstick: openssl speed sha256", 0, UNIT_RATE);
    row *copying = row_add("yardstick: cp and fsync", options->weights, UNIT_RATE);
    row *importing = row_add("yardstick: sqlite3 .import of a CSV", samples, UNIT_SECONDS);
    for (size_t turn = 0; turn < options->repeat; turn++) {
        series_add(&speed->work, openssl_rate());
        series_add(&copying->work, (double)options->weights / raw_copy(weights, copy));
        series_add(&importing->work, import_rows(options->folder, csv));
        remove_tree(copy);
    }
    remove_tree(csv);
    remove_tree(weights);
    free(csv);
    free(weights);
    free(copy);
}
