/* fs_hash: owns hashing beside the reading and writing of a large file, on a thread of its own: a
 * copy takes as long as the longer of the two. May call: hash. Keeps true: pieces are hashed in the
 * order in which they were given; the thread is gone when fs_hash_end returns; signals are not its
 * business. */
#ifndef FS_HASH_H
#define FS_HASH_H

#include "hash.h"

#define FS_HASH_PIECE ((size_t)1024 * 1024)

typedef struct fs_hash fs_hash;
/* NULL: there is no memory or no thread to be had; then hash as you go. `running` is the thread's
 * until the end. */
fs_hash *fs_hash_begin(hasher *running);
/* A piece to be filled; waits until one is free. */
char *fs_hash_room(fs_hash *beside);
/* Hashes the first `size` bytes of the piece that was given last, which are not to change. */
void fs_hash_give(fs_hash *beside, size_t size);
/* Waits until all is hashed. NULL is fine. */
void fs_hash_end(fs_hash *beside);

#endif
