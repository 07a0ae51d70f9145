/* What the tests of data states share. */
#ifndef STATE_TEST_H
#define STATE_TEST_H

#include <ckl/ckl.h>

#include "value.h"
#include "values_test.h"

static inline ckl_data_state *new_state(void)
{
    ckl_data_state *state = NULL;
    ck_assert_int_eq(ckl_data_state_new(&state, NULL), CKL_OK);
    return state;
}

static inline char *canonical(ckl_data_state *state)
{
    char *text = NULL;
    ck_assert_int_eq(ckl_canonical_text(&text, NULL, NULL, NULL, state, NULL, NULL), CKL_OK);
    return text;
}

static inline void expect_canonical(ckl_data_state *state, const char *expected)
{
    char *text = canonical(state);
    ck_assert_str_eq(text, expected);
    ckl_free(text);
}

#endif
