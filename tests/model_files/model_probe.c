/* Reads the model files that standard input names, one a line, and says what came of each: status,
 * microseconds, kilobytes of memory at most so far, and the description or the message. With a
 * number as argument no more than so many megabytes are to be had. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "value.h"

static long microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Of this program: getrusage() says what the one before exec took, if that was more. */
static long peak_memory(void)
{
    char line[256];
    long kilobytes = -1;
    FILE *about = fopen("/proc/self/status", "r");
    while (about != NULL && fgets(line, sizeof line, about) != NULL) {
        if (sscanf(line, "VmHWM: %ld", &kilobytes) == 1)
            break;
    }
    if (about != NULL)
        fclose(about);
    return kilobytes;
}

/* Beside what the program itself takes. */
static int limit_memory(long megabytes)
{
    long pages = 0;
    FILE *about = fopen("/proc/self/statm", "r");
    if (about == NULL || fscanf(about, "%ld", &pages) != 1)
        return -1;
    fclose(about);
    rlim_t most = (rlim_t)pages * 4096 + (rlim_t)megabytes * 1024 * 1024;
    return setrlimit(RLIMIT_AS, &(struct rlimit){most, most});
}

static void probe(const char *path)
{
    ckl_model *model = NULL;
    ckl_error err = {0};
    BUF_AUTO text = BUF_INIT;
    long start = microseconds();
    ckl_status status = ckl_model_read(&model, path, NULL, &err);
    long took = microseconds() - start;
    if (status == CKL_OK && model_description(&text, model, NULL) != CKL_OK)
        abort();
    if (status != CKL_OK && model != NULL)
        abort();
    printf("%s\t%ld\t%ld\t%s\n", ckl_status_name(status), took, peak_memory(),
           status == CKL_OK ? text.data : err.message);
    fflush(stdout);
    ckl_model_free(model);
}

int main(int count, char **arguments)
{
    char line[4096];
    if (count > 1 && limit_memory(atol(arguments[1])) != 0)
        return 2;
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        probe(line);
    }
    return 0;
}
