/* Files and folders: what is written, removed, renamed and locked, also when calls fail. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "folder.h"

/* ---- folders --------------------------------------------------------------------------------- */

START_TEST(folders_are_made_once)
{
    ASSERT_OK(fs_make_directories(at("a/b/c"), &fault));
    ck_assert(fs_is_directory(at("a/b/c")));
    ck_assert_uint_eq(fault_count(FAULT_SYNC), 3); /* each new name is made durable */
    ASSERT_OK(fs_make_directories(at("a/b/c"), &fault));
    ck_assert_uint_eq(fault_count(FAULT_MKDIR), 3);
    put("file", "x");
    ASSERT_STATUS(fs_make_directories(at("file/b"), &fault), CKL_IO);
    ck_assert_ptr_nonnull(strstr(fault.message, "file"));
    ASSERT_OK(fs_make_directory(at("private"), &fault));
    ASSERT_OK(fs_make_directory(at("private"), &fault));
    ck_assert_uint_eq(look("private").st_mode & 0777, left_by_umask(0777));
    ASSERT_STATUS(fs_make_directory(at("file"), &fault), CKL_IO);
    fault_fail(FAULT_MKDIR, 1, false, ENOSPC);
    ASSERT_STATUS(fs_make_directories(at("full"), &fault), CKL_NO_SPACE);
}
END_TEST

START_TEST(folders_are_listed)
{
    char **names = NULL;
    size_t count = 0;
    ASSERT_OK(fs_list(&names, &count, root, &fault));
    ck_assert_uint_eq(count, 0);
    ckl_free(names);
    put("one", "");
    put("two words", "");
    ASSERT_OK(fs_list(&names, &count, root, &fault));
    ck_assert_uint_eq(count, 2);
    bool first = strcmp(names[0], "one") == 0;
    ck_assert_str_eq(names[first ? 0 : 1], "one");
    ck_assert_str_eq(names[first ? 1 : 0], "two words");
    ckl_free(names);
    ASSERT_STATUS(fs_list(&names, &count, at("none"), &fault), CKL_NOT_FOUND);
}
END_TEST

START_TEST(removing_a_tree_follows_no_link)
{
    ASSERT_OK(fs_make_directories(at("tree/a/b"), &fault));
    ASSERT_OK(fs_make_directories(at("outside"), &fault));
    put("outside/kept", "kept");
    put("tree/a/b/file", "x");
    ck_assert_int_eq(symlink(at("outside"), at("tree/a/link")), 0);
    ck_assert_int_eq(symlink(at("nowhere"), at("tree/dangling")), 0);
    ck_assert_int_eq(mkfifo(at("tree/pipe"), 0600), 0);
    unsigned before = fault_open_descriptors();
    ASSERT_OK(fs_remove_tree(at("tree"), &fault));
    ck_assert(!is_there("tree"));
    assert_holds("outside/kept", "kept");
    ASSERT_OK(fs_remove_tree(at("tree"), &fault)); /* gone already */
    ck_assert_int_eq(symlink(at("outside"), at("link")), 0);
    ASSERT_STATUS(fs_remove_tree(at("link"), &fault), CKL_IO);
    assert_holds("outside/kept", "kept");
    fault_fail(FAULT_UNLINK, 1, false, EIO);
    ASSERT_STATUS(fs_remove_tree(at("outside"), &fault), CKL_IO);
    ck_assert_uint_eq(fault_open_descriptors(), before);
}
END_TEST

/* ---- renaming and linking -------------------------------------------------------------------- */

static const int NO_RENAMEAT2[] = {0, EINVAL, ENOSYS};

START_TEST(renaming_does_not_replace)
{
    int number = NO_RENAMEAT2[_i % 3];
    if (number != 0)
        fault_fail(FAULT_RENAME_NOREPLACE, 1, true, number);
    if (_i >= 3)
        fault_fail(FAULT_LINK, 1, true, EPERM); /* a file system without links */
    put("from", "new");
    put("to", "old");
    ASSERT_STATUS(fs_rename(at("from"), at("to"), false, &fault), CKL_BUSY);
    assert_holds("from", "new");
    assert_holds("to", "old");
    ASSERT_OK(fs_rename(at("from"), at("free"), false, &fault));
    ck_assert(!is_there("from"));
    assert_holds("free", "new");
    ASSERT_OK(fs_rename(at("free"), at("to"), true, &fault));
    assert_holds("to", "new");

    ASSERT_OK(fs_make_directories(at("folder"), &fault));
    ASSERT_OK(fs_make_directories(at("empty"), &fault));
    put("folder/file", "x");
    ASSERT_STATUS(fs_rename(at("folder"), at("empty"), false, &fault), CKL_BUSY);
    ASSERT_OK(fs_rename(at("folder"), at("other"), false, &fault));
    assert_holds("other/file", "x");
    ASSERT_STATUS(fs_rename(at("none"), at("some"), false, &fault), CKL_NOT_FOUND);
}
END_TEST

