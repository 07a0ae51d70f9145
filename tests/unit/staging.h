/* Operations on a tree, for tests: two experiments, files of a few bytes with known digests. */
#ifndef STAGING_H
#define STAGING_H

#include <ftw.h>

#include "folder.h"
#include "storage.h"

#define OP    "0123456789abcdef0123456789abcdef"
#define FIRST "aaaaaaaabbbbbbbbcccccccc"
#define OTHER "ddddddddeeeeeeee00000000"

static const ckl_hash first_hash = {FIRST}, other_hash = {OTHER};
static storage *tree;

static inline void make_tree(void)
{
    make_root();
    ASSERT_OK(storage_new(&tree, root, &fault));
    ASSERT_OK(storage_prepare(tree, &fault));
}

static inline void remove_tree(void)
{
    fault_reset();
    storage_free(tree);
    remove_root();
}

static inline storage_op *begin(const char *name)
{
    storage_op *op = NULL;
    ASSERT_OK(storage_op_begin(&op, tree, name, &fault));
    return op;
}

static inline bool can_place(const storage_op *op, const storage_move *list, size_t count)
{
    bool can = false;
    return storage_can_place(&can, op, list, count, NULL) == CKL_OK && can;
}

/* Says what a staged file is and where it goes, without staging it. */
static inline storage_move move_of(const char *name, const char *text, const char *target)
{
    storage_move move = {.name = name, .size = strlen(text)};
    move.sha256 = digest_of(text, strlen(text));
    ck_assert_uint_lt(strlen(target), sizeof move.target);
    memcpy(move.target, target, strlen(target) + 1);
    return move;
}

static inline void stage(storage_op *op, const char *name, const char *text)
{
    fs_writer *writer = NULL;
    digest sha256;
    uint64_t size;
    ASSERT_OK(storage_op_create(&writer, op, name, &fault));
    ASSERT_OK(fs_writer_add(writer, text, strlen(text), &fault));
    ASSERT_OK(fs_writer_finish(&sha256, &size, writer, 0444, &fault));
}

#define PLACE        "checkpoints/" FIRST
#define PLACE_CONFIG "checkpoints/" FIRST "/hp/" FIRST "_config.yaml"
#define PLACE_DATA   "checkpoints/" FIRST "/data/" FIRST "_data_state.yaml"
#define PLACE_MODEL  "checkpoints/" FIRST "/model/" FIRST "_architecture.pkl"
#define PLACE_STEP   "checkpoints/" FIRST "/model/" FIRST "_step_000100.pt"
#define PLACE_OTHER  "checkpoints/" OTHER "/hp/" OTHER "_config.yaml"

#define DUMP_FILES 3
static const char *const DUMP[DUMP_FILES][3] = {{"config", "lr: 0.1\n", PLACE_CONFIG},
                                                {"data", "uids: []\n", PLACE_DATA},
                                                {"architecture", "(model)", PLACE_MODEL}};

static inline void dump_moves(storage_move moves[DUMP_FILES])
{
    for (size_t index = 0; index < DUMP_FILES; index++)
        moves[index] = move_of(DUMP[index][0], DUMP[index][1], DUMP[index][2]);
}

static inline void stage_dump(storage_op *op)
{
    for (size_t index = 0; index < DUMP_FILES; index++)
        stage(op, DUMP[index][0], DUMP[index][1]);
}

static unsigned counted_files;

static inline int count_one(const char *path, const struct stat *found, int kind, struct FTW *where)
{
    (void)path;
    (void)found;
    (void)where;
    counted_files += kind != FTW_D;
    return 0;
}

/* How many files, links and the like (not folders) are below ROOT/NAME. */
static inline unsigned count_files(const char *name)
{
    counted_files = 0;
    if (is_there(name))
        ck_assert_int_eq(nftw(at(name), count_one, 8, FTW_PHYS), 0);
    return counted_files;
}

#endif
