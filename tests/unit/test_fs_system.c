/* What depends on the file system: space that is taken before it is needed, and what cannot be had
 * on one that other machines share. */
#include <errno.h>
#include <unistd.h>

#include "clock.h"
#include "folder.h"

/* A megabyte and more: less is not worth asking for. */
static void put_large(const char *name)
{
    char *bytes = calloc(1, 3000001);
    FILE *file = fopen(at(name), "w");
    ck_assert(bytes != NULL && file != NULL);
    memset(bytes, 'w', 3000000);
    ck_assert_int_ge(fputs(bytes, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    free(bytes);
}

/* Too full: nothing is written. Where space cannot be taken before, it is copied all the same. */
START_TEST(space_is_taken_before_a_large_copy)
{
    static const int NUMBERS[] = {ENOSPC, EDQUOT, EFBIG, EOPNOTSUPP, ENOSYS, EINTR, 0};
    digest value, same;
    uint64_t size = 0;
    struct stat found;
    fs_writer *writer = NULL;
    put_large("source");
    fault_fail(FAULT_RESERVE, 1, false, NUMBERS[_i]);
    ASSERT_OK(fs_writer_create(&writer, at("copy"), &fault));
    unsigned before = fault_count(FAULT_WRITE);
    if (_i < 3) {
        ASSERT_STATUS(fs_writer_copy(writer, at("source"), &fault), CKL_NO_SPACE);
        ck_assert_uint_eq(fault_count(FAULT_WRITE), before);
        fs_writer_abandon(writer);
        return;
    }
    ASSERT_OK(fs_writer_copy(writer, at("source"), &fault));
    ASSERT_OK(fs_writer_finish(&value, &size, writer, 0444, &fault));
    ck_assert_uint_eq(size, 3000000);
    ASSERT_OK(fs_hash_file(&same, &size, at("source"), &fault));
    ck_assert(digest_equal(&value, &same));
    ck_assert_int_eq(stat(at("copy"), &found), 0);
    ck_assert_int_eq(found.st_size, 3000000);
}
END_TEST

/* More was expected than came: the file keeps no more than it has. */
START_TEST(space_that_is_not_needed_is_given_back)
{
    digest value;
    uint64_t size = 0;
    struct stat found;
    fs_writer *writer = NULL;
    ASSERT_OK(fs_writer_create(&writer, at("short"), &fault));
    ASSERT_OK(fs_writer_expect(writer, 3000000, &fault));
    ASSERT_OK(fs_writer_add(writer, "few", 3, &fault));
    ASSERT_OK(fs_writer_finish(&value, &size, writer, 0444, &fault));
    ck_assert_int_eq(stat(at("short"), &found), 0);
    ck_assert_int_eq(found.st_size, 3);
    ck_assert_int_lt(found.st_blocks * 512, 1000000);
}
END_TEST

/* ---- shared with other machines -------------------------------------------------------------- */

static bool is_mapped(const char *path)
{
    char line[1024];
    bool found = false;
    FILE *maps = fopen("/proc/self/maps", "r");
    ck_assert_ptr_nonnull(maps);
    while (fgets(line, sizeof line, maps) != NULL)
        found = found || strstr(line, path) != NULL;
    ck_assert_int_eq(fclose(maps), 0);
    return found;
}

/* What one says the other hears: at once from shared memory, within a second from a network's file,
 * of which nothing is mapped. */
START_TEST(a_change_is_heard)
{
    fs_counter *one = NULL, *other = NULL;
    const char *path = at("changes");
    ck_assert_int_eq(setenv("CKL_FILE_SYSTEM", _i == 0 ? "local" : "network", 1), 0);
    ck_assert_int_eq(fs_is_network(root, NULL), _i != 0);
    ASSERT_OK(fs_counter_open(&one, path, &fault));
    ASSERT_OK(fs_counter_open(&other, path, &fault));
    ck_assert_int_eq(is_mapped(path), _i == 0);
    for (int round = 0; round < 2; round++) {
        uint64_t before = fs_counter_read(other);
        fs_counter_change(one);
        ck_assert_uint_gt(fs_counter_read(one), before);
        if (_i != 0)
            clock_sleep_us(1100000);
        ck_assert_uint_eq(fs_counter_read(other), fs_counter_read(one));
    }
    fs_counter_close(one);
    fs_counter_close(other);
}
END_TEST

START_TEST(local_disks_are_not_taken_for_a_network)
{
    const char *name = NULL;
    ck_assert_int_eq(unsetenv("CKL_FILE_SYSTEM"), 0);
    ck_assert(!fs_is_network("/proc", &name) && !fs_is_network(at("missing"), &name));
    put("file", "text");
    ck_assert(!fs_lacks_locks(at("file")) && !fs_lacks_locks(at("missing")));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, space_is_taken_before_a_large_copy, 0, 7);
    tcase_add_test(tests, space_that_is_not_needed_is_given_back);
    tcase_add_loop_test(tests, a_change_is_heard, 0, 2);
    tcase_add_test(tests, local_disks_are_not_taken_for_a_network);
    return run_suite(tests, "fs_system", make_root, remove_root);
}
