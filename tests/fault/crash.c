#include "crash.h"

#include <stdlib.h>
#include <string.h>

#define ONE_BY_ONE 16 /* so many pending operations, the newest, are tried each for itself */

static void *need(size_t count, size_t size)
{
    void *block = calloc(count + 1, size);
    if (block == NULL)
        abort();
    return block;
}

uint64_t random_of(uint64_t first, uint64_t second)
{
    uint64_t state = first + (second + 1) * 0x9e3779b97f4a7c15U;
    state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9U;
    state = (state ^ (state >> 27)) * 0x94d049bb133111ebU;
    return state ^ (state >> 31);
}

/* ---- what is open ---------------------------------------------------------------------------- */

static bool is_pending(const trace_op *op, size_t at, disk_mode mode)
{
    return (op_is_name(op) || op_is_bytes(op)) &&
           (op->durable[mode] == NEVER || op->durable[mode] >= at);
}

/* In order with all others on an ordered disk. */
static bool is_ordered(const crash *chosen, size_t op)
{
    const trace_op *what = &chosen->recorded->ops[op];
    return chosen->mode == DISK_ORDERED && (op_is_name(what) || what->kind == TRACE_SIZE);
}

static void find_pending(crash *out, size_t at)
{
    out->at = at;
    out->pending_count = 0;
    memset(out->fates, FATE_KEPT, at);
    for (size_t op = out->recorded->baseline; op < at; op++) {
        if (is_pending(&out->recorded->ops[op], at, out->mode))
            out->pending[out->pending_count++] = op;
    }
}

void plan_make(crash_plan *out, const trace *recorded, disk_mode mode, uint64_t seed)
{
    crash counting;
    crash_make(&counting, recorded);
    counting.mode = mode;
    *out = (crash_plan){.recorded = recorded, .mode = mode, .seed = seed};
    out->first = need(recorded->count + 2, sizeof *out->first);
    for (size_t at = recorded->baseline; at <= recorded->count; at++) {
        find_pending(&counting, at);
        size_t open = counting.pending_count, each = open < ONE_BY_ONE ? open : ONE_BY_ONE;
        out->first[at] = out->systematic_count;
        out->systematic_count += open == 0 ? 1 : 4 + 2 * each;
    }
    out->first[recorded->count + 1] = out->systematic_count;
    crash_free(&counting);
}

void plan_free(crash_plan *plan)
{
    free(plan->first);
}

void crash_make(crash *out, const trace *recorded)
{
    *out = (crash){.recorded = recorded};
    out->fates = need(recorded->count, 1);
    out->pending = need(recorded->count, sizeof *out->pending);
}

void crash_free(crash *chosen)
{
    free(chosen->fates);
    free(chosen->pending);
}

/* ---- systematically -------------------------------------------------------------------------- */

static void set_all(crash *out, fate names, fate bytes)
{
    for (size_t index = 0; index < out->pending_count; index++) {
        size_t op = out->pending[index];
        out->fates[op] =
            (unsigned char)(op_is_name(&out->recorded->ops[op]) || is_ordered(out, op) ? names
                                                                                       : bytes);
    }
}

/* Of what is in order nothing is kept behind the first that is not. */
static void keep_order(crash *out)
{
    bool broken = false;
    for (size_t index = 0; index < out->pending_count; index++) {
        size_t op = out->pending[index];
        if (!is_ordered(out, op))
            continue;
        if (broken)
            out->fates[op] = FATE_DROPPED;
        broken = broken || out->fates[op] == FATE_DROPPED;
    }
}

static void choose_systematic(crash *out, size_t variant)
{
    static const fate WAYS[][2] = {{FATE_DROPPED, FATE_DROPPED},
                                   {FATE_KEPT, FATE_KEPT},
                                   {FATE_DROPPED, FATE_KEPT},
                                   {FATE_KEPT, FATE_DROPPED}};
    if (variant < 4) {
        set_all(out, WAYS[variant][0], WAYS[variant][1]);
        return;
    }
    bool alone = (variant - 4) % 2 == 1;
    size_t op = out->pending[out->pending_count - 1 - (variant - 4) / 2];
    set_all(out, alone ? FATE_DROPPED : FATE_KEPT, alone ? FATE_DROPPED : FATE_KEPT);
    out->fates[op] = alone ? FATE_KEPT : FATE_DROPPED;
    keep_order(out);
}

