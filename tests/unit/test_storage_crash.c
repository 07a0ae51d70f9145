/* Processes that die before each system call in turn, calls that fail, and others that are faster:
 * placing again gives exactly the right files, and no partial file ever has its final name. */
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "staging.h"

/* What is being placed, and into what. */
typedef struct scenario {
    bool folder_is_there;  /* with weights in it, which are replaced */
    bool without_renameat; /* a file system without RENAME_NOREPLACE */
} scenario;

static const scenario SCENARIOS[] = {{false, false}, {true, false}, {false, true}, {true, true}};
#define SCENARIO_COUNT 4

#define FILES (DUMP_FILES + 1)
static storage_move moves[FILES];

static void set_up(const scenario *now)
{
    fault_reset();
    fault_no_sync();
    dump_moves(moves);
    moves[DUMP_FILES] = move_of("weights", "new weights", PLACE_STEP);
    moves[DUMP_FILES].replace = true;
    if (now->folder_is_there) {
        ASSERT_OK(fs_make_directories(at("checkpoints/" FIRST "/model"), &fault));
        put(PLACE_STEP, "old weights");
    }
    if (now->without_renameat)
        fault_fail(FAULT_RENAME_NOREPLACE, 1, true, EINVAL);
}

static void clear_tree(void)
{
    fault_reset();
    ASSERT_OK(fs_remove_tree(at("checkpoints"), &fault));
    ASSERT_OK(fs_remove_tree(at(".ckl/tmp"), &fault));
    ASSERT_OK(storage_prepare(tree, &fault));
    fault_no_sync();
}

static bool keep_nothing(void *context, const char *name)
{
    (void)context;
    (void)name;
    return false;
}

/* A file that has its final name is whole: the old one where it is replaced, or the new one. */
static void assert_nothing_partial(void)
{
    unsigned known = 0;
    for (size_t index = 0; index < FILES; index++) {
        if (!is_there(moves[index].target))
            continue;
        known++;
        if (index < DUMP_FILES)
            assert_holds(moves[index].target, DUMP[index][1]);
        else if (look(PLACE_STEP).st_mode & 0200)
            assert_holds(PLACE_STEP, "old weights");
        else
            assert_holds(PLACE_STEP, "new weights");
    }
    ck_assert_uint_eq(count_files("checkpoints"), known);
}

static void assert_all_placed(unsigned strangers)
{
    for (size_t index = 0; index < FILES; index++)
        assert_holds(moves[index].target, index < DUMP_FILES ? DUMP[index][1] : "new weights");
    ck_assert_uint_eq(count_files("checkpoints"), FILES + strangers);
}

/* In a process of its own that dies before its nth call of `doing`. True when it did. */
static bool die_doing(void (*doing)(unsigned nth), unsigned nth)
{
    int result = 0;
    pid_t child = fork();
    if (child == 0) {
        doing(nth);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &result, 0), child);
    ck_assert_msg(WIFEXITED(result), "signal %d", WTERMSIG(result));
    ck_assert(WEXITSTATUS(result) == 0 || WEXITSTATUS(result) == FAULT_EXIT_CODE);
    return WEXITSTATUS(result) == FAULT_EXIT_CODE;
}

/* _exit(3): something failed that must not. */
static void place_and_die(unsigned nth)
{
    storage_op *op = begin(OP);
    stage_dump(op);
    stage(op, "weights", "new weights");
    fault_exit_at(nth);
    if (storage_place(op, moves, FILES, NULL) != CKL_OK)
        _exit(3);
}

static void adopt_place_and_die(unsigned nth)
{
    storage_op *op = NULL;
    if (storage_op_adopt(&op, tree, OP, NULL) != CKL_OK || !can_place(op, moves, FILES))
        _exit(3);
    fault_exit_at(nth);
    if (storage_place(op, moves, FILES, NULL) != CKL_OK)
        _exit(3);
}

/* What the next opening does. */
static void recover(void)
{
    storage_op *op = NULL;
    assert_nothing_partial();
    ASSERT_OK(storage_op_adopt(&op, tree, OP, &fault));
    ck_assert(can_place(op, moves, FILES));
    ASSERT_OK(storage_place(op, moves, FILES, &fault));
    assert_all_placed(0);
    storage_op_end(op);
    assert_all_placed(0);
    ck_assert_uint_eq(count_files(".ckl/tmp"), 0);
}

