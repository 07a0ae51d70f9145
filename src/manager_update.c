/* Changes of the head: updates and edits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doc.h"
#include "manager_internal.h"

/* What a call wants to become of the head. */
typedef struct change {
    const ckl_update *given;
    const ckl_edit *edit; /* NULL: the data state, if any, is given whole */
    ckl_data_state *edited;
    const char *kind;
    digest model, data;
    buf shifted;           /* segments that had to shift, as members of a JSON object */
    char architecture[65]; /* SHA-256 of the given architecture.pkl; empty: none */
} change;

static void note_shift(change *wanted, const ledger_component *component, const char *kind)
{
    if (component->shift == 0)
        return;
    buf_add_text(&wanted->shifted, wanted->shifted.size == 0 ? "" : ", ");
    buf_add_format(&wanted->shifted, "\"%s\": %u", kind, component->shift);
}

/* The architecture that came with a description is no part of its digest: the event keeps its. */
static ckl_status note_architecture(change *wanted, ckl_error *err)
{
    const ckl_model *model = wanted->given->model;
    digest value;
    wanted->architecture[0] = '\0';
    if (model == NULL || !model->has_architecture)
        return CKL_OK;
    ckl_status status = hash_bytes(&value, model->architecture.data, model->architecture.size, err);
    if (status == CKL_OK)
        digest_hex(wanted->architecture, &value);
    return status;
}

/* *out is NULL when there is nothing to say. */
static ckl_status make_detail(buf *out, const change *wanted, ckl_error *err)
{
    if (wanted->shifted.size > 0)
        buf_add_format(out, "{\"shifted\": {%.*s}", (int)wanted->shifted.size,
                       wanted->shifted.data);
    if (wanted->architecture[0] != '\0')
        buf_add_format(out, "%s\"architecture\": \"%s\"", out->size > 0 ? ", " : "{",
                       wanted->architecture);
    if (out->size > 0)
        buf_add_char(out, '}');
    return buf_check(out, err);
}

/* Finds or records; *known tells which. */
static ckl_status record_component(ledger_component *out, bool *known, change *wanted,
                                   ckl_manager *manager, const char *kind, const digest *value,
                                   ckl_error *err)
{
    ckl_status status = ledger_component_find(out, manager->ledger, kind, value, err);
    *known = status == CKL_OK;
    if (status != CKL_NOT_FOUND)
        return status;
    status = ledger_component_record(out, manager->ledger, kind, value, err);
    note_shift(wanted, out, kind);
    return status;
}

static ckl_status record_model(plan_state *next, change *wanted, ckl_manager *manager,
                               ckl_error *err)
{
    ledger_component component;
    bool known = false;
    if (wanted->given->model == NULL)
        return CKL_OK;
    ckl_status status =
        record_component(&component, &known, wanted, manager, "model", &wanted->model, err);
    if (status == CKL_OK)
        status =
            ledger_model_record(manager->ledger, wanted->given->model, component.id, known, err);
    next->model = component.id;
    return status;
}

static ckl_status record_config(plan_state *next, int64_t *config, change *wanted,
                                ckl_manager *manager, ckl_error *err)
{
    const ckl_config *given = wanted->given->config;
    ledger_component component = {0};
    bool known = false;
    char **ignored = NULL;
    size_t count = 0;
    digest value;
    BUF_AUTO text = BUF_INIT;
    if (given == NULL)
        return CKL_OK;
    ckl_status status = ledger_ignored_paths(&ignored, &count, manager->ledger, err);
    if (status == CKL_OK)
        status = config_canonical(&text, given, (const char *const *)ignored, count, err);
    if (status == CKL_OK)
        status = hash_bytes(&value, text.data, text.size, err);
    if (status == CKL_OK)
        status = record_component(&component, &known, wanted, manager, "config", &value, err);
    if (status == CKL_OK)
        status = ledger_config_record(config, manager->ledger, given, component.id,
                                      (const char *const *)ignored, count, err);
    ckl_free(ignored);
    next->config = component.id;
    return status;
}

static const state_action EDIT_ACTIONS[] = {STATE_DISCARD, STATE_RESTORE, STATE_TAG, STATE_UNTAG};

/* Does the edit to the head's data state, as it is in this transaction: so that no edit of another
 * process is lost. */
