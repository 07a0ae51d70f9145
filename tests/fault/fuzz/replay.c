/* Gives a fuzz target the inputs that are named, or those of a folder, one after the other. */
#include <dirent.h>

#include "fuzz.h"

#pragma weak LLVMFuzzerInitialize

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        return 1;
    }
    long size = ftell(file);
    rewind(file);
    /* Of its exact size, so that a sanitizer sees a read behind it. */
    uint8_t *bytes = malloc(size > 0 ? (size_t)size : 1);
    size_t got = bytes != NULL && size >= 0 ? fread(bytes, 1, (size_t)size, file) : 0;
    fclose(file);
    if (bytes == NULL || got != (size_t)size) {
        fprintf(stderr, "%s: not read\n", path);
        free(bytes);
        return 1;
    }
    (void)LLVMFuzzerTestOneInput(bytes, got);
    free(bytes);
    return 0;
}

static int replay(const char *path, size_t *count)
{
    struct dirent **names = NULL;
    int failed = 0, found = scandir(path, &names, NULL, alphasort);
    if (found < 0) {
        ++*count;
        return replay_file(path);
    }
    for (int index = 0; index < found; index++) {
        char inner[4096];
        snprintf(inner, sizeof inner, "%s/%s", path, names[index]->d_name);
        if (names[index]->d_name[0] != '.') {
            /* What an input did is told by the last line when it ends the process. */
            fprintf(stderr, "%s\n", inner);
            failed |= replay_file(inner);
            ++*count;
        }
        free(names[index]);
    }
    free(names);
    return failed;
}

int main(int count, char **words)
{
    size_t inputs = 0;
    int failed = 0;
    if (LLVMFuzzerInitialize != NULL)
        (void)LLVMFuzzerInitialize(&count, &words);
    for (int at = 1; at < count; at++)
        failed |= replay(words[at], &inputs);
    printf("%zu inputs\n", inputs);
    return failed != 0 || inputs == 0 ? 1 : 0;
}