START_TEST(linking_says_when_to_copy)
{
    static const int NUMBERS[] = {EXDEV, EMLINK, EPERM, ENOTSUP};
    put("file", "x");
    ASSERT_OK(fs_link(at("file"), at("second"), &fault));
    ck_assert_uint_eq(look("file").st_ino, look("second").st_ino);
    for (size_t index = 0; index < sizeof NUMBERS / sizeof *NUMBERS; index++) {
        fault_fail(FAULT_LINK, 1, false, NUMBERS[index]);
        ASSERT_STATUS(fs_link(at("file"), at("third"), &fault), CKL_INVALID);
    }
    fault_fail(FAULT_LINK, 1, false, ENOSPC);
    ASSERT_STATUS(fs_link(at("file"), at("third"), &fault), CKL_NO_SPACE);
    ASSERT_STATUS(fs_link(at("none"), at("third"), &fault), CKL_NOT_FOUND);
    ck_assert(!is_there("third"));
}
END_TEST

/* ---- reading --------------------------------------------------------------------------------- */

START_TEST(only_regular_files_are_hashed)
{
    digest found, expected = digest_of("content", 7);
    uint64_t size = 0;
    put("file", "content");
    ASSERT_OK(fs_hash_file(&found, &size, at("file"), &fault));
    ck_assert_uint_eq(size, 7);
    ck_assert(digest_equal(&found, &expected));
    fault_fail(FAULT_READ, 1, false, EINTR);
    ASSERT_OK(fs_hash_file(&found, &size, at("file"), &fault));
    ck_assert(digest_equal(&found, &expected));
    fault_fail(FAULT_READ, 1, false, EIO);
    ASSERT_STATUS(fs_hash_file(&found, &size, at("file"), &fault), CKL_IO);
    ck_assert_int_eq(symlink(at("file"), at("link")), 0);
    ck_assert_int_eq(mkfifo(at("pipe"), 0600), 0);
    ASSERT_STATUS(fs_hash_file(&found, &size, at("link"), &fault), CKL_INVALID);
    ASSERT_STATUS(fs_hash_file(&found, &size, at("pipe"), &fault), CKL_INVALID);
    ASSERT_STATUS(fs_hash_file(&found, &size, root, &fault), CKL_INVALID);
    ASSERT_STATUS(fs_hash_file(&found, &size, at("none"), &fault), CKL_NOT_FOUND);
    ASSERT_STATUS(fs_file_size(&size, at("link"), &fault), CKL_INVALID);
    ASSERT_STATUS(fs_file_size(&size, at("none"), &fault), CKL_NOT_FOUND);
    ASSERT_OK(fs_file_size(&size, at("file"), &fault));
    ck_assert_uint_eq(size, 7);
}
END_TEST

/* ---- writing --------------------------------------------------------------------------------- */

#define BIG 100000

static fs_writer *new_writer(const char *name)
{
    fs_writer *writer = NULL;
    ASSERT_OK(fs_writer_create(&writer, at(name), &fault));
    return writer;
}

/* Finishes, and asserts that the file holds these bytes, and that what is told about it is true. */
static void finish_with(fs_writer *writer, const char *name, const void *bytes, size_t size)
{
    digest told, found, expected = digest_of(bytes, size);
    uint64_t told_size = 0, found_size = 0;
    ASSERT_OK(fs_writer_finish(&told, &told_size, writer, 0444, &fault));
    ASSERT_OK(fs_hash_file(&found, &found_size, at(name), &fault));
    ck_assert_uint_eq(found_size, size);
    ck_assert(digest_equal(&found, &expected));
    ck_assert_uint_eq(told_size, size);
    ck_assert(digest_equal(&told, &expected));
    ck_assert_uint_eq(look(name).st_mode & 0777, left_by_umask(0444));
}

