/* The tree: names, staging, placing, cleaning up. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "staging.h"

/* ---- names ----------------------------------------------------------------------------------- */

START_TEST(names_are_those_of_the_guide)
{
    char path[STORAGE_PATH], run[65];
    storage_directory(path, &first_hash);
    ck_assert_str_eq(path, "checkpoints/" FIRST);
    storage_file(path, &first_hash, STORAGE_CONFIG);
    ck_assert_str_eq(path, PLACE_CONFIG);
    storage_file(path, &first_hash, STORAGE_DATA);
    ck_assert_str_eq(path, PLACE_DATA);
    storage_file(path, &first_hash, STORAGE_ARCHITECTURE);
    ck_assert_str_eq(path, PLACE_MODEL);
    storage_weights(path, &first_hash, 100, NULL);
    ck_assert_str_eq(path, PLACE_STEP);
    storage_weights(path, &first_hash, 1234567, "b");
    ck_assert_str_eq(path, "checkpoints/" FIRST "/model/" FIRST "_step_1234567.b.pt");
    memset(run, 'r', 64);
    run[64] = '\0';
    storage_weights(path, &first_hash, INT64_MAX, run);
    ck_assert_str_eq(path + strlen(path) - 4, "r.pt"); /* the longest name is whole */
}
END_TEST

START_TEST(private_folder_is_private)
{
    ck_assert_str_eq(storage_root(tree), root);
    ck_assert_uint_eq(look(".ckl").st_mode & 0777, left_by_umask(0777));
    ck_assert_uint_eq(look(".ckl/tmp").st_mode & 0777, left_by_umask(0777));
    ASSERT_OK(storage_prepare(tree, &fault));
}
END_TEST

/* ---- placing --------------------------------------------------------------------------------- */

/* The dump is in its place, read-only, and `files` files are under checkpoints/ altogether. */
static void assert_dumped(unsigned files)
{
    for (size_t index = 0; index < DUMP_FILES; index++) {
        assert_holds(DUMP[index][2], DUMP[index][1]);
        ck_assert_uint_eq(look(DUMP[index][2]).st_mode & 0777, left_by_umask(0444));
    }
    ck_assert_uint_eq(count_files("checkpoints"), files);
}

START_TEST(a_new_folder_comes_whole)
{
    storage_move moves[DUMP_FILES];
    const fault_event *events;
    storage_op *op = begin(OP);
    dump_moves(moves);
    ck_assert(!can_place(op, moves, DUMP_FILES));
    stage_dump(op);
    ck_assert(can_place(op, moves, DUMP_FILES));
    ck_assert(!is_there("checkpoints"));
    ASSERT_OK(storage_place(op, moves, DUMP_FILES, &fault));
    assert_dumped(DUMP_FILES);
    unsigned appeared = 0; /* names under checkpoints/: all at once */
    for (size_t index = fault_events(&events); index-- > 0;)
        appeared += strncmp(events[index].to, at("checkpoints/"), strlen(at("checkpoints/"))) == 0;
    ck_assert_uint_eq(appeared, 1);
    ck_assert(can_place(op, moves, DUMP_FILES));
    ASSERT_OK(storage_place(op, moves, DUMP_FILES, &fault)); /* again: done already */
    storage_op_end(op);
    assert_dumped(DUMP_FILES);
    ck_assert_uint_eq(count_files(".ckl/tmp"), 0);
    storage_op_end(NULL);
}
END_TEST

START_TEST(a_folder_that_is_there_is_completed)
{
    storage_move moves[DUMP_FILES], weights = move_of("weights", "weights", PLACE_STEP);
    storage_op *op = begin(OP);
    stage(op, "weights", "weights");
    ASSERT_OK(storage_place(op, &weights, 1, &fault));
    storage_op_end(op);
    op = begin(OP);
    dump_moves(moves);
    stage_dump(op);
    ASSERT_OK(storage_place(op, moves, DUMP_FILES, &fault));
    storage_op_end(op);
    assert_dumped(DUMP_FILES + 1);
    assert_holds(PLACE_STEP, "weights");
}
END_TEST

