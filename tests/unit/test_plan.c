/* Decisions, without doing anything. */
#include <check.h>

#include "plan.h"

START_TEST(every_combination)
{
    /* Bits of _i: head recorded, dumped, has a checkpoint, a component differs, equal content. */
    plan_input input = {.head = {1, 2, 3},
                        .next = {1, _i & 8 ? 9 : 2, 3},
                        .head_recorded = _i & 1,
                        .head_dumped = _i & 2,
                        .head_has_checkpoint = _i & 4,
                        .same_content = _i & 16};
    plan_output output = plan_change(&input);
    ck_assert_uint_eq(output.changed, _i & 8 ? CKL_CONFIG : 0u);
    ck_assert_int_eq(output.write, (_i & 8) || !(_i & 16));
    ck_assert_int_eq(output.dump_first, (_i & 8) && (_i & 1) && !(_i & 2) && (_i & 4));
}
END_TEST

START_TEST(absent_differs_from_present)
{
    plan_state nothing = {0}, all = {1, 2, 3}, data = {0, 0, 3};
    ck_assert_uint_eq(plan_difference(&nothing, &all), CKL_ALL_COMPONENTS);
    ck_assert_uint_eq(plan_difference(&data, &all), CKL_MODEL | CKL_CONFIG);
    ck_assert_uint_eq(plan_difference(&all, &all), 0u);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, every_combination, 0, 32);
    tcase_add_test(tests, absent_differs_from_present);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