START_TEST(what_is_added_is_hashed)
{
    char *bytes = malloc(BIG);
    fs_writer *writer = new_writer("file");
    for (size_t index = 0; index < BIG; index++)
        bytes[index] = (char)(index * 7 >> 3);
    fault_write_at_most(333);
    fault_fail(FAULT_WRITE, 5, false, EINTR);
    ASSERT_OK(fs_writer_add(writer, bytes, 10, &fault));
    ASSERT_OK(fs_writer_add(writer, bytes + 10, BIG - 10, &fault));
    ck_assert_uint_gt(fault_count(FAULT_WRITE), BIG / 333);
    finish_with(writer, "file", bytes, BIG);
    ASSERT_STATUS(fs_writer_create(&writer, at("file"), &fault), CKL_IO); /* there already */
    ck_assert_int_eq(symlink(at("target"), at("link")), 0);
    ASSERT_STATUS(fs_writer_create(&writer, at("link"), &fault), CKL_IO);
    ck_assert(!is_there("target"));
    finish_with(new_writer("empty"), "empty", "", 0);
    free(bytes);
}
END_TEST

START_TEST(what_the_caller_writes_is_read_back)
{
    fs_writer *writer = new_writer("file");
    ASSERT_OK(fs_writer_add(writer, "head", 4, &fault));
    int descriptor = fs_writer_descriptor(writer);
    ck_assert_int_eq(pwrite(descriptor, "tail", 4, 10), 4); /* behind a hole */
    ck_assert_int_eq(pwrite(descriptor, "H", 1, 0), 1);     /* over what was added */
    ck_assert_int_eq(lseek(descriptor, 3, SEEK_SET), 3);
    finish_with(writer, "file", "Head\0\0\0\0\0\0tail", 14);

    writer = new_writer("shorter");
    ASSERT_OK(fs_writer_add(writer, "too much", 8, &fault));
    ck_assert_int_eq(ftruncate(fs_writer_descriptor(writer), 3), 0);
    finish_with(writer, "shorter", "too", 3);
}
END_TEST

START_TEST(a_failed_sync_is_not_tried_again)
{
    digest told;
    uint64_t size;
    fs_writer *writer = new_writer("file");
    ASSERT_OK(fs_writer_add(writer, "x", 1, &fault));
    fault_fail(FAULT_SYNC, 1, false, EIO);
    ASSERT_STATUS(fs_writer_finish(&told, &size, writer, 0444, &fault), CKL_IO);
    ck_assert_uint_eq(fault_count(FAULT_SYNC), 1);
    put("other", "x");
    fault_fail(FAULT_SYNC, 1, false, EIO);
    ASSERT_STATUS(fs_protect(&told, &size, at("other"), 0444, &fault), CKL_IO);
    ck_assert_uint_eq(fault_count(FAULT_SYNC), 2);
    ASSERT_OK(fs_protect(&told, &size, at("other"), 0400, &fault));
    ck_assert_uint_eq(look("other").st_mode & 0777, 0400);
}
END_TEST

/* Every call fails in turn: the failure is told, and no descriptor stays open. */
START_TEST(writing_tells_every_failure)
{
    static const int NUMBERS[] = {EIO, ENOSPC};
    put("source", "source");
    unsigned before = fault_open_descriptors(), nth = 0, failed = 0;
    for (bool hit = true; hit; failed += hit) {
        fs_writer *writer = NULL;
        digest told;
        uint64_t size;
        fault_reset();
        fault_fail(FAULT_ANY, ++nth, false, NUMBERS[_i]);
        ckl_error_clear(&fault);
        ckl_status status = fs_writer_create(&writer, at("file"), &fault);
        if (status == CKL_OK) {
            status = fs_writer_add(writer, "head", 4, &fault);
            if (status == CKL_OK)
                status = fs_writer_copy(writer, at("source"), &fault);
            if (status == CKL_OK)
                status = fs_writer_finish(&told, &size, writer, 0444, &fault);
            else
                fs_writer_abandon(writer);
        }
        hit = fault_count(FAULT_ANY) >= nth;
        if (status == CKL_OK)
            assert_holds("file", "headsource"); /* closing a file that was read may fail */
        else
            ck_assert_int_eq(status, NUMBERS[_i] == ENOSPC ? CKL_NO_SPACE : CKL_IO);
        ck_assert_int_eq(fault.code, status);
        ck_assert_uint_eq(fault_open_descriptors(), before);
        unlink(at("file"));
    }
    ck_assert_uint_ge(failed, 8);
}
END_TEST

/* ---- copying --------------------------------------------------------------------------------- */

