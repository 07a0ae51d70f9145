/* One thing is not as it was written: a byte, a sector, a page of an older ledger, the end of a
 * file; in the ledger, in its log, in a file of the tree or of .ckl; or in what is given to the
 * library. Whoever opens such a root is told, or gets the same answers as before (a log that is cut
 * may take it back to an earlier moment, whole); and writing to it never makes it look sound.
 *
 *     fault_damage              CKL_DAMAGES cases (300); CKL_SEED (1) says which
 *     fault_damage --show       the same, and what came of each
 *     fault_damage --case N     one of them */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../errors/places.h"
#include "answers.h"
#include "inputs.h"

#define SECONDS_MAX 60 /* a case that takes longer hangs */
#define SECTOR      512
#define FILES_MAX   64

typedef enum target { LEDGER, LOG, TREE, INPUT, TARGETS } target;
static const char *const ROWS[TARGETS] = {[LEDGER] = "corruption: the ledger",
                                          [LOG] = "corruption: its log",
                                          [TREE] = "corruption: files of the tree and of .ckl",
                                          [INPUT] = "corruption: inputs"};

static struct {
    unsigned long tried, violations;
    double seconds;
} results[TARGETS];

static char place[64];
static history closed, killed;
static bool shows;

/* What a process says of a case. */
typedef struct outcome {
    bool good;
    char what[200]; /* was damaged */
    char came[900]; /* of it */
} outcome;

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- what is damaged ------------------------------------------------------------------------- */

typedef struct file_list {
    char paths[FILES_MAX][400];
    size_t count;
} file_list;

static void list_files(file_list *out, const char *folder)
{
    struct dirent **found = NULL;
    int count = scandir(folder, &found, NULL, alphasort);
    for (int at = 0; at < count; at++) {
        char path[400];
        struct stat what;
        snprintf(path, sizeof path, "%.140s/%.250s", folder, found[at]->d_name);
        bool own = found[at]->d_name[0] == '.' && strcmp(found[at]->d_name, ".ckl") != 0;
        if (!own && lstat(path, &what) == 0 && S_ISDIR(what.st_mode))
            list_files(out, path);
        else if (!own && strncmp(found[at]->d_name, "ledger.db", 9) != 0 && what.st_size > 0 &&
                 out->count < FILES_MAX)
            snprintf(out->paths[out->count++], sizeof out->paths[0], "%s", path);
        free(found[at]);
    }
    free(found);
}

static size_t read_whole(char **out, const char *path)
{
    struct stat found;
    int file = open(path, O_RDONLY);
    if (file < 0 || fstat(file, &found) != 0)
        return 0;
    *out = malloc((size_t)found.st_size + SECTOR);
    ssize_t size = *out != NULL ? read(file, *out, (size_t)found.st_size) : 0;
    close(file);
    return size < 0 ? 0 : (size_t)size;
}

/* Whether something is other than it was. */
static bool differs(const char *bytes, size_t size, const char *kept, size_t kept_size)
{
    return size != kept_size || memcmp(bytes, kept, size) != 0;
}

static void write_whole(const char *path, const char *bytes, size_t size)
{
    unlink(path); /* it may be protected */
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file < 0 || write(file, bytes, size) != (ssize_t)size || close(file) != 0) {
        perror(path);
        exit(2);
    }
}

static void swap_sectors(char *bytes, size_t first, size_t second)
{
    char kept[SECTOR];
    memcpy(kept, bytes + first, SECTOR);
    memcpy(bytes + first, bytes + second, SECTOR);
    memcpy(bytes + second, kept, SECTOR);
}

/* A page as it was once before. */
static bool put_old_page(char *bytes, size_t size, size_t at, const char *old_ledger)
{
    enum { PAGE = 4096 };
    char *old = NULL;
    size_t old_size = read_whole(&old, old_ledger), from = at / PAGE * PAGE;
    bool can = from + PAGE <= size && from + PAGE <= old_size;
    if (can)
        memcpy(bytes + from, old + from, PAGE);
    free(old);
    return can;
}

typedef struct damaged {
    char *bytes;
    size_t size;
    const char *how;
} damaged;

static void damage_bytes(damaged *of, size_t at, uint64_t kind, const char *old_ledger,
                         uint64_t *seed)
{
    size_t sector = at / SECTOR * SECTOR, rest = of->size - sector;
    of->how = "a bit is flipped";
    if (kind == 1) {
        of->bytes[at] = (char)random_below(seed, 256);
        of->how = "a byte is another";
    } else if (kind == 2) {
        memset(of->bytes + sector, 0, rest < SECTOR ? rest : SECTOR);
        of->how = "zeros from here";
    } else if (kind == 3) {
        of->size = at;
        of->how = "it ends here";
    } else if (kind == 4) {
        memset(of->bytes + of->size, (int)random_below(seed, 256), 100);
        of->size += 100;
        of->how = "it goes on";
    } else if (kind == 5 && of->size >= 2 * SECTOR) {
        swap_sectors(of->bytes, random_below(seed, of->size / SECTOR) * SECTOR,
                     random_below(seed, of->size / SECTOR) * SECTOR);
        of->how = "sectors are swapped";
    } else if (kind == 6 && put_old_page(of->bytes, of->size, at, old_ledger)) {
        of->how = "an old page";
    } else {
        of->bytes[at] = (char)(of->bytes[at] ^ (char)(1 << random_below(seed, 8)));
    }
}

