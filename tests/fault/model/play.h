/* play: owns one history: a root, the processes that work on it, the model, and what was found. */
#ifndef PLAY_H
#define PLAY_H

#include "operation.h"
#include "worker.h"

typedef struct verdict {
    bool good;
    size_t at;    /* the operation after which it was not as the model says */
    size_t tried; /* operations that meant something */
    char message[700];
} verdict;

/* `place`: a folder for it; `told`: NULL, or where each operation is told in words. */
void play_history(verdict *out, const operation *list, size_t count, const char *place,
                  plant planted, FILE *told);

/* Takes away what is not needed to fail, in at most so many seconds; returns how many are left. */
size_t shrink(operation *list, size_t count, const char *place, plant planted, int seconds);

#endif