START_TEST(dying_at_any_call_of_placing)
{
    unsigned died = 0;
    for (bool dies = true; dies; died += dies) {
        set_up(&SCENARIOS[_i]);
        dies = die_doing(place_and_die, died + 1);
        recover();
        clear_tree();
    }
    ck_assert_uint_gt(died, 20);
}
END_TEST

/* Recovery dies too: at every 127th pair of calls, or as CKL_STRIDE says. */
START_TEST(dying_again_in_recovery)
{
    const char *wanted = getenv("CKL_STRIDE");
    unsigned died = 0, stride = wanted != NULL ? (unsigned)atoi(wanted) : 127;
    for (bool dies = true; dies; died += dies) {
        bool again = true;
        for (unsigned second = 1 + died * 7 % stride; again; second += stride) {
            set_up(&SCENARIOS[_i]);
            dies = die_doing(place_and_die, died + 1);
            again = die_doing(adopt_place_and_die, second);
            recover();
            clear_tree();
        }
    }
    ck_assert_uint_gt(died, 20);
}
END_TEST

static void stage_and_die(unsigned nth)
{
    fault_exit_at(nth);
    storage_op *op = begin(OP);
    stage_dump(op);
    stage(op, "weights", "new weights");
}

/* Nothing was placed: what is staged by half is never taken for whole, and goes. */
START_TEST(dying_at_any_call_of_staging)
{
    unsigned died = 0;
    for (bool dies = true; dies; died += dies) {
        storage_op *op = NULL;
        set_up(&SCENARIOS[0]);
        dies = die_doing(stage_and_die, died + 1);
        ckl_status status = storage_op_adopt(&op, tree, OP, NULL);
        ck_assert(status == CKL_OK || (dies && status == CKL_NOT_FOUND));
        if (status == CKL_OK && can_place(op, moves, FILES)) {
            ASSERT_OK(storage_place(op, moves, FILES, &fault));
            assert_all_placed(0);
        } else {
            ck_assert(dies);
            ck_assert(!is_there("checkpoints"));
        }
        storage_op_end(op);
        ASSERT_OK(storage_clean(tree, keep_nothing, NULL, &fault));
        ck_assert_uint_eq(count_files(".ckl/tmp"), 0);
        clear_tree();
    }
    ck_assert_uint_gt(died, 20);
}
END_TEST

static void end_and_die(unsigned nth)
{
    storage_op *op = NULL;
    if (storage_op_adopt(&op, tree, OP, NULL) != CKL_OK)
        _exit(3);
    fault_exit_at(nth);
    storage_op_end(op);
}

START_TEST(dying_at_any_call_of_ending)
{
    char **left = NULL;
    size_t count = 1;
    unsigned died = 0;
    for (bool dies = true; dies; died += dies) {
        set_up(&SCENARIOS[0]);
        ck_assert(!die_doing(place_and_die, 1000000));
        dies = die_doing(end_and_die, died + 1);
        ASSERT_OK(storage_clean(tree, keep_nothing, NULL, &fault));
        ASSERT_OK(fs_list(&left, &count, at(".ckl/tmp"), &fault));
        ck_assert_uint_eq(count, 0);
        ckl_free(left);
        assert_all_placed(0);
        clear_tree();
    }
    ck_assert_uint_gt(died, 5);
}
END_TEST

/* ---- calls that fail ------------------------------------------------------------------------- */

/* Each call fails once; the failure is told or did not matter, nothing leaks, and doing it again
 * finishes it. */
