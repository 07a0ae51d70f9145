/* The difference of two experiments. */
#include <stdlib.h>
#include <string.h>

#include <ckl/query.h>

#include "manager_internal.h"

/* The tags of one set, read once. */
typedef struct known_set {
    char **tags;
    size_t count;
    bool is_known;
} known_set;

typedef struct changed_sample {
    char *uid;
    const data_change *change;
} changed_sample;

struct ckl_diff {
    ckl_manager *manager;
    ledger_experiment from, to;
    int64_t from_config, to_config; /* _config */
    ckl_components changed;
    statement model_row, config_row;
    bool model_open, config_open, samples_read;
    data_changes changes;
    changed_sample *samples; /* by uid */
    size_t next_sample;
    known_set *sets; /* by the ledger's number */
    size_t set_count;
    const char **added, **removed; /* tags of the current sample */
    size_t added_count, removed_count;
};

/* ---- opening --------------------------------------------------------------------------------- */

static ckl_status find_sides(ckl_diff *diff, const char *from, const char *to, ckl_error *err)
{
    manager_view view;
    ckl_status status = manager_view_read(&view, diff->manager, err);
    if (status == CKL_OK && from != NULL)
        status = manager_resolve(&diff->from, diff->manager, from, err);
    else if (status == CKL_OK)
        diff->from = view.baseline;
    if (status == CKL_OK)
        status = manager_resolve(&diff->to, diff->manager, to != NULL ? to : "@", err);
    if (status == CKL_OK)
        status = manager_config_of(&diff->from_config, diff->manager, &diff->from, err);
    if (status == CKL_OK)
        status = manager_config_of(&diff->to_config, diff->manager, &diff->to, err);
    plan_state first = manager_state_of(&diff->from), second = manager_state_of(&diff->to);
    diff->changed = plan_difference(&first, &second);
    return status;
}

ckl_status ckl_diff_open(ckl_diff **out, ckl_manager *manager, const char *from, const char *to,
                         ckl_error *err)
{
    ckl_diff *diff = calloc(1, sizeof *diff);
    if (diff == NULL)
        return error_memory(err);
    diff->manager = manager;
    ckl_status status = find_sides(diff, from, to, err);
    if (status != CKL_OK) {
        ckl_diff_close(diff);
        return status;
    }
    *out = diff;
    return CKL_OK;
}

ckl_status ckl_diff_read_code(ckl_diff_code *out, ckl_diff *diff, ckl_error *err)
{
    return query_code(out, diff->manager, diff->from.id, diff->to.id, err);
}

void ckl_diff_close(ckl_diff *diff)
{
    if (diff == NULL)
        return;
    statement_done(&diff->model_row);
    statement_done(&diff->config_row);
    for (size_t index = 0; diff->samples != NULL && index < diff->changes.count; index++)
        free(diff->samples[index].uid);
    for (size_t index = 0; index < diff->set_count; index++)
        free(diff->sets[index].tags);
    free(diff->samples);
    free(diff->sets);
    free(diff->added);
    free(diff->removed);
    data_changes_free(&diff->changes);
    free(diff);
}

/* ---- models and configurations --------------------------------------------------------------- */

static ckl_status next_entry(ckl_diff_entry *out, statement *row, ckl_error *err)
{
    ckl_status status = statement_step(row, err);
    if (status != CKL_OK)
        return status;
    *out = (ckl_diff_entry){column_text(row, 0), column_text(row, 1), column_text(row, 2),
                            column_text(row, 3)};
    return CKL_OK;
}

ckl_status ckl_diff_next_model(ckl_diff_entry *out, ckl_diff *diff, ckl_error *err)
{
    if (!diff->model_open) {
        ckl_status status = db_query(
            &diff->model_row, diff->manager->ledger,
            "SELECT CASE name WHEN '' THEN '(class)' ELSE name END, change, old_entry, new_entry"
            " FROM (SELECT new.name AS name,"
            "              CASE WHEN old.name IS NULL THEN 'added' ELSE 'changed' END AS change,"
            "              old.entry AS old_entry, new.entry AS new_entry"
            "       FROM _model_module AS new"
            "       LEFT JOIN _model_module AS old"
            "         ON old.component = :from AND old.name = new.name"
            "       WHERE new.component = :to AND old.entry IS NOT new.entry"
            "       UNION ALL"
            "       SELECT old.name, 'removed', old.entry, NULL"
            "       FROM _model_module AS old"
            "       LEFT JOIN _model_module AS new"
            "         ON new.component = :to AND new.name = old.name"
            "       WHERE old.component = :from AND new.name IS NULL)"
            " ORDER BY name",
            err);
        if (status != CKL_OK)
            return status;
        bind_id(&diff->model_row, ":from", diff->from.model);
        bind_id(&diff->model_row, ":to", diff->to.model);
        diff->model_open = true;
    }
    return next_entry(out, &diff->model_row, err);
}