/* Says what was done to the file: something that makes it another one. */
static void damage_file(char what[200], const char *path, const char *old_ledger, uint64_t *seed)
{
    damaged of = {0};
    char *kept = NULL;
    size_t size = read_whole(&kept, path), at = 0;
    const char *name = strstr(path, "/root/") != NULL ? strstr(path, "/root/") + 6 : path;
    snprintf(what, 200, "%.100s is empty", name);
    while (size > 0 && (of.bytes == NULL || !differs(of.bytes, of.size, kept, size))) {
        free(of.bytes);
        of.size = read_whole(&of.bytes, path);
        at = random_below(seed, size);
        damage_bytes(&of, at, random_below(seed, old_ledger != NULL ? 7 : 6), old_ledger, seed);
    }
    if (size > 0) {
        write_whole(path, of.bytes, of.size);
        snprintf(what, 200, "%.100s, byte %zu: %s", name, at, of.how);
    }
    free(of.bytes);
    free(kept);
}

/* ---- what comes of it ------------------------------------------------------------------------ */

static bool is_earlier(const history *made, const char *text)
{
    for (size_t number = 0; number < made->steps; number++)
        if (strcmp(made->after[number], text) == 0)
            return true;
    return false;
}

static void say(outcome *out, bool good, const char *what, const char *detail)
{
    out->good = good && strstr(detail, "NO MESSAGE") == NULL;
    snprintf(out->came, sizeof out->came, "%s%s%.600s", what, detail[0] != '\0' ? ": " : "",
             detail);
}

/* Where two texts part. */
static void show_difference(char out[640], const char *before, const char *now)
{
    size_t at = 0;
    while (before[at] == now[at] && before[at] != '\0')
        at++;
    while (at > 0 && before[at - 1] != '\n')
        at--;
    snprintf(out, 640, "'%.250s' was '%.250s'", now + at, before + at);
}

static void look(outcome *out, const history *made, const char *folder, bool may_be_earlier)
{
    answers now;
    char found[640], why[640], later[640];
    answers_read(&now, folder, false);
    long findings = answers_check(found, folder);
    bool same = now.text != NULL && strcmp(now.text, made->after[made->steps - 1]) == 0;
    bool earlier = now.text != NULL && may_be_earlier && is_earlier(made, now.text);
    bool wrote = answers_write(why, folder);
    long afterwards = answers_check(later, folder);
    if (now.text == NULL)
        say(out, true, "told", now.told);
    else if (findings != 0)
        say(out, true, "found", found);
    else if (same || earlier)
        say(out, true, same ? "no difference" : "an earlier moment", "");
    else {
        show_difference(later, made->after[made->steps - 1], now.text);
        say(out, false, "another answer, and nothing is found", later);
    }
    bool sound = now.text != NULL && findings == 0;
    if (out->good && sound && (!wrote || afterwards != 0))
        say(out, false, "it was sound, and is not after writing", wrote ? later : why);
    /* Closed and opened again it may be rebuilt from what is sound; then everything is there. */
    if (out->good && !sound && wrote && afterwards == 0 && !same && !earlier)
        say(out, false, "writing made it look sound", found);
    if (out->good && strstr(why, "NO MESSAGE") != NULL)
        say(out, false, why, "");
    free(now.text);
}

/* ---- one case -------------------------------------------------------------------------------- */

static void damage_root(outcome *out, target aim, uint64_t seed)
{
    char folder[128], path[500], old[300];
    static file_list files;
    const history *made = aim == LOG || random_below(&seed, 4) == 0 ? &killed : &closed;
    snprintf(folder, sizeof folder, "%s/case", place);
    snprintf(old, sizeof old, "%s/ledger.db", made->old);
    place_copy(made->folder, folder);
    snprintf(path, sizeof path, "%s/root/ledger.db%s", folder, aim == LOG ? "-wal" : "");
    if (aim == LOG && random_below(&seed, 10) == 0)
        snprintf(path, sizeof path, "%s/root/ledger.db-shm", folder);
    if (aim == TREE) {
        char root[200];
        snprintf(root, sizeof root, "%s/root", folder);
        files.count = 0;
        list_files(&files, root);
        snprintf(path, sizeof path, "%s", files.paths[random_below(&seed, files.count)]);
    }
    damage_file(out->what, path, aim == LEDGER ? old : NULL, &seed);
    /* With a damaged ledger, too: its log may hold what is sound. */
    look(out, made, folder, aim == LOG);
}