static ckl_status edit_head(change *wanted, ckl_manager *manager, const manager_view *view,
                            ckl_error *err)
{
    const ckl_edit *edit = wanted->edit;
    const ckl_data_state *state = NULL;
    if (view->head.data == 0) {
        error_set(err, CKL_NOT_FOUND, "run '%s' has no data state yet", manager->run_name);
        error_hint(err, "record one first: ckl update --data FILE");
        return CKL_NOT_FOUND;
    }
    ckl_status status = manager_data_state(&state, manager, view->head.data, view->run.id, err);
    if (status != CKL_OK)
        return status;
    ckl_data_state_free(wanted->edited);
    wanted->edited = NULL;
    status = state_edit(&wanted->edited, state, EDIT_ACTIONS[edit->action], edit->tag, edit->uids,
                        edit->uid_count, err);
    if (status == CKL_OK)
        status = state_check_recordable(wanted->edited, err);
    return status == CKL_OK ? state_hash_again(&wanted->data, wanted->edited, err) : status;
}

static ckl_status record_data(plan_state *next, change *wanted, ckl_manager *manager,
                              const manager_view *view, ckl_error *err)
{
    ledger_component component;
    const ckl_data_state *base = NULL;
    bool known = false;
    int64_t head = next->data;
    ckl_status status = CKL_OK;
    if (wanted->edit != NULL)
        status = edit_head(wanted, manager, view, err);
    const ckl_data_state *state = wanted->edit != NULL ? wanted->edited : wanted->given->data;
    if (status != CKL_OK || state == NULL)
        return status;
    status = record_component(&component, &known, wanted, manager, "data", &wanted->data, err);
    if (status == CKL_OK && !known && head != 0)
        status = manager_data_state(&base, manager, head, view->run.id, err);
    if (status == CKL_OK && !known)
        status = ledger_data_record(manager->ledger, component.id, state, head, base, err);
    next->data = component.id;
    return status;
}

/* ---- moving the head ------------------------------------------------------------------------- */

ckl_status manager_move_samples(ledger_event *event, ckl_manager *manager, int64_t from, int64_t to,
                                ckl_error *err)
{
    CHANGES_AUTO changes = {0};
    if (from == to)
        return CKL_OK;
    ckl_status status =
        ledger_edge_between(&event->edge, &event->reversed, manager->ledger, from, to, NULL, err);
    if (status == CKL_OK && event->edge == 0) {
        event->begins = from == 0 ? to : from;
        event->reversed = from != 0;
    }
    bool near = status == CKL_OK && from != 0 && to != 0;
    if (near)
        status = ledger_edge_rows(&changes, manager->ledger, event->edge, event->reversed, err);
    if (status == CKL_OK)
        status = ledger_run_move_samples(manager->ledger, event->run, from, to,
                                         near ? &changes : NULL, err);
    return status;
}

ckl_status manager_move_head(manager_view *view, ckl_manager *manager, const manager_move *move,
                             ckl_error *err)
{
    ledger_event event = {.kind = move->kind,
                          .reason = move->reason,
                          .detail = move->detail,
                          .actor = manager->actor,
                          .experiment = move->to->id,
                          .from_experiment = view->head.id,
                          .config = move->config,
                          .from_config = view->run.head_config,
                          .step = move->step};
    char op[33], *origin = NULL;
    ckl_status status = fs_random_name(op, err);
    event.op = op;
    if (status == CKL_OK && move->moves_origin)
        status = detail_of_origin(&origin, manager->ledger, &view->run, err);
    if (origin != NULL)
        event.detail = origin;
    if (status == CKL_OK)
        status = manager_ensure_run(view, manager, err);
    event.run = view->run.id;
    if (status == CKL_OK)
        status = manager_session(&event.session, manager, view->run.id, err);
    if (status == CKL_OK)
        status = manager_write_metrics(manager, view->run.id, err);
    if (status == CKL_OK)
        status = manager_move_samples(&event, manager, view->head.data, move->to->data, err);
    if (status == CKL_OK)
        status = ledger_event_add(NULL, manager->ledger, &event, err);
    free(origin);
    if (status != CKL_OK)
        return status;
    view->session = event.session;
    view->head = *move->to;
    view->run.head = move->to->id;
    view->run.head_config = move->config;
    return ledger_run_save(manager->ledger, &view->run, err);
}