/* Where the segments are equal nothing that counts differs, and what is ignored is not shown. */
ckl_status ckl_diff_next_config(ckl_diff_entry *out, ckl_diff *diff, ckl_error *err)
{
    if (!(diff->changed & CKL_CONFIG))
        return CKL_DONE;
    if (!diff->config_open) {
        ckl_status status = db_query(
            &diff->config_row, diff->manager->ledger,
            "SELECT path, change, old_value, new_value"
            " FROM (SELECT new.path AS path,"
            "              CASE WHEN old.path IS NULL THEN 'added' ELSE 'changed' END AS change,"
            "              old.value AS old_value, new.value AS new_value"
            "       FROM _config_leaf AS new"
            "       LEFT JOIN _config_leaf AS old"
            "         ON old.config = :from AND old.path = new.path"
            "       WHERE new.config = :to AND old.value IS NOT new.value"
            "         AND NOT (new.ignored AND ifnull(old.ignored, 1))"
            "       UNION ALL"
            "       SELECT old.path, 'removed', old.value, NULL"
            "       FROM _config_leaf AS old"
            "       LEFT JOIN _config_leaf AS new"
            "         ON new.config = :to AND new.path = old.path"
            "       WHERE old.config = :from AND new.path IS NULL AND NOT old.ignored)"
            " ORDER BY path",
            err);
        if (status != CKL_OK)
            return status;
        bind_id(&diff->config_row, ":from", diff->from_config);
        bind_id(&diff->config_row, ":to", diff->to_config);
        diff->config_open = true;
    }
    return next_entry(out, &diff->config_row, err);
}

/* ---- samples
 * -------------------------------------------------------------------------------------------------
 */

static int compare_uids(const void *first, const void *second)
{
    return strcmp(((const changed_sample *)first)->uid, ((const changed_sample *)second)->uid);
}

static ckl_status name_samples(ckl_diff *diff, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = CKL_OK;
    diff->samples = calloc(diff->changes.count + 1, sizeof *diff->samples);
    if (diff->samples == NULL)
        return error_memory(err);
    for (size_t index = 0; status == CKL_OK && index < diff->changes.count; index++) {
        const char *uid = NULL;
        const data_change *change = &diff->changes.rows[index];
        status = ledger_sample_uid(&uid, &row, diff->manager->ledger, change->sample, err);
        if (status != CKL_OK)
            break;
        diff->samples[index] = (changed_sample){strdup(uid), change};
        if (diff->samples[index].uid == NULL)
            status = error_memory(err);
    }
    if (status == CKL_OK)
        qsort(diff->samples, diff->changes.count, sizeof *diff->samples, compare_uids);
    return status;
}

static ckl_status read_samples(ckl_diff *diff, ckl_error *err)
{
    db *ledger = diff->manager->ledger;
    if (diff->samples_read)
        return CKL_OK;
    /* In one transaction: else each of its many small questions takes and drops the locks. It is
     * committed, not rolled back, for cursors of the caller may be open. */
    bool own = !db_in_transaction(ledger);
    ckl_status status = own ? db_begin(ledger, DB_READ, err) : CKL_OK;
    if (status != CKL_OK)
        return status;
    status = ledger_data_diff(&diff->changes, ledger, diff->from.data, diff->to.data, err);
    if (status == CKL_OK)
        status = name_samples(diff, err);
    ckl_status ended = own ? db_commit(ledger, status == CKL_OK ? err : NULL) : CKL_OK;
    status = status == CKL_OK ? ended : status;
    diff->samples_read = status == CKL_OK;
    return status;
}