static size_t moment_of(const crash_plan *plan, size_t index)
{
    size_t low = plan->recorded->baseline, high = plan->recorded->count;
    while (low < high) {
        size_t middle = (low + high + 1) / 2;
        if (plan->first[middle] <= index)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* ---- at random ------------------------------------------------------------------------------- */

/* Chances in 256 that an operation is kept, and that a write that is kept is torn. */
typedef struct chances {
    uint64_t names, bytes, tear, both;
    size_t from, to; /* outside of these pending operations nothing is kept */
} chances;

static chances draw_chances(const crash *out, uint64_t draw)
{
    static const uint64_t KEEP[] = {0, 26, 128, 230, 256, 256};
    chances drawn = {.names = KEEP[draw % 6],
                     .bytes = KEEP[draw / 6 % 6],
                     .tear = (draw >> 8) % 3 == 0 ? 90 : 0,
                     .both = (draw >> 12) % 4 == 0 ? 128 : 0,
                     .to = out->pending_count};
    uint64_t cut = (draw >> 16) % 4;
    if (cut == 0 && out->pending_count > 0)
        drawn.to = (size_t)((draw >> 20) % (out->pending_count + 1));
    else if (cut == 1 && out->pending_count > 0)
        drawn.from = (size_t)((draw >> 20) % out->pending_count);
    return drawn;
}

static fate draw_fate(const crash *out, const chances *drawn, size_t place, uint64_t draw)
{
    const trace_op *op = &out->recorded->ops[out->pending[place]];
    bool name = op_is_name(op) || is_ordered(out, out->pending[place]);
    if (place < drawn->from || place >= drawn->to ||
        draw % 256 >= (name ? drawn->names : drawn->bytes))
        return FATE_DROPPED;
    bool torn = op->kind == TRACE_WRITE && (draw >> 8) % 256 < drawn->tear;
    return torn ? FATE_TORN : FATE_KEPT;
}

/* A file's old name may stay when only its new folder was synced. */
static void leave_names(crash *out, const chances *drawn, uint64_t random)
{
    for (size_t op = out->recorded->baseline; op < out->at; op++) {
        const trace_op *what = &out->recorded->ops[op];
        bool open = what->kind == TRACE_RENAME && out->fates[op] == FATE_KEPT &&
                    what->left_durable >= out->at &&
                    !out->recorded->objects[what->object].is_folder;
        if (open && random_of(random, op) % 256 < drawn->both)
            out->fates[op] = FATE_BOTH;
    }
}

static void choose_random(crash *out, uint64_t random)
{
    size_t span = out->recorded->count - out->recorded->baseline + 1;
    find_pending(out, out->recorded->baseline + (size_t)(random_of(random, 0) % span));
    chances drawn = draw_chances(out, random_of(random, 1));
    out->garbage = out->mode == DISK_STRICT && random_of(random, 2) % 4 == 0;
    for (size_t place = 0; place < out->pending_count; place++)
        out->fates[out->pending[place]] =
            (unsigned char)draw_fate(out, &drawn, place, random_of(random, 16 + place));
    if (out->mode == DISK_STRICT)
        leave_names(out, &drawn, random_of(random, 3));
    keep_order(out);
}

void crash_choose(crash *out, const crash_plan *plan, size_t index)
{
    out->mode = plan->mode;
    out->seed = plan->seed;
    out->index = index;
    out->garbage = false;
    if (index >= plan->systematic_count) {
        choose_random(out, random_of(plan->seed, index));
        return;
    }
    size_t at = moment_of(plan, index);
    find_pending(out, at);
    choose_systematic(out, index - plan->first[at]);
}

bool crash_keeps_sector(const crash *chosen, size_t op, uint64_t sector)
{
    uint64_t random = random_of(random_of(chosen->seed, chosen->index), op * 31 + 7);
    const trace_op *write = &chosen->recorded->ops[op];
    uint64_t unit = random % 2 == 0 ? 1 : 8; /* sectors, or pages */
    uint64_t first = (uint64_t)write->offset / 512 / unit;
    uint64_t count = ((uint64_t)write->offset + write->size + 511) / 512 / unit - first + 1;
    uint64_t place = sector / unit - first, cut = (random >> 8) % count;
    switch ((random >> 4) % 3) {
    case 0:
        return place < cut;
    case 1:
        return place >= cut;
    default:
        return random_of(random, place) % 2 == 0;
    }
}
