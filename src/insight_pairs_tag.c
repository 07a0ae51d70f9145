/* Whether two data states differ in one tag alone: the same samples, discarded alike, and every
 * sample that differs has got, or has lost, the same one tag. */
#include <stdlib.h>
#include <string.h>

#include "insight_pairs.h"

/* The tag that one set has beside all of another; NULL when that is not all that lies between them.
 */
static const char *only_more(char *const *less, size_t less_count, char *const *more,
                             size_t more_count)
{
    const char *found = NULL;
    size_t i = 0;
    if (more_count != less_count + 1)
        return NULL;
    for (size_t j = 0; j < more_count; j++) { /* both are sorted */
        if (i < less_count && strcmp(less[i], more[j]) == 0)
            i++;
        else if (found != NULL)
            return NULL;
        else
            found = more[j];
    }
    return i == less_count ? found : NULL;
}

/* *gained: the second set has it. *tag is the caller's; NULL: they differ in something else. */
static ckl_status compare_sets(char **tag, bool *gained, db *ledger, int64_t from, int64_t to,
                               ckl_error *err)
{
    char **one = NULL, **other = NULL;
    size_t one_count = 0, other_count = 0;
    ckl_status status = ledger_tagset_tags(&one, &one_count, ledger, from, err);
    if (status == CKL_OK)
        status = ledger_tagset_tags(&other, &other_count, ledger, to, err);
    if (status == CKL_OK) {
        const char *found = only_more(one, one_count, other, other_count);
        *gained = found != NULL;
        if (found == NULL)
            found = only_more(other, other_count, one, one_count);
        *tag = found != NULL ? strdup(found) : NULL;
        if (found != NULL && *tag == NULL)
            status = error_memory(err);
    }
    free(one);
    free(other);
    return status;
}

ckl_status pairs_single_tag(const char **out, bool *gained, ckl_pairs *asked, int64_t from,
                            int64_t to, ckl_error *err)
{
    CHANGES_AUTO rows = {0};
    char *tag = NULL;
    *out = NULL;
    ckl_status status = ledger_data_diff(&rows, asked->manager->ledger, from, to, err);
    bool single = status == CKL_OK && rows.count > 0;
    for (size_t index = 0; status == CKL_OK && single && index < rows.count; index++) {
        const data_change *row = &rows.rows[index];
        char *found = NULL;
        bool more = false;
        bool same = index > 0 && row->old_tagset == rows.rows[index - 1].old_tagset &&
                    row->new_tagset == rows.rows[index - 1].new_tagset;
        single = row->old_discarded >= 0 && row->old_discarded == row->new_discarded;
        if (!single || same)
            continue;
        status = compare_sets(&found, &more, asked->manager->ledger, row->old_tagset,
                              row->new_tagset, err);
        single = found != NULL &&
                 (index == 0 || (tag != NULL && more == *gained && strcmp(tag, found) == 0));
        free(tag);
        tag = found;
        *gained = more;
    }
    if (status == CKL_OK && single)
        status = insight_keep(out, &asked->texts, tag, err);
    free(tag);
    return status;
}
