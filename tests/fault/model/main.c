/* Random operations by several processes on one root, compared with a model in memory.
 *
 *     fault_model                   CKL_MODEL_HISTORIES histories (6) from CKL_SEED (1) on
 *     fault_model --plant N         the same with a mistake in the workers: it must be found, and
 *                                   shrunk to few operations; then it ends well
 *     fault_model --plants          the first CKL_MODEL_PLANTS (4) of these mistakes
 *     fault_model --replay FILE     a list that was written when something was found
 *
 * CKL_MODEL_OPERATIONS: how many operations each has (60). CKL_MODEL_KILLS: how many of a hundred
 * are interrupted (6). CKL_MODEL_PLACE: where roots are made (/dev/shm, else /tmp). Exit 1: a
 * history was not as the model says. */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "play.h"

#define LIST_MAX        1000
#define SHRINK_SECONDS  300
#define PLANT_HISTORIES 40
#define PLANT_MOST      8 /* operations that are left of a planted mistake */

typedef struct choices {
    const char *place;
    uint64_t seed;
    size_t histories, operations;
    unsigned kills;
} choices;

static const char *const PLANTS[PLANT_COUNT] = {
    [PLANT_FORGET_TAG] = "a tag is forgotten",
    [PLANT_SKIP_DUMP] = "a dump that is not done",
    [PLANT_LONGER_FILE] = "a file that is changed afterwards",
    [PLANT_EARLY_ANSWER] = "an answer before it is recorded",
    [PLANT_OTHER_RUN] = "an edit of another run",
    [PLANT_LATE_METRIC] = "a value that is not written",
    [PLANT_OTHER_WEIGHTS] = "other weights than were given",
    [PLANT_KEEP_MORE] = "weights that should go are kept",
};

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL && text[0] != '\0' ? strtoull(text, NULL, 10) : otherwise;
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void report(const choices *chosen, const operation *list, size_t count, plant planted,
                   uint64_t seed)
{
    char path[128];
    verdict again = {.good = true};
    for (int tried = 0; tried < 3 && again.good; tried++)
        play_history(&again, list, count, chosen->place, planted, NULL);
    fprintf(stderr, "seed %" PRIu64 ", %zu operations are left:\n", seed, count);
    play_history(&again, list, count, chosen->place, planted, stderr);
    fprintf(stderr, "  %s\n", again.good ? "(not this time)" : again.message);
    snprintf(path, sizeof path, "/tmp/fault-model-%" PRIu64 "-%d.txt", seed, (int)planted);
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return;
    fprintf(file, "plant %d\n", (int)planted);
    for (size_t at = 0; at < count; at++)
        operation_write(file, &list[at]);
    fclose(file);
    fprintf(stderr, "again: fault_model --replay %s\n", path);
}

/* Returns how many operations it takes to fail; 0: it does not. */
static size_t try_history(size_t *tried, const choices *chosen, uint64_t seed, plant planted)
{
    operation list[LIST_MAX];
    verdict found;
    operations_make(list, chosen->operations, seed, chosen->kills);
    play_history(&found, list, chosen->operations, chosen->place, planted, NULL);
    *tried += found.tried;
    if (found.good)
        return 0;
    if (planted == PLANT_NONE)
        fprintf(stderr, "seed %" PRIu64 ", operation %zu: %s\n", seed, found.at + 1, found.message);
    size_t count = shrink(list, found.at + 1, chosen->place, planted, SHRINK_SECONDS);
    report(chosen, list, count, planted, seed);
    return count > 0 ? count : 1; /* it may fail without any */
}

static int try_all(const choices *chosen)
{
    size_t tried = 0, violations = 0;
    double start = seconds_now();
    for (size_t index = 0; index < chosen->histories; index++)
        violations += try_history(&tried, chosen, chosen->seed + index, PLANT_NONE) > 0;
    printf("model: random operations by several processes\t%zu\t%zu\t%" PRIu64 "\t%.1f\n", tried,
           violations, chosen->seed, seconds_now() - start);
    if (violations > 0)
        fprintf(stderr, "again: CKL_SEED=%" PRIu64 " CKL_MODEL_HISTORIES=%zu fault_model\n",
                chosen->seed, chosen->histories);
    return violations > 0;
}

static int try_plant(const choices *chosen, plant planted)
{
    size_t tried = 0, left = 0;
    double start = seconds_now();
    for (size_t index = 0; index < PLANT_HISTORIES && left == 0; index++)
        left = try_history(&tried, chosen, chosen->seed + index, planted);
    bool good = left > 0 && left <= PLANT_MOST;
    printf("model: planted: %s (%zu operations left)\t%zu\t%d\t%" PRIu64 "\t%.1f\n",
           PLANTS[planted], left, tried, good ? 0 : 1, chosen->seed, seconds_now() - start);
    if (!good)
        fprintf(stderr, "plant %d was %s: again: CKL_SEED=%" PRIu64 " fault_model --plant %d\n",
                (int)planted, left == 0 ? "not found" : "not shrunk", chosen->seed, (int)planted);
    return good ? 0 : 1;
}

static int replay(const choices *chosen, const char *path)
{
    operation list[LIST_MAX];
    size_t count = 0;
    int planted = 0;
    char line[256];
    verdict found = {.good = true};
    FILE *file = fopen(path, "r");
    if (file == NULL || fscanf(file, "plant %d\n", &planted) != 1 || planted < 0 ||
        planted >= PLANT_COUNT) {
        fprintf(stderr, "%s cannot be read\n", path);
        if (file != NULL)
            fclose(file);
        return 2;
    }
    while (count < LIST_MAX && fgets(line, sizeof line, file) != NULL)
        count += operation_read(&list[count], line);
    fclose(file);
    for (int tried = 0; tried < 5 && found.good; tried++)
        play_history(&found, list, count, chosen->place, (plant)planted,
                     tried == 0 ? stderr : NULL);
    fprintf(stderr, "%s\n", found.good ? "as the model says" : found.message);
    return found.good ? 0 : 1;
}

int main(int count, char **words)
{
    const char *place = getenv("CKL_MODEL_PLACE");
    choices chosen = {.place = place != NULL                   ? place
                               : access("/dev/shm", W_OK) == 0 ? "/dev/shm"
                                                               : "/tmp",
                      .seed = number_from("CKL_SEED", 1),
                      .histories = number_from("CKL_MODEL_HISTORIES", 6),
                      .operations = number_from("CKL_MODEL_OPERATIONS", 60),
                      .kills = (unsigned)number_from("CKL_MODEL_KILLS", 6)};
    int failed = 0;
    if (chosen.operations > LIST_MAX)
        chosen.operations = LIST_MAX;
    signal(SIGPIPE, SIG_IGN);
    if (count == 3 && strcmp(words[1], "--replay") == 0)
        return replay(&chosen, words[2]);
    if (count == 3 && strcmp(words[1], "--plant") == 0 && atoi(words[2]) > 0 &&
        atoi(words[2]) < PLANT_COUNT)
        return try_plant(&chosen, (plant)atoi(words[2]));
    if (count == 2 && strcmp(words[1], "--plants") == 0) {
        int last = (int)number_from("CKL_MODEL_PLANTS", 4);
        for (int planted = 1; planted <= last && planted < PLANT_COUNT; planted++)
            failed |= try_plant(&chosen, (plant)planted);
        return failed;
    }
    if (count == 1)
        return try_all(&chosen);
    fprintf(stderr, "fault_model [--plant N | --plants | --replay FILE]\n");
    return 2;
}