START_TEST(any_call_may_fail)
{
    unsigned nth = 0, told = 0;
    for (bool hit = true; hit;) {
        set_up(&SCENARIOS[_i]);
        storage_op *op = begin(OP);
        stage_dump(op);
        stage(op, "weights", "new weights");
        unsigned before = fault_open_descriptors();
        fault_fail(FAULT_ANY, ++nth, false, EIO);
        unsigned calls = fault_count(FAULT_ANY);
        ckl_error_clear(&fault);
        ckl_status status = storage_place(op, moves, FILES, &fault);
        hit = fault_count(FAULT_ANY) - calls >= nth;
        fault_fail(FAULT_ANY, 0, false, 0); /* no more */
        ck_assert_int_eq(fault.code, status);
        ck_assert(status == CKL_OK || fault.message[0] != '\0');
        told += status != CKL_OK;
        ck_assert_uint_eq(fault_open_descriptors(), before);
        assert_nothing_partial();
        ck_assert(can_place(op, moves, FILES));
        ASSERT_OK(storage_place(op, moves, FILES, &fault));
        assert_all_placed(0);
        storage_op_end(op);
        clear_tree();
    }
    ck_assert_uint_gt(told, 15);
}
END_TEST

/* ---- others that are faster ------------------------------------------------------------------ */

#define STRANGER "checkpoints/" FIRST "/model/" FIRST "_step_000200.pt"

static void another_makes_the_folder(void)
{
    char command[1024];
    snprintf(command, sizeof command, "mkdir -p '%s' && echo x >'%s'",
             at("checkpoints/" FIRST "/model"), at(STRANGER));
    ck_assert_int_eq(system(command), 0);
}

START_TEST(another_makes_the_folder_at_any_call)
{
    unsigned nth = 0;
    for (bool hit = true; hit;) {
        set_up(&SCENARIOS[_i]);
        storage_op *op = begin(OP);
        stage_dump(op);
        stage(op, "weights", "new weights");
        unsigned calls = fault_count(FAULT_ANY);
        fault_run_at(++nth, another_makes_the_folder);
        ASSERT_OK(storage_place(op, moves, FILES, &fault));
        hit = fault_count(FAULT_ANY) - calls >= nth;
        fault_run_at(0, NULL); /* no more */
        storage_op_end(op);
        assert_all_placed(hit);
        clear_tree();
    }
    ck_assert_uint_gt(nth, 20);
}
END_TEST

/* Processes that place different files of one new experiment at the same moment. */
#define RACERS 4

static void race(unsigned racer, int start)
{
    char name[16], byte;
    snprintf(name, sizeof name, "racer%u", racer);
    storage_op *op = begin(name);
    storage_move *move = &moves[racer];
    stage(op, move->name, racer < DUMP_FILES ? DUMP[racer][1] : "new weights");
    if (read(start, &byte, 1) != 0 || storage_place(op, move, 1, NULL) != CKL_OK)
        _exit(1);
    storage_op_end(op);
    _exit(0);
}

START_TEST(processes_place_at_the_same_moment)
{
    for (unsigned round = 0; round < 25; round++) {
        pid_t racers[RACERS];
        int start[2], result = 0;
        set_up(&SCENARIOS[0]);
        ck_assert_int_eq(pipe(start), 0);
        for (unsigned racer = 0; racer < RACERS; racer++) {
            racers[racer] = fork();
            if (racers[racer] == 0) {
                close(start[1]);
                race(racer, start[0]);
            }
        }
        close(start[1]); /* go */
        for (unsigned racer = 0; racer < RACERS; racer++) {
            ck_assert_int_eq(waitpid(racers[racer], &result, 0), racers[racer]);
            ck_assert(WIFEXITED(result) && WEXITSTATUS(result) == 0);
        }
        close(start[0]);
        assert_all_placed(0);
        ck_assert_uint_eq(count_files(".ckl/tmp"), 0);
        clear_tree();
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, dying_at_any_call_of_placing, 0, SCENARIO_COUNT);
    tcase_add_loop_test(tests, dying_again_in_recovery, 0, SCENARIO_COUNT);
    tcase_add_test(tests, dying_at_any_call_of_staging);
    tcase_add_test(tests, dying_at_any_call_of_ending);
    tcase_add_loop_test(tests, any_call_may_fail, 0, SCENARIO_COUNT);
    tcase_add_loop_test(tests, another_makes_the_folder_at_any_call, 0, SCENARIO_COUNT);
    tcase_add_test(tests, processes_place_at_the_same_moment);
    return run_suite(tests, "storage_crash", make_tree, remove_tree);
}