/* ---- one attempt, in one transaction --------------------------------------------------------- */

typedef struct attempt {
    manager_view view;
    plan_output plan;
    ledger_experiment next;
    ckl_hash from; /* the head before */
    bool recorded;
} attempt;

static ckl_status decide(attempt *tried, ckl_manager *manager, change *wanted, int64_t *config,
                         ckl_error *err)
{
    ckl_status status = manager_view_read(&tried->view, manager, err);
    if (status != CKL_OK)
        return status;
    manager_view *view = &tried->view;
    tried->from = view->head.hash;
    plan_input input = {.head = manager_state_of(&view->head),
                        .next = manager_state_of(&view->head),
                        .head_recorded = view->head.id != 0,
                        .head_dumped = view->head.dumped != 0};
    *config = view->run.head_config;
    if (view->head.id != 0)
        status = ledger_experiment_has_checkpoint(&input.head_has_checkpoint, manager->ledger,
                                                  view->head.id, err);
    if (status == CKL_OK)
        status = record_model(&input.next, wanted, manager, err);
    if (status == CKL_OK)
        status = record_config(&input.next, config, wanted, manager, err);
    if (status == CKL_OK)
        status = record_data(&input.next, wanted, manager, view, err);
    if (status != CKL_OK)
        return status;
    input.same_content = *config == view->run.head_config;
    tried->plan = plan_change(&input);
    tried->next = view->head;
    if (tried->plan.changed == 0)
        return CKL_OK;
    return ledger_experiment_record(&tried->next, &tried->recorded, manager->ledger,
                                    input.next.model, input.next.config, input.next.data, err);
}

static ckl_status try_change(attempt *tried, ckl_manager *manager, change *wanted, ckl_error *err)
{
    int64_t config = 0;
    ckl_status status = db_begin(manager->ledger, DB_WRITE, err);
    if (status != CKL_OK)
        return status;
    buf_clear(&wanted->shifted);
    status = decide(tried, manager, wanted, &config, err);
    if (status != CKL_OK || !tried->plan.write || tried->plan.dump_first) {
        db_rollback(manager->ledger);
        return status;
    }
    BUF_AUTO detail = BUF_INIT;
    status = make_detail(&detail, wanted, err);
    manager_move move = {.kind = wanted->kind,
                         .reason = wanted->given->reason,
                         .detail = detail.size > 0 ? detail.data : NULL,
                         .to = &tried->next,
                         .config = config,
                         .step = -1};
    if (status == CKL_OK)
        status = manager_move_head(&tried->view, manager, &move, err);
    status = manager_end(manager, status, err);
    if (status != CKL_OK)
        return status;
    manager_forget_metrics(manager);
    manager->session = tried->view.session;
    manager->own_head = tried->view.head.hash;
    if (wanted->edited != NULL) {
        manager_keep_data_state(manager, wanted->edited, tried->next.data);
        wanted->edited = NULL;
    } else if (wanted->given->data != NULL) {
        manager_keep_data_state(manager, state_share(wanted->given->data), tried->next.data);
    }
    return CKL_OK;
}

static void fill_result(ckl_update_result *out, const attempt *tried, const ckl_data_state *data)
{
    const char *first = NULL;
    plan_state head = manager_state_of(&tried->view.head);
    plan_state base = manager_state_of(&tried->view.baseline);
    *out = (ckl_update_result){.experiment = tried->view.head.hash,
                               .is_new = tried->plan.changed != 0,
                               .recorded_before = tried->plan.changed == 0 || tried->recorded,
                               .changed = tried->plan.changed,
                               .pending = plan_difference(&head, &base),
                               .from = tried->from};
    if (data == NULL)
        return;
    out->ignored_uids = ckl_data_state_ignored(data, &first);
    if (first != NULL)
        snprintf(out->first_ignored, sizeof out->first_ignored, "%s", first);
}

static ckl_status dump_after(ckl_update_result *out, ckl_manager *manager, ckl_error *err)
{
    ckl_dump_result dumped;
    ckl_status status = manager_dump(&dumped, manager, false, err);
    return status == CKL_OK ? ckl_manager_has_pending_changes(NULL, &out->pending, manager, err)
                            : status;
}

