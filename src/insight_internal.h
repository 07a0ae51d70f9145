/* insight: owns what follows from a history beyond its rows. May call: manager, ledger, db, and the
 * public cursors. Keeps true: each answer sees one moment of the ledger, and writes nothing. */
#ifndef INSIGHT_INTERNAL_H
#define INSIGHT_INTERNAL_H

#include <ckl/insight.h>

#include "manager_internal.h"

/* Texts that live as long as the answer; NULL stays NULL. */
typedef struct insight_texts {
    char **items;
    size_t count, capacity;
} insight_texts;
ckl_status insight_keep(const char **out, insight_texts *texts, const char *text, ckl_error *err);
void insight_texts_free(insight_texts *texts);
/* Room for one more of `size` bytes. */
ckl_status insight_grow(void **items, size_t count, size_t *capacity, size_t size, ckl_error *err);

#endif
