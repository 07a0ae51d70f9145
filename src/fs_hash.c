#include "fs_hash.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#define PIECES 4

struct fs_hash {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    hasher *running;
    char *bytes; /* PIECES of them */
    size_t sizes[PIECES];
    size_t given, hashed; /* pieces, since the beginning */
    bool ended;           /* no more will be given */
};

static void *hash_pieces(void *context)
{
    fs_hash *beside = context;
    pthread_mutex_lock(&beside->lock);
    for (;;) {
        while (beside->given == beside->hashed && !beside->ended)
            pthread_cond_wait(&beside->changed, &beside->lock);
        if (beside->given == beside->hashed)
            break;
        size_t place = beside->hashed % PIECES;
        pthread_mutex_unlock(&beside->lock);
        hasher_add(beside->running, beside->bytes + place * FS_HASH_PIECE, beside->sizes[place]);
        pthread_mutex_lock(&beside->lock);
        beside->hashed++;
        pthread_cond_signal(&beside->changed);
    }
    pthread_mutex_unlock(&beside->lock);
    return NULL;
}

/* The program's signals go to its own threads. */
static bool start(fs_hash *beside)
{
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
        return false;
    bool started = pthread_create(&beside->thread, NULL, hash_pieces, beside) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

fs_hash *fs_hash_begin(hasher *running)
{
    fs_hash *beside = calloc(1, sizeof *beside);
    if (beside == NULL)
        return NULL;
    beside->running = running;
    beside->bytes = malloc(PIECES * FS_HASH_PIECE);
    pthread_mutex_init(&beside->lock, NULL);
    pthread_cond_init(&beside->changed, NULL);
    if (beside->bytes != NULL && start(beside))
        return beside;
    pthread_cond_destroy(&beside->changed);
    pthread_mutex_destroy(&beside->lock);
    free(beside->bytes);
    free(beside);
    return NULL;
}

char *fs_hash_room(fs_hash *beside)
{
    pthread_mutex_lock(&beside->lock);
    while (beside->given - beside->hashed == PIECES)
        pthread_cond_wait(&beside->changed, &beside->lock);
    size_t place = beside->given % PIECES;
    pthread_mutex_unlock(&beside->lock);
    return beside->bytes + place * FS_HASH_PIECE;
}

void fs_hash_give(fs_hash *beside, size_t size)
{
    pthread_mutex_lock(&beside->lock);
    beside->sizes[beside->given % PIECES] = size;
    beside->given++;
    pthread_cond_signal(&beside->changed);
    pthread_mutex_unlock(&beside->lock);
}

void fs_hash_end(fs_hash *beside)
{
    if (beside == NULL)
        return;
    pthread_mutex_lock(&beside->lock);
    beside->ended = true;
    pthread_cond_signal(&beside->changed);
    pthread_mutex_unlock(&beside->lock);
    pthread_join(beside->thread, NULL);
    pthread_cond_destroy(&beside->changed);
    pthread_mutex_destroy(&beside->lock);
    free(beside->bytes);
    free(beside);
}
