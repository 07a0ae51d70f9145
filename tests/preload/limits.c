/* Put before a program's libraries: system calls that its file system does not have. $LIMITS names
 * them, by words: noreplace (renameat2), links=EMLINK|EPERM|EOPNOTSUPP (link), nolocks=ENOLCK|…
 * (flock, fcntl), nofallocate=…, fill=BYTES (fallocate finds no more room than that). A reflink is
 * never to be had. What was refused is noted in the file $LIMITS_LOG.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int flock(int descriptor, int how);
int link(const char *from, const char *to);
int fallocate(int descriptor, int mode, off_t at, off_t size);
int fcntl(int descriptor, int what, ...);
int fcntl64(int descriptor, int what, ...);
int ioctl(int descriptor, unsigned long request, ...);
long syscall(long number, ...);

/* The system's own way, past every library. */
static long call(long number, long first, long second, long third, long fourth, long fifth)
{
    register long r10 __asm__("r10") = fourth;
    register long r8 __asm__("r8") = fifth;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(first), "S"(second), "d"(third), "r"(r10), "r"(r8)
                     : "rcx", "r11", "memory");
    if (result < 0 && result > -4096) {
        errno = (int)-result;
        return -1;
    }
    return result;
}

static void note(const char *what)
{
    const char *path = getenv("LIMITS_LOG");
    int kept = errno;
    int log = path == NULL ? -1
                           : (int)call(SYS_openat, AT_FDCWD, (long)path,
                                       O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666, 0);
    if (log >= 0) {
        (void)call(SYS_write, log, (long)what, (long)strlen(what), 0, 0);
        (void)call(SYS_close, log, 0, 0, 0, 0);
    }
    errno = kept;
}

/* What stands behind `word` in $LIMITS, "" for nothing, NULL when the word is not there. */
static const char *limit(const char *word)
{
    const char *limits = getenv("LIMITS");
    const char *at = limits != NULL ? strstr(limits, word) : NULL;
    if (at == NULL)
        return NULL;
    at += strlen(word);
    return *at == '=' ? at + 1 : "";
}

static int number_of(const char *name)
{
    static const struct {
        const char *name;
        int number;
    } NUMBERS[] = {{"EMLINK", EMLINK}, {"EPERM", EPERM},   {"EOPNOTSUPP", EOPNOTSUPP},
                   {"ENOLCK", ENOLCK}, {"ENOSYS", ENOSYS}, {"EINVAL", EINVAL}};
    for (size_t index = 0; index < sizeof NUMBERS / sizeof *NUMBERS; index++) {
        if (strncmp(name, NUMBERS[index].name, strlen(NUMBERS[index].name)) == 0)
            return NUMBERS[index].number;
    }
    abort();
}

static bool refuses(const char *word, const char *line)
{
    const char *value = limit(word);
    if (value == NULL)
        return false;
    errno = number_of(value);
    note(line);
    return true;
}

int flock(int descriptor, int how)
{
    return refuses("nolocks", "flock\n") ? -1 : (int)call(SYS_flock, descriptor, how, 0, 0, 0);
}

int link(const char *from, const char *to)
{
    return refuses("links", "link\n")
               ? -1
               : (int)call(SYS_linkat, AT_FDCWD, (long)from, AT_FDCWD, (long)to, 0);
}

int fallocate(int descriptor, int mode, off_t at, off_t size)
{
    const char *room = limit("fill");
    if (room != NULL && size > atol(room)) {
        errno = ENOSPC;
        note("fallocate\n");
        return -1;
    }
    return refuses("nofallocate", "fallocate\n")
               ? -1
               : (int)call(SYS_fallocate, descriptor, mode, at, size, 0);
}

static int control(int descriptor, int what, long argument)
{
    bool locks = what == F_SETLK || what == F_SETLKW || what == F_GETLK || what == F_OFD_SETLK ||
                 what == F_OFD_SETLKW || what == F_OFD_GETLK;
    if (locks && refuses("nolocks", "fcntl\n"))
        return -1;
    return (int)call(SYS_fcntl, descriptor, what, argument, 0, 0);
}

int fcntl(int descriptor, int what, ...)
{
    va_list arguments;
    va_start(arguments, what);
    long argument = va_arg(arguments, long);
    va_end(arguments);
    return control(descriptor, what, argument);
}

int fcntl64(int descriptor, int what, ...)
{
    va_list arguments;
    va_start(arguments, what);
    long argument = va_arg(arguments, long);
    va_end(arguments);
    return control(descriptor, what, argument);
}

int ioctl(int descriptor, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    long argument = va_arg(arguments, long);
    va_end(arguments);
    if (request == FICLONE) {
        errno = EOPNOTSUPP;
        note("clone\n");
        return -1;
    }
    return (int)call(SYS_ioctl, descriptor, (long)request, argument, 0, 0);
}

long syscall(long number, ...)
{
    va_list arguments;
    long values[5];
    va_start(arguments, number);
    for (size_t index = 0; index < 5; index++)
        values[index] = va_arg(arguments, long);
    va_end(arguments);
    if (number == SYS_renameat2 && refuses("noreplace", "renameat2\n"))
        return -1;
    return call(number, values[0], values[1], values[2], values[3], values[4]);
}
