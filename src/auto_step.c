/* Steps: what a trainer calls once for each. */
#include "auto_internal.h"

static bool is_due(int64_t step, int64_t frequency)
{
    return step > 0 && step % frequency == 0 && step != automatic.saved_step;
}

/* Recording works again only when something was written: a dump of what is pending, or a probe. */
static ckl_status dump_pending(ckl_error *err)
{
    ckl_error failure = {0};
    ckl_dump_result result = {0};
    automatic.attention = false;
    manager_hurry(automatic.manager, automatic.degraded && automatic.hurried);
    ckl_status status = auto_begin_recording(&failure);
    if (status == CKL_OK)
        status = auto_describe_again(&failure);
    if (status == CKL_OK) /* history says so once there is a state that is trained */
        status = ckl_manager_begin_training(automatic.manager, &failure);
    if (status == CKL_OK)
        status = ckl_manager_dump_pending_changes(&result, automatic.manager, false, &failure);
    if (status == CKL_OK) {
        automatic.attention = false;
        if (automatic.degraded && result.dumped != 0)
            automatic.probe_at_us = 0;
        auto_probe();
    }
    manager_hurry(automatic.manager, false); /* weights are worth waiting for */
    return auto_survive(status, &failure, err);
}

/* Option keep_last: older weights of the run give their space back. */
static ckl_status keep_newest(ckl_error *err)
{
    ckl_gc *done = NULL;
    ckl_error failure = {0};
    ckl_gc_options options = {.keep_last = automatic.keep_last, .reason = "keep_last"};
    if (automatic.keep_last == 0)
        return CKL_OK;
    ckl_status status = ckl_gc_run(&done, automatic.manager, &options, &failure);
    ckl_gc_close(done);
    return auto_survive(status, &failure, err);
}

static ckl_status save_weights(int64_t step, ckl_error *err)
{
    ckl_checkpoint_result result;
    ckl_error failure = {0};
    if (!automatic.has_model) {
        error_set(err, CKL_NO_SOURCE,
                  "ckl_checkpoint_on_step: weights are due at step %lld and no model source is "
                  "registered",
                  (long long)step);
        error_hint(err, "call ckl_register_model_source() before training");
        return CKL_NO_SOURCE;
    }
    ckl_status status = auto_describe_again(&failure);
    ckl_checkpoint checkpoint = {.step = step,
                                 .write = automatic.model.write_weights,
                                 .context = automatic.model.context,
                                 .force_dump_pending = true};
    if (status == CKL_OK)
        status =
            ckl_manager_save_model_checkpoint(&result, automatic.manager, &checkpoint, &failure);
    if (status == CKL_OK) {
        automatic.saved_step = step;
        return keep_newest(err);
    }
    auto_note_failure(status, &failure);
    automatic.attention = automatic.attention || automatic.degraded;
    error_pass(err, &failure);
    return status;
}

static ckl_status take_step(int64_t step, bool force_dump, ckl_error *err)
{
    ckl_error failure = {0};
    if (step == CKL_STEP_NEXT && automatic.last_step == INT64_MAX)
        return error_set(err, CKL_INVALID, "there is no step after %lld", (long long)INT64_MAX);
    if (step == CKL_STEP_NEXT)
        step = automatic.last_step + 1;
    automatic.last_step = step;
    ckl_status status = auto_ensure_open(&failure);
    if (status != CKL_OK)
        return auto_survive(status, &failure, err);
    if (automatic.manager->first_step < 0)
        automatic.manager->first_step = step;
    status = auto_claim(err);
    if (status == CKL_OK && (automatic.attention || force_dump))
        status = dump_pending(err);
    if (status == CKL_OK && is_due(step, automatic.frequency))
        status = save_weights(step, err);
    return status;
}

/* Without the lock: closing the system while another thread steps is the caller's mistake. */
static bool others_changed(void)
{
    const ckl_manager *watched = atomic_load_explicit(&automatic.watched, memory_order_acquire);
    return watched != NULL && ckl_manager_change_count(watched) !=
                                  atomic_load_explicit(&automatic.seen, memory_order_relaxed);
}

ckl_status ckl_checkpoint_on_step(int64_t step, bool force_dump, ckl_error *err)
{
    sigset_t before;
    int64_t frequency = atomic_load_explicit(&automatic.frequency, memory_order_acquire);
    if (step < CKL_STEP_NEXT)
        return error_set(err, CKL_INVALID, "step %lld is negative", (long long)step);
    if (step != CKL_STEP_NEXT && frequency > 0 && !force_dump && !is_due(step, frequency) &&
        !atomic_load_explicit(&automatic.attention, memory_order_acquire) && !others_changed()) {
        atomic_store_explicit(&automatic.last_step, step, memory_order_relaxed);
        return CKL_OK;
    }
    auto_enter(&before);
    ckl_status status = auto_is_silent() ? CKL_OK : take_step(step, force_dump, err);
    auto_leave(&before);
    return status;
}
