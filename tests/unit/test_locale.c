/* A host program may have set a locale with a decimal comma: what is recorded and asked is the
 * same. The locale is made with the build, from Debian's package `locales` (see
 * tests/manager.cmake). */
#include <locale.h>

#include "root.h"

static void set_decimal_comma(void)
{
    ck_assert_ptr_nonnull(setlocale(LC_ALL, "de_DE.UTF-8"));
    char text[8];
    snprintf(text, sizeof text, "%.1f", 0.5);
    ck_assert_str_eq(text, "0,5");
}

static unsigned count_found(ckl_manager *manager, ckl_condition_kind kind, const char *text)
{
    ckl_found_cursor *cursor = NULL;
    ckl_found row;
    unsigned count = 0;
    ckl_condition wanted = {kind, text};
    ASSERT_OK(ckl_find(&cursor, manager, &wanted, 1, 0, &fault));
    while (ckl_found_next(&row, cursor, &fault) == CKL_OK)
        count++;
    ckl_found_cursor_close(cursor);
    return count;
}

START_TEST(states_are_found_by_their_numbers)
{
    ckl_manager *manager = open_run(NULL);
    set_decimal_comma();
    update_config(manager, "{\"lr\": 0.5}");
    ASSERT_OK(ckl_manager_log_metric(manager, 1, "loss", 0.25, &fault));
    update_config(manager, "{\"lr\": 0.005}");
    ASSERT_OK(ckl_manager_log_metric(manager, 2, "loss", 0.75, &fault));
    ASSERT_OK(ckl_manager_flush_metrics(manager, &fault));
    ck_assert_uint_eq(count_found(manager, CKL_WHERE_CONFIG, "lr < 0.01"), 1);
    ck_assert_uint_eq(count_found(manager, CKL_WHERE_CONFIG, "lr = 5e-3"), 1);
    ck_assert_uint_eq(count_found(manager, CKL_WHERE_METRIC, "loss > 0.5"), 1);
    ckl_manager_close(manager);
}
END_TEST

/* By size, not as texts. */
START_TEST(pairs_come_in_the_order_of_their_numbers)
{
    const ckl_pair_row *row = NULL;
    ckl_pairs *pairs = NULL;
    ckl_manager *manager = open_run(NULL);
    set_decimal_comma();
    update_config(manager, "{\"lr\": 10.5}");
    ASSERT_OK(ckl_manager_log_metric(manager, 1, "loss", 0.25, &fault));
    update_config(manager, "{\"lr\": 9.5}");
    ASSERT_OK(ckl_manager_log_metric(manager, 1, "loss", 0.75, &fault));
    ASSERT_OK(ckl_manager_flush_metrics(manager, &fault));
    ckl_pairs_options options = {.metric = "loss"};
    ASSERT_OK(ckl_pairs_open(&pairs, manager, &options, &fault));
    ASSERT_OK(ckl_pairs_next(&row, pairs, &fault));
    ck_assert_str_eq(row->from, "9.5");
    ck_assert_str_eq(row->to, "10.5");
    ckl_pairs_close(pairs);
    ckl_manager_close(manager);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("locale");
    tcase_add_test(tests, states_are_found_by_their_numbers);
    tcase_add_test(tests, pairs_come_in_the_order_of_their_numbers);
    return run_suite(tests, "locale");
}
