/* show, state, cat: one experiment. */
#include <stdlib.h>
#include <string.h>

#include "command.h"

static const char *first_argument(const invocation *call)
{
    return call->argument_count > 0 ? call->arguments[0] : NULL;
}

/* ---- show ------------------------------------------------------------------------------------ */

static void component_json(const char *name, const ckl_component_info *component)
{
    if (!component->present) {
        emit_null(name);
        return;
    }
    emit_open_object(name);
    emit_text("segment", component->segment);
    emit_text("digest", component->digest);
    emit_integer("offset", component->offset);
    emit_close_object();
}

static void component_text(const char *name, const ckl_component_info *component)
{
    char text[160] = "absent";
    if (component->present)
        snprintf(text, sizeof text, "%s  sha256 %s", component->segment, component->digest);
    put_line(name, text);
    if (component->offset > 0) {
        snprintf(text, sizeof text, "segment taken at offset %u of its digest: the first 8 clash",
                 component->offset);
        put_line("", text);
    }
}

static ckl_status print_parents(const invocation *call, ckl_manager *manager, const char *hash,
                                ckl_error *err)
{
    ckl_parent_cursor *cursor = NULL;
    ckl_parent parent;
    ckl_status status = ckl_parents(&cursor, manager, hash, err);
    if (status != CKL_OK)
        return status;
    if (call->json)
        emit_open_array("parents");
    while ((status = ckl_parent_next(&parent, cursor, err)) == CKL_OK) {
        if (call->json) {
            emit_open_object(NULL);
            emit_text("experiment", parent.experiment);
            emit_text("run", parent.run);
            emit_text("kind", parent.kind);
            emit_integer("seq", parent.seq);
            emit_time("at", parent.at_us);
            emit_components("changed", parent.changed);
            emit_close_object();
            continue;
        }
        fputs("  ", stdout);
        put_padded("parent", 17);
        printf("%-24s  %s (%s in run ", parent.experiment != NULL ? parent.experiment : "none",
               components_text(parent.changed), parent.kind);
        put(parent.run);
        printf(")\n");
    }
    ckl_parent_cursor_close(cursor);
    if (call->json)
        emit_close_array();
    return status == CKL_DONE ? CKL_OK : status;
}

static void session_json(const ckl_session_row *session)
{
    emit_open_object(NULL);
    emit_time("at", session->started_at_us);
    emit_text("run", session->run);
    emit_text("host", session->host);
    emit_text("user", session->user);
    emit_integer("pid", session->pid);
    emit_text("program", session->program);
    emit_text("arguments", session->arguments);
    emit_text("git_commit", session->git_commit);
    emit_boolean("git_dirty", session->git_dirty);
    emit_text("git_diff", session->git_diff);
    emit_raw("libraries", session->libraries);
    if (session->ended_at_us != 0)
        emit_time("ended_at", session->ended_at_us);
    else
        emit_null("ended_at");
    emit_text("outcome", session->outcome);
    emit_close_object();
}

static void session_text(const ckl_session_row *session)
{
    char text[1200], time_of[32];
    snprintf(text, sizeof text, "%s@%s, pid %lld, since %s: %.800s", session->user, session->host,
             (long long)session->pid, time_text(time_of, session->started_at_us),
             session->arguments);
    put_line("trained by", text);
    snprintf(text, sizeof text, "commit %s%s",
             session->git_commit != NULL ? session->git_commit : "unknown",
             session->git_dirty ? ", with uncommitted changes" : "");
    put_line("", text);
    if (session->outcome != NULL) {
        snprintf(text, sizeof text, "%s %s",
                 strcmp(session->outcome, "died") == 0 ? "died, found" : "ended",
                 time_text(time_of, session->ended_at_us));
        put_line("", text);
    }
}

/* Between the first and the last session of the experiment: no hash shows it. */
static ckl_status print_code(const invocation *call, ckl_manager *manager, const char *hash,
                             ckl_error *err)
{
    ckl_diff *diff = NULL;
    ckl_diff_code code = {0};
    ckl_status status = ckl_diff_open(&diff, manager, hash, hash, err);
    if (status == CKL_OK)
        status = ckl_diff_read_code(&code, diff, err);
    ckl_diff_close(diff);
    if (call->json)
        emit_boolean("code_changed", code.changed);
    else if (code.changed)
        print_code_change(&code);
    return status;
}

static ckl_status print_sessions(const invocation *call, ckl_manager *manager, const char *hash,
                                 ckl_error *err)
{
    ckl_session_cursor *cursor = NULL;
    ckl_session_row session;
    ckl_status status = ckl_sessions(&cursor, manager, hash, err);
    if (status != CKL_OK)
        return status;
    if (call->json)
        emit_open_array("environment");
    while ((status = ckl_session_next(&session, cursor, err)) == CKL_OK) {
        if (call->json)
            session_json(&session);
        else
            session_text(&session);
    }
    ckl_session_cursor_close(cursor);
    if (call->json)
        emit_close_array();
    return status == CKL_DONE ? CKL_OK : status;
}

static void info_json(const ckl_experiment_info *info)
{
    emit_text("experiment", info->hash.text);
    component_json("model", &info->model);
    component_json("config", &info->config);
    component_json("data", &info->data);
    emit_time("at", info->first_at_us);
    emit_boolean("dumped", info->dumped);
    emit_open_object("samples");
    emit_integer("total", (int64_t)info->samples.total);
    emit_integer("discarded", (int64_t)info->samples.discarded);
    emit_integer("tagged", (int64_t)info->samples.tagged);
    emit_close_object();
}

