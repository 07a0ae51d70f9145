/* A folder of its own for each test of files, and short ways to make and read files in it. */
#ifndef FOLDER_H
#define FOLDER_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fault.h"
#include "fs.h"

static char root[64];
static ckl_error fault; /* of the last call */

static inline void make_root(void)
{
    fault_reset();
    snprintf(root, sizeof root, "/tmp/ckl-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
}

static inline void remove_root(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    ck_assert_int_eq(system(command), 0);
}

/* What the umask leaves of permissions. */
static inline mode_t left_by_umask(mode_t wanted)
{
    mode_t mask = umask(0);
    umask(mask);
    return wanted & ~mask;
}

#define ASSERT_STATUS(call, expected)                                                              \
    do {                                                                                           \
        ckl_error_clear(&fault);                                                                   \
        ckl_status status_of_call = (call);                                                        \
        ck_assert_msg(status_of_call == (expected), "%s: %s '%s'", #call,                          \
                      ckl_status_name(status_of_call), fault.message);                             \
        ck_assert_int_eq(fault.code, status_of_call);                                              \
    } while (0)
#define ASSERT_OK(call) ASSERT_STATUS(call, CKL_OK)

/* ROOT/NAME; one of four, so that a call may take two. */
static inline const char *at(const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", root, name);
    return path;
}

static inline void put(const char *name, const char *text)
{
    FILE *file = fopen(at(name), "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static inline void assert_holds(const char *name, const char *text)
{
    char found[256] = "";
    FILE *file = fopen(at(name), "r");
    ck_assert_msg(file != NULL, "%s is missing", name);
    size_t size = fread(found, 1, sizeof found - 1, file);
    fclose(file);
    found[size] = '\0';
    ck_assert_str_eq(found, text);
}

static inline struct stat look(const char *name)
{
    struct stat found;
    ck_assert_msg(lstat(at(name), &found) == 0, "%s is missing", name);
    return found;
}

static inline bool is_there(const char *name)
{
    struct stat found;
    return lstat(at(name), &found) == 0;
}

static inline digest digest_of(const void *bytes, size_t size)
{
    digest result;
    ck_assert_int_eq(hash_bytes(&result, bytes, size, NULL), CKL_OK);
    return result;
}

static inline int run_suite(TCase *tests, const char *name, void (*make)(void),
                            void (*remove_all)(void))
{
    Suite *suite = suite_create(name);
    tcase_add_checked_fixture(tests, make, remove_all);
    tcase_set_timeout(tests, 120);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}

#endif