/* A head that must be dumped before it is left is, outside the transaction; then it is tried again:
 * another process may have moved the head in between, hence the loop. */
static ckl_status apply(ckl_update_result *out, ckl_manager *manager, change *wanted,
                        ckl_error *err)
{
    attempt tried;
    ckl_status status;
    for (;;) {
        ckl_dump_result dumped;
        memset(&tried, 0, sizeof tried);
        status = try_change(&tried, manager, wanted, err);
        if (status != CKL_OK || !tried.plan.dump_first)
            break;
        status = manager_dump(&dumped, manager, true, err);
        if (status != CKL_OK)
            break;
    }
    buf_free(&wanted->shifted);
    ckl_data_state_free(wanted->edited);
    if (status != CKL_OK)
        return status;
    ckl_update_result result;
    fill_result(&result, &tried, wanted->given->data);
    if (wanted->given->dump_immediately)
        status = dump_after(&result, manager, err);
    if (status == CKL_OK)
        *out = result;
    return status;
}

#define REASON_MAX 65536

ckl_status manager_check_reason(const char *reason, ckl_error *err)
{
    size_t size = reason != NULL ? strlen(reason) : 0;
    if (size > REASON_MAX)
        return error_set(err, CKL_INVALID, "a reason has %d bytes at most", REASON_MAX);
    if (size > 0 && !doc_valid_utf8(reason, size))
        return error_set(err, CKL_INVALID, "the reason is not valid Unicode");
    return CKL_OK;
}

ckl_status ckl_manager_update_experiment_hash(ckl_update_result *out, ckl_manager *manager,
                                              const ckl_update *update, ckl_error *err)
{
    change wanted = {.given = update, .kind = "update", .shifted = BUF_INIT};
    BUF_AUTO text = BUF_INIT;
    ckl_status status = manager_check_writable(manager, err);
    if (status == CKL_OK)
        status = manager_check_reason(update->reason, err);
    if (status == CKL_OK && update->config != NULL)
        status = config_check_recordable(update->config, err);
    if (status == CKL_OK && update->model != NULL) {
        status = model_canonical(&text, update->model, err);
        if (status == CKL_OK)
            status = hash_bytes(&wanted.model, text.data, text.size, err);
        if (status == CKL_OK)
            status = note_architecture(&wanted, err);
    }
    if (status == CKL_OK && update->data != NULL) {
        status = ckl_data_state_finish(update->data, err);
        if (status == CKL_OK)
            status = state_check_recordable(update->data, err);
        if (status == CKL_OK)
            status = state_hash(&wanted.data, update->data, err);
    }
    return status == CKL_OK ? apply(out, manager, &wanted, err) : status;
}

ckl_status ckl_manager_edit_samples(ckl_update_result *out, ckl_manager *manager,
                                    const ckl_edit *edit, ckl_error *err)
{
    static const char *const KINDS[] = {"discard", "restore", "tag", "untag"};
    ckl_update update = {.dump_immediately = edit->dump_immediately, .reason = edit->reason};
    ckl_status status = manager_check_writable(manager, err);
    if (status == CKL_OK)
        status = manager_check_reason(edit->reason, err);
    if (status != CKL_OK)
        return status;
    change wanted = {
        .given = &update, .edit = edit, .kind = KINDS[edit->action], .shifted = BUF_INIT};
    return apply(out, manager, &wanted, err);
}

/* ---- saving one component -------------------------------------------------------------------- */

ckl_status ckl_manager_save_config(ckl_update_result *out, ckl_manager *manager,
                                   const ckl_config *config, ckl_error *err)
{
    ckl_update update = {.config = config, .dump_immediately = true};
    return ckl_manager_update_experiment_hash(out, manager, &update, err);
}

ckl_status ckl_manager_save_data_state(ckl_update_result *out, ckl_manager *manager,
                                       ckl_data_state *data, ckl_error *err)
{
    ckl_update update = {.data = data, .dump_immediately = true};
    return ckl_manager_update_experiment_hash(out, manager, &update, err);
}

ckl_status ckl_manager_save_model_architecture(ckl_update_result *out, ckl_manager *manager,
                                               const ckl_model *model, ckl_error *err)
{
    ckl_update update = {.model = model, .dump_immediately = true};
    return ckl_manager_update_experiment_hash(out, manager, &update, err);
}