START_TEST(a_file_in_the_way_stays_unless_replaced)
{
    storage_move weights = move_of("weights", "new", PLACE_STEP);
    storage_move equal = move_of("equal", "old", PLACE_STEP);
    storage_op *op = begin(OP);
    ASSERT_OK(fs_make_directories(at("checkpoints/" FIRST "/model"), &fault));
    put(PLACE_STEP, "old");
    stage(op, "weights", "new");
    stage(op, "equal", "old");
    ck_assert(!can_place(op, &weights, 1));
    ASSERT_STATUS(storage_place(op, &weights, 1, &fault), CKL_DAMAGED);
    ck_assert_ptr_nonnull(strstr(fault.message, PLACE_STEP));
    assert_holds(PLACE_STEP, "old");
    ck_assert(can_place(op, &equal, 1));
    ASSERT_OK(storage_place(op, &equal, 1, &fault));
    weights.replace = true;
    ck_assert(can_place(op, &weights, 1));
    ASSERT_OK(storage_place(op, &weights, 1, &fault));
    assert_holds(PLACE_STEP, "new");
    ck_assert(!can_place(op, &equal, 1)); /* "old" is staged, but "new" is in the way */
    storage_op_end(op);
    op = begin(OP);
    equal.replace = true;
    ck_assert(!can_place(op, &equal, 1)); /* staged no more */
    ASSERT_STATUS(storage_place(op, &equal, 1, &fault), CKL_DAMAGED);
    ck_assert_int_eq(unlink(at(PLACE_STEP)), 0);
    ASSERT_STATUS(storage_place(op, &equal, 1, &fault), CKL_IO);
    storage_op_end(op);
}
END_TEST

START_TEST(two_experiments_in_one_operation)
{
    storage_move moves[DUMP_FILES + 1];
    storage_op *op = begin(OP);
    dump_moves(moves);
    moves[DUMP_FILES] = moves[0];
    moves[0] = move_of("other", "other", PLACE_OTHER);
    stage_dump(op);
    stage(op, "other", "other");
    ASSERT_OK(storage_place(op, moves, DUMP_FILES + 1, &fault));
    storage_op_end(op);
    assert_dumped(DUMP_FILES + 1);
    assert_holds(PLACE_OTHER, "other");
}
END_TEST

START_TEST(only_places_of_the_tree_are_placed)
{
    static const char *const TARGETS[] = {"",
                                          "outside",
                                          "../outside",
                                          "/tmp/outside",
                                          "checkpoints/outside",
                                          "checkpoints/" FIRST,
                                          "checkpoints/" FIRST "/hp/",
                                          "checkpoints/" FIRST "/hp/config.yaml",
                                          "checkpoints/" FIRST "/hp/" OTHER "_config.yaml",
                                          "checkpoints/" FIRST "/lib/" FIRST "_config.yaml",
                                          "checkpoints/" FIRST "/hp/" FIRST "_/../../../x",
                                          "checkpoints/" FIRST "a/hp/" FIRST "_config.yaml",
                                          "checkpoints/../../../../../../tmp/x/hp/x_y"};
    storage_op *op = begin(OP);
    stage(op, "file", "x");
    for (size_t index = 0; index < sizeof TARGETS / sizeof *TARGETS; index++) {
        storage_move move = move_of("file", "x", TARGETS[index]);
        ck_assert(!can_place(op, &move, 1));
        ASSERT_STATUS(storage_place(op, &move, 1, &fault), CKL_DAMAGED);
    }
    ck_assert(!is_there("checkpoints"));
    ck_assert(!is_there("outside"));
    storage_op_end(op);
}
END_TEST

/* ---- names become durable in order ----------------------------------------------------------- */

static bool is_above(const char *folder, const char *path)
{
    size_t size = strlen(folder);
    return strncmp(folder, path, size) == 0 && path[size] == '/';
}

/* True when the folder of `path` is synced after event `from`, before `path` or a folder above it
 * gets another name. */
static bool becomes_durable(const fault_event *events, size_t count, size_t from, const char *path)
{
    for (size_t index = from + 1; index < count; index++) {
        const fault_event *event = &events[index];
        bool is_folder =
            is_above(event->path, path) && strchr(path + strlen(event->path) + 1, '/') == NULL;
        if (event->call == FAULT_SYNC && is_folder)
            return true;
        if (event->call == FAULT_RENAME && strcmp(event->path, path) == 0)
            return true; /* the new name is what counts */
        if (event->call == FAULT_RENAME && is_above(event->path, path))
            return false;
    }
    return false;
}