static ckl_status tags_of(const known_set **out, ckl_diff *diff, int64_t tagset, ckl_error *err)
{
    size_t index = (size_t)tagset;
    if (index >= diff->set_count) {
        known_set *grown = realloc(diff->sets, (index + 1) * sizeof *grown);
        if (grown == NULL)
            return error_memory(err);
        memset(grown + diff->set_count, 0, (index + 1 - diff->set_count) * sizeof *grown);
        diff->sets = grown;
        diff->set_count = index + 1;
    }
    known_set *set = &diff->sets[index];
    if (!set->is_known && tagset != 0) {
        ckl_status status =
            ledger_tagset_tags(&set->tags, &set->count, diff->manager->ledger, tagset, err);
        if (status != CKL_OK)
            return status;
    }
    set->is_known = true;
    *out = set;
    return CKL_OK;
}

/* The tags of `of` that `without` does not have; both are sorted. */
static ckl_status subtract(const char ***out, size_t *count, const known_set *of,
                           const known_set *without, ckl_error *err)
{
    const char **grown = realloc(*out, (of->count + 1) * sizeof *grown);
    size_t other = 0;
    if (grown == NULL)
        return error_memory(err);
    *out = grown;
    *count = 0;
    for (size_t index = 0; index < of->count; index++) {
        while (other < without->count && strcmp(without->tags[other], of->tags[index]) < 0)
            other++;
        if (other == without->count || strcmp(without->tags[other], of->tags[index]) != 0)
            grown[(*count)++] = of->tags[index];
    }
    return CKL_OK;
}

static ckl_status compare_tags(ckl_diff *diff, const data_change *change, ckl_error *err)
{
    const known_set *set = NULL;
    ckl_status status = tags_of(&set, diff, change->old_tagset, err);
    if (status == CKL_OK)
        status = tags_of(&set, diff, change->new_tagset, err);
    if (status != CKL_OK)
        return status;
    /* Both are known now, and stay where they are. */
    const known_set *old_set = &diff->sets[change->old_tagset];
    const known_set *new_set = &diff->sets[change->new_tagset];
    status = subtract(&diff->added, &diff->added_count, new_set, old_set, err);
    if (status == CKL_OK)
        status = subtract(&diff->removed, &diff->removed_count, old_set, new_set, err);
    return status;
}

static const char *name_change(const ckl_diff *diff, const data_change *change)
{
    if (change->old_discarded < 0)
        return "added";
    if (change->new_discarded < 0)
        return "removed";
    if (change->old_discarded != change->new_discarded)
        return change->new_discarded ? "discarded" : "restored";
    if (diff->added_count > 0 && diff->removed_count > 0)
        return "retagged";
    return diff->added_count > 0 ? "tagged" : "untagged";
}

ckl_status ckl_diff_next_sample(ckl_diff_sample *out, ckl_diff *diff, ckl_error *err)
{
    ckl_status status = read_samples(diff, err);
    if (status != CKL_OK)
        return status;
    if (diff->next_sample == diff->changes.count)
        return CKL_DONE;
    const changed_sample *sample = &diff->samples[diff->next_sample];
    status = compare_tags(diff, sample->change, err);
    if (status != CKL_OK)
        return status;
    diff->next_sample++;
    *out = (ckl_diff_sample){sample->uid,
                             name_change(diff, sample->change),
                             sample->change->old_discarded,
                             sample->change->new_discarded,
                             diff->added_count,
                             diff->removed_count,
                             diff->added,
                             diff->removed};
    return CKL_OK;
}

/* ---- all in numbers -------------------------------------------------------------------------- */

static void count_change(ckl_diff_info *info, const ckl_diff *diff, const data_change *change)
{
    if (change->old_discarded < 0) {
        info->added++;
        return;
    }
    if (change->new_discarded < 0) {
        info->removed++;
        return;
    }
    info->discarded += change->old_discarded < change->new_discarded;
    info->restored += change->old_discarded > change->new_discarded;
    info->tagged += diff->added_count > 0;
    info->untagged += diff->removed_count > 0;
}

ckl_status ckl_diff_summary(ckl_diff_info *out, ckl_diff *diff, ckl_error *err)
{
    ckl_diff_info info = {.from = diff->from.hash, .to = diff->to.hash, .changed = diff->changed};
    ckl_status status = read_samples(diff, err);
    for (size_t index = 0; status == CKL_OK && index < diff->changes.count; index++) {
        status = compare_tags(diff, &diff->changes.rows[index], err);
        if (status == CKL_OK)
            count_change(&info, diff, &diff->changes.rows[index]);
    }
    if (status == CKL_OK)
        *out = info;
    return status;
}