static void damage_input(outcome *out, uint64_t seed)
{
    char folder[128], root[200], why[640];
    ckl_manager *manager = NULL;
    ckl_error err = {0};
    snprintf(folder, sizeof folder, "%s/inputs", place);
    snprintf(root, sizeof root, "%s/root", folder);
    place_remove(folder);
    out->good = mkdir(folder, 0755) == 0 && mkdir(root, 0755) == 0 &&
                ckl_manager_open(&manager, root, NULL, &err) == CKL_OK &&
                inputs_try(why, manager, seed);
    snprintf(out->what, sizeof out->what, "an input");
    snprintf(out->came, sizeof out->came, "%s", out->good ? "as it should be" : why);
    ckl_manager_close(manager);
    if (out->good && answers_check(why, folder) != 0)
        say(out, false, "afterwards", why);
}

static void run_case(outcome *out, target aim, uint64_t seed)
{
    size_t before = count_descriptors();
    if (aim == INPUT)
        damage_input(out, seed);
    else
        damage_root(out, aim, seed);
    if (out->good && count_descriptors() != before)
        say(out, false, "a descriptor is left open", "");
}

static bool try_case(unsigned long number, uint64_t base)
{
    static const target AIMS[] = {LEDGER, LEDGER, LEDGER, LEDGER, LOG, LOG, LOG, TREE, TREE, INPUT};
    target aim = AIMS[number % (sizeof AIMS / sizeof *AIMS)];
    uint64_t seed = base * UINT64_C(1000003) + number;
    int ends[2], result = 0;
    double start = seconds_now();
    outcome said = {0};
    if (pipe(ends) != 0)
        abort();
    pid_t child = fork();
    if (child == 0) {
        alarm(SECONDS_MAX);
        run_case(&said, aim, seed);
        _exit(write(ends[1], &said, sizeof said) == (ssize_t)sizeof said ? 0 : 1);
    }
    close(ends[1]);
    bool whole = read(ends[0], &said, sizeof said) == (ssize_t)sizeof said;
    close(ends[0]);
    waitpid(child, &result, 0);
    if (!whole || result != 0) {
        said.good = false;
        snprintf(said.came, sizeof said.came, "%s",
                 WIFSIGNALED(result) ? strsignal(WTERMSIG(result)) : "it ended");
    }
    results[aim].tried++;
    results[aim].seconds += seconds_now() - start;
    if (!said.good)
        results[aim].violations++;
    if (!said.good || shows)
        fprintf(stderr, "%s: case %lu: %s: %s\n", said.good ? "good" : "violation", number,
                said.what, said.came);
    if (!said.good)
        fprintf(stderr, "  again: CKL_SEED=%ju fault_damage --case %lu\n", (uintmax_t)base, number);
    return said.good;
}

/* ---- all ------------------------------------------------------------------------------------- */

static void prepare(void)
{
    char path[128];
    snprintf(place, sizeof place, "/dev/shm/ckl-damage-XXXXXX");
    if (mkdtemp(place) == NULL) {
        snprintf(place, sizeof place, "/tmp/ckl-damage-XXXXXX");
        if (mkdtemp(place) == NULL)
            abort();
    }
    snprintf(path, sizeof path, "%s/closed", place);
    history_make(&closed, path, false);
    snprintf(path, sizeof path, "%s/killed", place);
    history_make(&killed, path, true);
}

static void finish(void)
{
    history_remove(&closed);
    history_remove(&killed);
    place_remove(place);
}

int main(int count, char **words)
{
    const char *size = getenv("CKL_DAMAGES"), *chosen = getenv("CKL_SEED");
    unsigned long cases = size != NULL ? strtoul(size, NULL, 10) : 300;
    uint64_t seed = chosen != NULL ? strtoull(chosen, NULL, 10) : 1;
    bool good = true;
    prepare();
    if (count == 3 && strcmp(words[1], "--case") == 0) {
        shows = true;
        good = try_case(strtoul(words[2], NULL, 10), seed);
        finish();
        return good ? 0 : 1;
    }
    shows = count == 2 && strcmp(words[1], "--show") == 0;
    for (unsigned long number = 0; number < cases; number++)
        good = try_case(number, seed) && good;
    finish();
    for (int aim = 0; aim < TARGETS; aim++)
        printf("%s\t%lu\t%lu\t%ju\t%.1f\n", ROWS[aim], results[aim].tried, results[aim].violations,
               (uintmax_t)seed, results[aim].seconds);
    return good ? 0 : 1;
}
