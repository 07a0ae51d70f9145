#include "plan.h"

ckl_components plan_difference(const plan_state *first, const plan_state *second)
{
    return (first->model != second->model ? CKL_MODEL : 0) |
           (first->config != second->config ? CKL_CONFIG : 0) |
           (first->data != second->data ? CKL_DATA : 0);
}

plan_output plan_change(const plan_input *input)
{
    plan_output output = {.changed = plan_difference(&input->head, &input->next)};
    output.write = output.changed != 0 || !input->same_content;
    output.dump_first = output.changed != 0 && input->head_recorded && !input->head_dumped &&
                        input->head_has_checkpoint;
    return output;
}
