/* session: owns what is known about the process that trains, and the code that it runs: host, user,
 * program, git commit. May call: hash, buf, error. Keeps true: nothing here fails training: what
 * cannot be found out stays empty. The only module that runs another program (git). */
#ifndef SESSION_H
#define SESSION_H

#include "hash.h"

typedef struct session {
    char host[256];
    char user[256];
    int64_t pid;
    buf program, arguments; /* arguments joined by spaces */
    char commit[65];        /* empty: not in a git work tree */
    bool dirty;             /* the work tree differs from the commit, … */
    digest difference;      /* … by the text that has this digest */
    char libraries[128];    /* JSON: name to version */
} session;

/* `user` is whom the ledger calls the actor's user. */
ckl_status session_gather(session *out, ckl_error *err);
void session_free(session *gathered);

#endif
