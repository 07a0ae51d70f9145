/* import: trees that the guide's Python system wrote. */
#include "command.h"

static void print_json(const ckl_import_summary *summary, const ckl_import *done)
{
    emit_begin();
    emit_integer("experiments", (int64_t)summary->experiment_count);
    emit_integer("new_experiments", (int64_t)summary->new_count);
    emit_integer("models", (int64_t)summary->model_count);
    emit_integer("configs", (int64_t)summary->config_count);
    emit_integer("data_states", (int64_t)summary->data_count);
    emit_integer("checkpoints", (int64_t)summary->checkpoint_count);
    emit_integer("new_checkpoints", (int64_t)summary->new_checkpoint_count);
    emit_integer("refused", (int64_t)summary->refused_count);
    emit_open_array("problems");
    for (size_t index = 0; ckl_import_problem(done, index) != NULL; index++)
        emit_text(NULL, ckl_import_problem(done, index));
    emit_close_array();
    emit_end();
}

static void print_text(const ckl_import_summary *summary, const ckl_import *done)
{
    printf("%llu experiments (%llu new): %llu models, %llu configurations, %llu data states\n"
           "%llu sets of weights (%llu new), left where they are\n",
           (unsigned long long)summary->experiment_count, (unsigned long long)summary->new_count,
           (unsigned long long)summary->model_count, (unsigned long long)summary->config_count,
           (unsigned long long)summary->data_count, (unsigned long long)summary->checkpoint_count,
           (unsigned long long)summary->new_checkpoint_count);
    if (summary->refused_count > 0)
        printf("%llu refused: 16-character hashes of V2 cannot be compared\n",
               (unsigned long long)summary->refused_count);
    for (size_t index = 0; ckl_import_problem(done, index) != NULL; index++) {
        fputs("left out: ", stdout);
        put(ckl_import_problem(done, index));
        fputc('\n', stdout);
    }
}

ckl_status cmd_import(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    ckl_import_options options = {.as = option_value(call, "--as"),
                                  .reason = option_value(call, "--reason")};
    ckl_import_summary summary;
    ckl_import *done = NULL;
    ckl_status status = check_arguments(call, 1, 1, err);
    if (status == CKL_OK)
        status = ckl_import_run(&done, manager, call->arguments[0], &options, err);
    if (status != CKL_OK)
        return status;
    ckl_import_read_summary(&summary, done);
    if (call->json)
        print_json(&summary, done);
    else
        print_text(&summary, done);
    if (summary.problem_count > 0)
        *exit_code = 1;
    ckl_import_close(done);
    return CKL_OK;
}