/* A file is renamed with all its bytes and its mode synced. */
static void check_synced_before(const fault_event *events, size_t rename)
{
    bool synced = false, seen = false;
    for (size_t index = 0; index < rename; index++) {
        if (strcmp(events[index].path, events[rename].path) != 0)
            continue;
        seen = true;
        synced = events[index].call == FAULT_SYNC;
    }
    ck_assert_msg(!seen || synced, "%s was renamed before it was synced", events[rename].path);
}

static void check_durable(unsigned least)
{
    const fault_event *events;
    size_t count = fault_events(&events);
    unsigned names = 0;
    ck_assert_uint_lt(count, 512); /* the log is whole */
    for (size_t index = 0; index < count; index++) {
        const fault_event *event = &events[index];
        const char *path = event->call == FAULT_RENAME ? event->to : event->path;
        if (event->call == FAULT_RENAME)
            check_synced_before(events, index);
        if (event->call != FAULT_RENAME && event->call != FAULT_MKDIR)
            continue;
        names++;
        ck_assert_msg(becomes_durable(events, count, index, path), "%s is not durable", path);
    }
    ck_assert_uint_ge(names, least);
}

START_TEST(names_are_durable_before_it_returns)
{
    storage_move moves[DUMP_FILES], weights = move_of("weights", "weights", PLACE_STEP);
    storage_op *op = begin(OP);
    dump_moves(moves);
    if (_i & 1)
        fault_fail(FAULT_RENAME_NOREPLACE, 1, true, ENOSYS);
    stage_dump(op);
    stage(op, "weights", "weights");
    if (_i & 2) { /* first the one, then the others beside it */
        ASSERT_OK(storage_place(op, &weights, 1, &fault));
        ASSERT_OK(storage_place(op, moves, DUMP_FILES, &fault));
    } else {
        ASSERT_OK(storage_place(op, moves, DUMP_FILES, &fault));
        ASSERT_OK(storage_place(op, &weights, 1, &fault));
    }
    check_durable(_i & 1 ? 6 : 10);
    storage_op_end(op);
}
END_TEST

/* What a dead process made, but did not make durable, is made durable by who finds it. */
START_TEST(folders_found_are_synced_too)
{
    static const char *const FOLDERS[] = {PLACE "/hp", PLACE, "checkpoints", ""};
    storage_move move = move_of("config", "x", PLACE_CONFIG);
    const fault_event *events;
    storage_op *op = begin(OP);
    ASSERT_OK(fs_make_directories(at("checkpoints/" FIRST "/hp"), &fault));
    put(PLACE_CONFIG, "x");
    fault_reset();
    ASSERT_OK(storage_place(op, &move, 1, &fault));
    size_t count = fault_events(&events);
    for (size_t folder = 0; folder < sizeof FOLDERS / sizeof *FOLDERS; folder++) {
        const char *path = FOLDERS[folder][0] == '\0' ? root : at(FOLDERS[folder]);
        bool synced = false;
        for (size_t index = 0; index < count; index++)
            synced = synced ||
                     (events[index].call == FAULT_SYNC && strcmp(events[index].path, path) == 0);
        ck_assert_msg(synced, "%s is not synced", path);
    }
    storage_op_end(op);
}
END_TEST

/* ---- sharing and taking over ----------------------------------------------------------------- */

static void place_config(const char *text)
{
    storage_op *op = begin(OP);
    storage_move move = move_of("config", text, PLACE_CONFIG);
    stage(op, "config", text);
    ASSERT_OK(storage_place(op, &move, 1, &fault));
    storage_op_end(op);
}

enum sharing { BY_LINK, BY_CLONE, BY_COPY, SHARINGS };

START_TEST(an_equal_file_is_shared)
{
    storage_move known = move_of("config", "lr: 0.1\n", PLACE_CONFIG);
    storage_move move = move_of("config", "lr: 0.1\n", PLACE_OTHER);
    place_config("lr: 0.1\n");
    storage_op *op = begin(OP);
    fault_reset();
    if (_i == BY_CLONE)
        fault_can_clone();
    if (_i == BY_COPY)
        fault_fail(FAULT_LINK, 1, true, EMLINK);
    ASSERT_OK(storage_op_share(op, "config", PLACE_CONFIG, known.size, &known.sha256, &fault));
    ck_assert_uint_eq(fault_count(FAULT_LINK), _i == BY_CLONE ? 0 : 1);
    ck_assert_uint_eq(fault_count(FAULT_WRITE), _i == BY_COPY ? 1 : 0);
    ASSERT_OK(storage_place(op, &move, 1, &fault));
    storage_op_end(op);
    assert_holds(PLACE_OTHER, "lr: 0.1\n");
    ck_assert_uint_eq(look(PLACE_OTHER).st_mode & 0777, left_by_umask(0444));
    ck_assert_int_eq(look(PLACE_OTHER).st_ino == look(PLACE_CONFIG).st_ino, _i == BY_LINK);
}
END_TEST

