#include "plan_gc.h"

#include <math.h>

/* The best of the run of `row`. */
static bool is_best(const plan_weights *rows, size_t count, const plan_weights *row, bool highest)
{
    if (isnan(row->metric))
        return false;
    for (size_t index = 0; index < count; index++) {
        const plan_weights *other = &rows[index];
        if (other->run != row->run || isnan(other->metric) || other->named)
            continue;
        if (highest ? other->metric > row->metric : other->metric < row->metric)
            return false;
    }
    return true;
}

static uint64_t newer_in_run(const plan_weights *rows, size_t count, const plan_weights *row)
{
    uint64_t newer = 0;
    for (const plan_weights *other = row + 1; other < rows + count; other++)
        newer += other->run == row->run && !other->named;
    return newer;
}

static bool has_rules(const plan_gc_rules *rules)
{
    return rules->keep_last > 0 || rules->keep_every > 0 || rules->keep_best;
}

static void decide(plan_weights *row, const plan_weights *rows, size_t count,
                   const plan_gc_rules *rules)
{
    row->removed = false;
    if (row->named) {
        row->removed = true;
        row->why = "named";
    } else if (row->is_tip) {
        row->why = "tip";
    } else if (row->is_branch_point) {
        row->why = "branch point";
    } else if (!has_rules(rules)) {
        row->why = "no rule";
    } else if (rules->keep_best && is_best(rows, count, row, rules->highest)) {
        row->why = "best";
    } else if (rules->keep_every > 0 && row->step % rules->keep_every == 0) {
        row->why = "every";
    } else if (rules->keep_last > 0 && newer_in_run(rows, count, row) < rules->keep_last) {
        row->why = "last";
    } else {
        row->removed = true;
        row->why = "no rule keeps it";
    }
}

void plan_gc(plan_weights *rows, size_t count, const plan_gc_rules *rules)
{
    uint64_t kept = 0;
    for (size_t index = 0; index < count; index++) {
        decide(&rows[index], rows, count, rules);
        kept += rows[index].removed ? 0 : rows[index].bytes;
    }
    for (size_t index = 0; rules->limit_bytes && index < count && kept > rules->max_bytes;
         index++) {
        plan_weights *row = &rows[index];
        bool may_go = !row->removed && !row->is_tip && !row->is_branch_point &&
                      !(rules->keep_best && is_best(rows, count, row, rules->highest));
        if (!may_go)
            continue;
        row->removed = true;
        row->why = "over the limit";
        kept -= row->bytes;
    }
}