START_TEST(copying_takes_what_ends)
{
    put("source", "some bytes");
    if (_i == 1)
        fault_can_clone();
    fs_writer *writer = new_writer("file");
    ASSERT_OK(fs_writer_copy(writer, at("source"), &fault));
    ASSERT_OK(fs_writer_add(writer, " more", 5, &fault));
    finish_with(writer, "file", "some bytes more", 15);
    writer = new_writer("behind");
    ASSERT_OK(fs_writer_add(writer, "head ", 5, &fault));
    ASSERT_OK(fs_writer_copy(writer, at("source"), &fault));
    finish_with(writer, "behind", "head some bytes", 15);
    writer = new_writer("none");
    ASSERT_STATUS(fs_writer_copy(writer, at("missing"), &fault), CKL_NOT_FOUND);
    ASSERT_STATUS(fs_writer_copy(writer, root, &fault), CKL_INVALID);
    ASSERT_STATUS(fs_writer_copy(writer, "/dev/zero", &fault), CKL_INVALID);
    fs_writer_abandon(writer);
}
END_TEST

/* Large ones are hashed beside the copying; one that does not end with a piece, too. */
START_TEST(large_copies_are_hashed)
{
    static const size_t SIZES[] = {(size_t)8 << 20, ((size_t)11 << 20) + 12345, (size_t)3 << 20};
    for (size_t index = 0; index < sizeof SIZES / sizeof *SIZES; index++) {
        fs_writer *writer = NULL;
        digest expected, found;
        uint64_t size = 0;
        char *bytes = malloc(SIZES[index]);
        ck_assert_ptr_nonnull(bytes);
        for (size_t at_byte = 0; at_byte < SIZES[index]; at_byte++)
            bytes[at_byte] = (char)(at_byte * 31 + at_byte / 4099);
        FILE *file = fopen(at("large"), "wb");
        ck_assert_ptr_nonnull(file);
        ck_assert_uint_eq(fwrite(bytes, 1, SIZES[index], file), SIZES[index]);
        ck_assert_int_eq(fclose(file), 0);
        ASSERT_OK(hash_bytes(&expected, bytes, SIZES[index], &fault));
        free(bytes);
        ASSERT_OK(fs_writer_create(&writer, at("copy"), &fault));
        ASSERT_OK(fs_writer_copy(writer, at("large"), &fault));
        ASSERT_OK(fs_writer_finish(&found, &size, writer, 0444, &fault));
        ck_assert_uint_eq(size, SIZES[index]);
        ck_assert(digest_equal(&expected, &found));
        ASSERT_OK(fs_hash_file(&found, &size, at("copy"), &fault));
        ck_assert(digest_equal(&expected, &found));
        ASSERT_OK(fs_remove_file(at("copy"), &fault));
    }
}
END_TEST

START_TEST(cloning_is_all_or_nothing)
{
    put("source", "some bytes");
    fs_writer *writer = new_writer("file");
    ASSERT_STATUS(fs_writer_clone(writer, at("source"), &fault), CKL_INVALID);
    ASSERT_STATUS(fs_writer_clone(writer, at("none"), &fault), CKL_NOT_FOUND);
    fault_can_clone();
    ASSERT_OK(fs_writer_clone(writer, at("source"), &fault));
    ck_assert_uint_eq(fault_count(FAULT_WRITE), 0);
    finish_with(writer, "file", "some bytes", 10);
}
END_TEST

/* Starts a process that writes into ROOT/pipe, late and in two pieces. */
static pid_t start_feeder(void)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    clock_sleep_us(30000);
    FILE *pipe_end = fopen(at("pipe"), "w");
    fputs("through ", pipe_end);
    fflush(pipe_end);
    clock_sleep_us(30000);
    fputs("a pipe", pipe_end);
    fclose(pipe_end);
    _exit(0);
}

START_TEST(a_pipe_is_waited_for)
{
    ck_assert_int_eq(mkfifo(at("pipe"), 0600), 0);
    pid_t child = start_feeder();
    fs_writer *writer = new_writer("file");
    ASSERT_OK(fs_writer_copy(writer, at("pipe"), &fault));
    finish_with(writer, "file", "through a pipe", 14);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);

    child = start_feeder();
    ck_assert_ptr_nonnull(freopen(at("pipe"), "r", stdin));
    writer = new_writer("input");
    ASSERT_OK(fs_writer_copy(writer, "-", &fault));
    finish_with(writer, "input", "through a pipe", 14);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

/* ---- locks ----------------------------------------------------------------------------------- */

/* What a new process gets when it tries the lock. */
static ckl_status try_elsewhere(bool shared, int timeout_ms)
{
    int result = 0;
    pid_t child = fork();
    if (child == 0) {
        fs_lock *lock = NULL;
        _exit((int)fs_lock_take(&lock, at("lock"), shared, timeout_ms, NULL));
    }
    ck_assert_int_eq(waitpid(child, &result, 0), child);
    ck_assert(WIFEXITED(result));
    return (ckl_status)WEXITSTATUS(result);
}