START_TEST(a_changed_file_is_not_shared)
{
    static const char *const CHANGES[] = {"lr: 0.2\n", "longer than it was"};
    storage_move known = move_of("config", "lr: 0.1\n", PLACE_CONFIG);
    char *staged = NULL;
    place_config("lr: 0.1\n");
    storage_op *op = begin(OP);
    ASSERT_OK(storage_op_path(&staged, op, "config", &fault));
    if (_i == BY_CLONE)
        fault_can_clone();
    if (_i == BY_COPY)
        fault_fail(FAULT_LINK, 1, true, EXDEV);
    for (size_t index = 0; index < 3; index++) { /* other bytes, another size, none */
        ck_assert_int_eq(unlink(at(PLACE_CONFIG)), 0);
        if (index < 2)
            put(PLACE_CONFIG, CHANGES[index]);
        ASSERT_STATUS(
            storage_op_share(op, "config", PLACE_CONFIG, known.size, &known.sha256, &fault),
            CKL_NOT_FOUND);
        ck_assert(!fs_exists(staged)); /* the name is free for a file that is made anew */
    }
    ck_assert_int_eq(symlink("/etc/passwd", at(PLACE_CONFIG)), 0);
    ASSERT_STATUS(storage_op_share(op, "config", PLACE_CONFIG, known.size, &known.sha256, &fault),
                  CKL_NOT_FOUND);
    stage(op, "config", "made anew");
    free(staged);
    storage_op_end(op);
}
END_TEST

START_TEST(a_file_is_taken_over)
{
    digest sha256, expected = digest_of("weights", 7);
    uint64_t size = 0;
    storage_op *op = begin(OP);
    put("mine", "weights");
    fault_reset();
    ASSERT_OK(storage_op_link(&sha256, &size, op, "weights", at("mine"), &fault));
    ck_assert_uint_eq(size, 7);
    ck_assert(digest_equal(&sha256, &expected));
    ck_assert_uint_eq(look("mine").st_mode & 0777, left_by_umask(0444));
    ck_assert_uint_eq(look("mine").st_ino, look(".ckl/tmp/" OP "/weights").st_ino);
    ck_assert_uint_eq(fault_count(FAULT_SYNC), 1);
    storage_op_end(op);
    assert_holds("mine", "weights"); /* ending removes our name for it alone */
}
END_TEST

START_TEST(what_cannot_be_taken_over_is_to_be_copied)
{
    digest sha256;
    uint64_t size;
    storage_op *op = begin(OP);
    put("mine", "weights");
    ck_assert_int_eq(symlink(at("mine"), at("link")), 0);
    ASSERT_STATUS(storage_op_link(&sha256, &size, op, "weights", at("link"), &fault), CKL_INVALID);
    ASSERT_STATUS(storage_op_link(&sha256, &size, op, "weights", at("no"), &fault), CKL_NOT_FOUND);
    fault_fail(FAULT_LINK, 1, false, EXDEV);
    ASSERT_STATUS(storage_op_link(&sha256, &size, op, "weights", at("mine"), &fault), CKL_INVALID);
    fault_fail(FAULT_CHMOD, 1, false, EPERM); /* somebody else's file */
    ASSERT_STATUS(storage_op_link(&sha256, &size, op, "weights", at("mine"), &fault), CKL_INVALID);
    fault_fail(FAULT_SYNC, 1, false, EIO);
    ASSERT_STATUS(storage_op_link(&sha256, &size, op, "weights", at("mine"), &fault), CKL_INVALID);
    ck_assert(!is_there(".ckl/tmp/" OP "/weights"));
    stage(op, "weights", "copied");
    storage_op_end(op);
}
END_TEST

/* ---- operations of other processes ----------------------------------------------------------- */

static bool keep_nothing(void *context, const char *name)
{
    (void)context;
    (void)name;
    return false;
}

