/* What record.c writes and trace.c reads: one record for each call that changes something below the
 * recorded folder, in the order in which the calls took effect. Behind a record stand its two names
 * (relative to the folder, without NUL) and its bytes. */
#ifndef TRACE_FORMAT_H
#define TRACE_FORMAT_H

#include <stdint.h>

typedef enum trace_kind {
    TRACE_FOLDER,      /* inode of the recorded folder itself */
    TRACE_CREATE,      /* name, inode: a new regular file */
    TRACE_MAKE_FOLDER, /* name, inode */
    TRACE_LINK,        /* name → other: a second name */
    TRACE_RENAME,      /* name → other; replaces */
    TRACE_REMOVE,      /* name; of a file or an empty folder */
    TRACE_WRITE,       /* inode, offset, bytes */
    TRACE_SIZE,        /* inode, offset: the new size */
    TRACE_SYNC,        /* inode; of a file or a folder */
    TRACE_SYNC_FAILED, /* inode; what was written since the last sync may be on no disk for good */
    TRACE_MARK,        /* bytes: what the workload says; see mark.h */
    TRACE_UNSEEN,      /* name: changed in a way that is not recorded: the recording is no good */
    TRACE_KINDS
} trace_kind;

typedef struct trace_record {
    uint32_t kind, process;
    uint64_t inode;
    int64_t offset;
    uint64_t size;
    uint32_t name_size, other_size;
} trace_record;

/* Mistakes that are planted for the harness to find. */
typedef enum mistake {
    MISTAKE_NONE,
    MISTAKE_NO_FILE_SYNC,   /* files of the tree are not synced */
    MISTAKE_NO_FOLDER_SYNC, /* folders that got new names are not synced */
    MISTAKE_NO_PARENT_SYNC, /* folders in which new folders were made are not synced */
    MISTAKE_LEDGER_FIRST,   /* rows are committed before their files have their names */
    MISTAKE_NORMAL_COMMIT,  /* a dump is committed without a sync of the log */
    MISTAKE_SYNC_AGAIN,     /* a sync that failed is tried again, and believed */
    MISTAKE_REMOVE_FIRST    /* what a rename replaces is removed before it */
} mistake;

#endif