START_TEST(locks_exclude)
{
    fs_lock *lock = NULL, *second = NULL;
    ASSERT_OK(fs_lock_take(&lock, at("lock"), false, 0, &fault));
    ck_assert_int_eq(try_elsewhere(false, 0), CKL_BUSY);
    ck_assert_int_eq(try_elsewhere(true, 0), CKL_BUSY);
    int64_t start = clock_monotonic_us();
    ASSERT_STATUS(fs_lock_take(&second, at("lock"), false, 50, &fault), CKL_BUSY);
    int64_t waited = clock_monotonic_us() - start;
    ck_assert_int_ge(waited, 50000);
    ck_assert_int_lt(waited, 5000000);
    ck_assert_str_ne(fault.hint, "");
    fs_lock_drop(lock);
    ck_assert_int_eq(try_elsewhere(false, 0), CKL_OK);

    ASSERT_OK(fs_lock_take(&lock, at("lock"), true, 0, &fault));
    ck_assert_int_eq(try_elsewhere(true, 0), CKL_OK);
    ck_assert_int_eq(try_elsewhere(false, 0), CKL_BUSY);
    fs_lock_drop(lock);
    fs_lock_drop(NULL);
    ASSERT_STATUS(fs_lock_take(&lock, at("none/lock"), false, 0, &fault), CKL_IO);
    ck_assert_int_eq(symlink(at("target"), at("link")), 0);
    ASSERT_STATUS(fs_lock_take(&lock, at("link"), false, 0, &fault), CKL_IO);
    ck_assert(!is_there("target"));
}
END_TEST

START_TEST(a_forked_child_does_not_unlock)
{
    fs_lock *lock = NULL;
    ASSERT_OK(fs_lock_take(&lock, at("lock"), false, 0, &fault));
    pid_t child = fork();
    if (child == 0) {
        fs_lock_drop(lock);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_int_eq(try_elsewhere(false, 0), CKL_BUSY);
    fs_lock_drop(lock);
    ck_assert_int_eq(try_elsewhere(false, 0), CKL_OK);
}
END_TEST

/* Held by a child until it is killed, while somebody waits for it. */
START_TEST(a_lock_dies_with_its_process)
{
    fs_lock *lock = NULL;
    int ready[2];
    char byte = 0;
    ck_assert_int_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        if (fs_lock_take(&lock, at("lock"), false, 0, NULL) == CKL_OK &&
            write(ready[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    ASSERT_STATUS(fs_lock_take(&lock, at("lock"), false, 0, &fault), CKL_BUSY);
    pid_t killer = fork();
    if (killer == 0) {
        clock_sleep_us(30000);
        kill(child, SIGKILL);
        _exit(0);
    }
    ASSERT_OK(fs_lock_take(&lock, at("lock"), false, 20000, &fault));
    fs_lock_drop(lock);
    waitpid(child, NULL, 0);
    waitpid(killer, NULL, 0);
}
END_TEST

START_TEST(names_are_random)
{
    char first[33], second[33];
    ASSERT_OK(fs_random_name(first, &fault));
    ASSERT_OK(fs_random_name(second, &fault));
    ck_assert_uint_eq(strspn(first, "0123456789abcdef"), 32);
    ck_assert_uint_eq(strlen(first), 32);
    ck_assert_str_ne(first, second);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, folders_are_made_once);
    tcase_add_test(tests, folders_are_listed);
    tcase_add_test(tests, removing_a_tree_follows_no_link);
    tcase_add_loop_test(tests, renaming_does_not_replace, 0, 6);
    tcase_add_test(tests, linking_says_when_to_copy);
    tcase_add_test(tests, only_regular_files_are_hashed);
    tcase_add_test(tests, what_is_added_is_hashed);
    tcase_add_test(tests, what_the_caller_writes_is_read_back);
    tcase_add_test(tests, a_failed_sync_is_not_tried_again);
    tcase_add_loop_test(tests, writing_tells_every_failure, 0, 2);
    tcase_add_loop_test(tests, copying_takes_what_ends, 0, 2);
    tcase_add_test(tests, large_copies_are_hashed);
    tcase_add_test(tests, cloning_is_all_or_nothing);
    tcase_add_test(tests, a_pipe_is_waited_for);
    tcase_add_test(tests, locks_exclude);
    tcase_add_test(tests, a_forked_child_does_not_unlock);
    tcase_add_test(tests, a_lock_dies_with_its_process);
    tcase_add_test(tests, names_are_random);
    return run_suite(tests, "fs", make_root, remove_root);
}