static bool keep_this(void *context, const char *name)
{
    return strcmp(context, name) == 0;
}

/* A process that begins an operation, stages a file, and lives until it is killed. */
static pid_t start_owner(const char *name)
{
    int ready[2];
    char byte;
    ck_assert_int_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        stage(begin(name), "config", "x");
        if (write(ready[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return child;
}

static void end_process(pid_t process)
{
    kill(process, SIGKILL);
    ck_assert_int_eq(waitpid(process, NULL, 0), process);
}

START_TEST(an_operation_is_adopted_when_its_process_is_gone)
{
    storage_op *op = NULL;
    storage_move move = move_of("config", "x", PLACE_CONFIG);
    pid_t owner = start_owner(OP);
    ASSERT_STATUS(storage_op_adopt(&op, tree, OP, &fault), CKL_BUSY);
    end_process(owner);
    ASSERT_OK(storage_op_adopt(&op, tree, OP, &fault));
    ck_assert(can_place(op, &move, 1));
    storage_op_end(op);
    ASSERT_STATUS(storage_op_adopt(&op, tree, OP, &fault), CKL_NOT_FOUND);
    ck_assert(!is_there(".ckl/tmp/" OP));
}
END_TEST

static void end_somebody_elses(void)
{
    char command[640];
    snprintf(command, sizeof command, "rm -rf '%s'", at(".ckl/tmp/" OP));
    ck_assert_int_eq(system(command), 0);
}

/* Whatever call the folder goes away at. */
START_TEST(an_operation_that_ends_meanwhile_is_not_adopted)
{
    for (unsigned nth = 1; nth <= 3; nth++) {
        storage_op *op = NULL;
        ck_assert_int_eq(mkdir(at(".ckl/tmp/" OP), 0700), 0);
        fault_reset();
        fault_run_at(nth, end_somebody_elses);
        ckl_status status = storage_op_adopt(&op, tree, OP, NULL);
        if (fault_count(FAULT_ANY) < nth)
            end_somebody_elses(); /* adopted before */
        else
            ck_assert_int_eq(status, CKL_NOT_FOUND);
        storage_op_end(op);
    }
}
END_TEST

START_TEST(cleaning_leaves_the_living_and_the_kept)
{
    static const char *const NAMES[] = {"living", "dead", "kept"};
    pid_t owners[3];
    for (size_t index = 0; index < 3; index++)
        owners[index] = start_owner(NAMES[index]);
    end_process(owners[1]);
    end_process(owners[2]);
    put(".ckl/tmp/stray", "not a folder");
    char kept[] = "kept";
    ASSERT_OK(storage_clean(tree, keep_this, kept, &fault));
    ck_assert(is_there(".ckl/tmp/living/config"));
    ck_assert(!is_there(".ckl/tmp/dead"));
    ck_assert(is_there(".ckl/tmp/kept/config"));
    end_process(owners[0]);
    ASSERT_OK(storage_clean(tree, keep_nothing, NULL, &fault));
    ck_assert(!is_there(".ckl/tmp/living"));
    ck_assert(!is_there(".ckl/tmp/kept"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, names_are_those_of_the_guide);
    tcase_add_test(tests, private_folder_is_private);
    tcase_add_test(tests, a_new_folder_comes_whole);
    tcase_add_test(tests, a_folder_that_is_there_is_completed);
    tcase_add_test(tests, a_file_in_the_way_stays_unless_replaced);
    tcase_add_test(tests, two_experiments_in_one_operation);
    tcase_add_test(tests, only_places_of_the_tree_are_placed);
    tcase_add_loop_test(tests, names_are_durable_before_it_returns, 0, 4);
    tcase_add_test(tests, folders_found_are_synced_too);
    tcase_add_loop_test(tests, an_equal_file_is_shared, 0, SHARINGS);
    tcase_add_loop_test(tests, a_changed_file_is_not_shared, 0, SHARINGS);
    tcase_add_test(tests, a_file_is_taken_over);
    tcase_add_test(tests, what_cannot_be_taken_over_is_to_be_copied);
    tcase_add_test(tests, an_operation_is_adopted_when_its_process_is_gone);
    tcase_add_test(tests, an_operation_that_ends_meanwhile_is_not_adopted);
    tcase_add_test(tests, cleaning_leaves_the_living_and_the_kept);
    return run_suite(tests, "storage", make_tree, remove_tree);
}