static void info_text(const ckl_experiment_info *info)
{
    char text[160], time_of[32];
    printf("%s%s%s\n", paint(BOLD), info->hash.text, paint(PLAIN));
    component_text("model", &info->model);
    component_text("config", &info->config);
    component_text("data", &info->data);
    put_line("recorded", time_text(time_of, info->first_at_us));
    put_line("dumped", info->dumped ? time_text(time_of, info->dumped_at_us) : "no");
    snprintf(text, sizeof text, "%llu, %llu discarded, %llu tagged",
             (unsigned long long)info->samples.total, (unsigned long long)info->samples.discarded,
             (unsigned long long)info->samples.tagged);
    if (info->data.present)
        put_line("samples", text);
}

ckl_status cmd_show(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    ckl_experiment_info info;
    (void)exit_code;
    ckl_status status = check_arguments(call, 0, 1, err);
    if (status == CKL_OK)
        status = ckl_experiment(&info, manager, first_argument(call), err);
    if (status != CKL_OK)
        return status;
    if (call->json) {
        emit_begin();
        info_json(&info);
    } else {
        info_text(&info);
    }
    status = print_parents(call, manager, info.hash.text, err);
    if (status == CKL_OK && !call->json && info.checkpoint_count > 0)
        put_line("checkpoints", "");
    if (status == CKL_OK)
        status = print_checkpoints(call, manager, info.hash.text, true, err);
    if (status == CKL_OK)
        status = print_sessions(call, manager, info.hash.text, err);
    if (status == CKL_OK)
        status = print_code(call, manager, info.hash.text, err);
    if (call->json)
        emit_end();
    return status;
}

/* ---- state ----------------------------------------------------------------------------------- */

/* The guide's form, one sample a line, so that it can be read and compared. */
static void print_state(const ckl_data_state *state)
{
    uint64_t total = ckl_data_state_counts(state).total;
    emit_open_object(NULL);
    emit_open_array("uids");
    for (uint64_t index = 0; index < total; index++)
        emit_text(NULL, ckl_data_state_sample(state, index).uid);
    emit_close_array();
    emit_open_array("discarded");
    for (uint64_t index = 0; index < total; index++) {
        ckl_sample sample = ckl_data_state_sample(state, index);
        if (sample.discarded)
            emit_text(NULL, sample.uid);
    }
    emit_close_array();
    emit_open_object("tags");
    for (uint64_t index = 0; index < total; index++) {
        ckl_sample sample = ckl_data_state_sample(state, index);
        if (sample.tag_count == 0)
            continue;
        emit_open_array(sample.uid);
        for (size_t tag = 0; tag < sample.tag_count; tag++)
            emit_text(NULL, sample.tags[tag]);
        emit_close_array();
    }
    emit_close_object();
    emit_end();
}

static ckl_status show_state(ckl_manager *manager, const char *hash, ckl_error *err)
{
    ckl_data_state *state = NULL;
    ckl_status status = ckl_manager_load_data_state(&state, manager, hash, err);
    if (status != CKL_OK)
        return status;
    print_state(state);
    ckl_data_state_free(state);
    return CKL_OK;
}

ckl_status cmd_state(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    const char *time = option_value(call, "--at");
    int64_t at_us = 0;
    ckl_hash head;
    (void)exit_code;
    ckl_status status = check_arguments(call, 0, time != NULL ? 0 : 1, err);
    if (status == CKL_OK && time == NULL)
        return show_state(manager, first_argument(call), err);
    if (status == CKL_OK)
        status = ckl_time_parse(&at_us, time, err);
    if (status == CKL_OK)
        status = ckl_manager_head_at(&head, manager, at_us, err);
    return status == CKL_OK ? show_state(manager, head.text, err) : status;
}

/* ---- cat ------------------------------------------------------------------------------------- */

static ckl_status cat_config(ckl_manager *manager, const char *hash, ckl_error *err)
{
    ckl_config *config = NULL;
    ckl_status status = ckl_manager_load_config(&config, manager, hash, err);
    if (status != CKL_OK)
        return status;
    puts(ckl_config_text(config));
    ckl_config_free(config);
    return CKL_OK;
}

static ckl_status cat_model(ckl_manager *manager, const char *hash, bool architecture,
                            ckl_error *err)
{
    char *bytes = NULL;
    size_t size = 0;
    ckl_status status = architecture
                            ? ckl_manager_load_architecture(&bytes, &size, manager, hash, err)
                            : ckl_manager_load_model(&bytes, &size, manager, hash, err);
    if (status != CKL_OK)
        return status;
    fwrite(bytes, 1, size, stdout);
    if (!architecture && size > 0 && bytes[0] == '{')
        putchar('\n');
    ckl_free(bytes);
    return CKL_OK;
}

ckl_status cmd_cat(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    (void)exit_code;
    ckl_status status = check_arguments(call, 2, 2, err);
    if (status != CKL_OK)
        return status;
    const char *hash = call->arguments[0], *what = call->arguments[1];
    if (strcmp(what, "config") == 0)
        return cat_config(manager, hash, err);
    if (strcmp(what, "data") == 0)
        return show_state(manager, hash, err);
    if (strcmp(what, "model") == 0)
        return cat_model(manager, hash, false, err);
    if (strcmp(what, "architecture") == 0)
        return cat_model(manager, hash, true, err);
    return usage_error(call, err, "ckl cat shows config, model, data or architecture, not '%s'",
                       what);
}
