/* What is measured: states, as objects and as files; folders. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

void uid_of(char out[32], size_t index)
{
    snprintf(out, 32, "sample_%08zu", index);
}

static bool is_discarded(size_t index)
{
    return index % 10 == 3;
}

/* The tags of a sample, sorted; returns how many. */
static size_t tags_of(const char *out[3], size_t index)
{
    size_t count = 0;
    if (index % 7 == 0)
        out[count++] = "blurred";
    if (index % 3 == 0)
        out[count++] = "hard";
    if (index % 11 == 0)
        out[count++] = "night";
    return count;
}

ckl_data_state *make_state(size_t count)
{
    ckl_data_state *state = NULL;
    ckl_error err = {0};
    good(ckl_data_state_new(&state, &err), &err, "a new state");
    for (size_t index = 0; index < count; index++) {
        char uid[32];
        const char *tags[3];
        size_t tag_count = tags_of(tags, index);
        uid_of(uid, index);
        good(ckl_data_state_add(state, uid, &err), &err, "adding a sample");
        if (is_discarded(index))
            good(ckl_data_state_add_discarded(state, uid, &err), &err, "discarding a sample");
        for (size_t tag = 0; tag < tag_count; tag++)
            good(ckl_data_state_add_tag(state, uid, tags[tag], &err), &err, "tagging a sample");
    }
    good(ckl_data_state_finish(state, &err), &err, "finishing a state");
    return state;
}

static void write_sample(FILE *file, bool lines, size_t index)
{
    char uid[32];
    const char *tags[3];
    size_t count = tags_of(tags, index);
    uid_of(uid, index);
    if (lines)
        fprintf(file, "{\"uid\": \"%s\", \"discarded\": %s, \"tags\": [", uid,
                is_discarded(index) ? "true" : "false");
    else
        fprintf(file, "%s,%d,", uid, is_discarded(index));
    for (size_t tag = 0; tag < count; tag++)
        fprintf(file, lines ? "%s\"%s\"" : "%s%s", tag == 0 ? "" : lines ? ", " : ";", tags[tag]);
    fputs(lines ? "]}\n" : "\n", file);
}

/* The guide's form. */
static void write_document(FILE *file, size_t count)
{
    char uid[32];
    const char *tags[3];
    for (size_t index = 0; index < count; index++) {
        uid_of(uid, index);
        fprintf(file, "%s\"%s\"", index == 0 ? "{\"uids\": [" : ", ", uid);
    }
    fputs("], \"discarded\": [\"sample_00000003\"], \"tags\": {", file);
    for (size_t index = 0; index < count; index++) {
        size_t tag_count = tags_of(tags, index);
        uid_of(uid, index);
        if (tag_count > 0)
            fprintf(file, "%s\"%s\": [", index == 0 ? "" : ", ", uid);
        for (size_t tag = 0; tag < tag_count; tag++)
            fprintf(file, "%s\"%s\"%s", tag == 0 ? "" : ", ", tags[tag],
                    tag + 1 == tag_count ? "]" : "");
    }
    fputs("}}\n", file);
}

void write_state_file(const char *path, const char *kind, size_t count)
{
    FILE *file = fopen(path, "w");
    if (file == NULL)
        fail("cannot write '%s': %s", path, strerror(errno));
    bool lines = strcmp(kind, "jsonl") == 0, document = strcmp(kind, "json") == 0;
    if (document)
        write_document(file, count);
    count = document ? 0 : count;
    if (!lines && !document)
        fputs("uid,discarded,tags\n", file);
    for (size_t index = 0; index < count; index++)
        write_sample(file, lines, index);
    if (fclose(file) != 0)
        fail("cannot write '%s': %s", path, strerror(errno));
}

text canonical_of(ckl_data_state *state)
{
    text made = {0};
    ckl_error err = {0};
    good(ckl_canonical_text(&made.bytes, &made.size, NULL, NULL, state, NULL, &err), &err,
         "the canonical text");
    return made;
}

double time_sha256(const text *of)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    double start = now();
    if (EVP_Digest(of->bytes, of->size, digest, NULL, EVP_sha256(), NULL) != 1)
        fail("libcrypto cannot compute a SHA-256");
    return now() - start;
}

/* ---- files ----------------------------------------------------------------------------------- */

char *join(const char *folder, const char *name)
{
    char *path = malloc(strlen(folder) + strlen(name) + 2);
    if (path == NULL)
        fail("out of memory");
    sprintf(path, "%s/%s", folder, name);
    return path;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about;
    (void)kind;
    (void)where;
    return remove(path);
}

void remove_tree(const char *path)
{
    if (access(path, F_OK) == 0 && nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        fail("cannot remove '%s': %s", path, strerror(errno));
}

void copy_tree(const char *from, const char *to)
{
    const char *const arguments[] = {"cp", "-a", from, to, NULL};
    if (run_program(arguments).code != 0)
        fail("cannot copy '%s'", from);
}

double file_size(const char *path)
{
    struct stat about;
    if (stat(path, &about) != 0)
        fail("cannot find '%s': %s", path, strerror(errno));
    return (double)about.st_size;
}

void write_bytes(const char *path, size_t size)
{
    static char piece[1 << 20];
    unsigned state = 1;
    for (size_t index = 0; index < sizeof piece; index++) {
        state = state * 1664525u + 1013904223u;
        piece[index] = (char)(state >> 24);
    }
    FILE *file = fopen(path, "w");
    for (size_t left = size; file != NULL && left > 0;) {
        size_t part = left < sizeof piece ? left : sizeof piece;
        if (fwrite(piece, 1, part, file) != part)
            fail("cannot write '%s': %s", path, strerror(errno));
        left -= part;
    }
    if (file == NULL || fflush(file) != 0 || fsync(fileno(file)) != 0 || fclose(file) != 0)
        fail("cannot write '%s': %s", path, strerror(errno));
}
