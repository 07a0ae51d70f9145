/* Workloads that are about the files of the tree. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs.h"
#include "workloads.h"

static worker me = {.alone = true};

static void end(void)
{
    work_close(&me);
    work_tell_history();
}

/* A state with weights, dumped. */
static void begin_dumped(void)
{
    work_open(&me, "tester", NULL);
    work_config(&me, "{\"lr\": 0.1}", false);
    work_data(&me, 20, 0, true);
}

/* ---- dumps ----------------------------------------------------------------------------------- */

void run_dump(void)
{
    work_open(&me, "tester", NULL);
    work_baseline();
    work_config(&me, "{\"lr\": 0.1}", false);
    work_data(&me, 20, 0, false);
    work_dump(&me, false);
    work_model(&me, 3);
    work_dump(&me, false);
    work_config(&me, "{\"lr\": 0.2}", true);
    end();
}

/* Takes a dumped file of the head away, before anything else. */
static void lose(const char *part, const char *suffix)
{
    char path[1024];
    ckl_hash head = work_head(&me);
    snprintf(path, sizeof path, "%s/checkpoints/%s/%s/%s%s", work_root(), head.text, part,
             head.text, suffix);
    if (unlink(path) != 0)
        work_need(CKL_IO, path);
}

/* Until something that is promised to survive is acknowledged after it. */
static void say_lost(const char *suffix)
{
    ckl_hash head = work_head(&me);
    work_say("missing %s%s", head.text, suffix);
}

void run_force(void)
{
    begin_dumped();
    lose("hp", "_config.yaml");
    lose("data", "_data_state.yaml");
    work_baseline();
    say_lost("_config.yaml");
    say_lost("_data_state.yaml");
    work_dump(&me, true);
    work_save(&me, 100, "weights");
    work_model(&me, 4);
    work_dump(&me, true);
    end();
}

void run_links(void)
{
    begin_dumped();
    work_data(&me, 1500, 0, true);
    work_baseline();
    work_config(&me, "{\"lr\": 0.2}", true);
    work_model(&me, 5);
    work_dump(&me, false);
    work_config(&me, "{\"lr\": 0.3}", true);
    end();
}

void run_sync_fails(void)
{
    me.alone = false;
    begin_dumped();
    work_save(&me, 100, "weights of before");
    work_baseline();
    work_config(&me, "{\"lr\": 0.2}", false);
    work_dump(&me, false);
    work_save(&me, 200, "weights of the second state");
    work_save(&me, 200, "the same step again");
    work_config(&me, "{\"lr\": 0.3}", true);
    work_dump(&me, true);
    end();
}

/* ---- weights --------------------------------------------------------------------------------- */

void run_checkpoint(void)
{
    begin_dumped();
    work_baseline();
    work_save(&me, 100, "weights after 100 steps");
    work_config(&me, "{\"lr\": 0.2}", false);
    work_save(&me, 200, "weights after 200 steps");
    work_dump(&me, false);
    work_save(&me, 300, "weights after 300 steps");
    end();
}

/* A file large enough that its space is asked for beforehand. */
static const char *make_weights(const char *name, char fill)
{
    enum { LARGE = 1200000 };
    char *bytes = malloc(LARGE);
    if (bytes == NULL)
        work_need(CKL_NO_MEMORY, name);
    for (size_t at = 0; at < LARGE; at++)
        bytes[at] = (char)(fill + (char)(at / 512 % 64));
    const char *path = work_make_file(name, bytes, LARGE);
    free(bytes);
    return path;
}

static void save_file(int64_t step, const char *path, bool move)
{
    ckl_checkpoint_result result;
    ckl_checkpoint checkpoint = {.step = step, .path = path, .move = move};
    work_start(&me);
    work_need(ckl_manager_save_model_checkpoint(&result, me.manager, &checkpoint, &work_error),
              path);
    work_done_in_parts(&me, true);
}

void run_copy(void)
{
    begin_dumped();
    const char *path = make_weights("copied.pt", 'a');
    work_baseline();
    save_file(100, path, false);
    end();
}

void run_move(void)
{
    digest sum;
    uint64_t size;
    char hex[65];
    begin_dumped();
    const char *path = work_make_file("moved.pt", "weights that are nowhere else", 29);
    work_need(fs_hash_file(&sum, &size, path, &work_error), path);
    digest_hex(hex, &sum);
    work_baseline();
    work_say("keep %s", hex);
    save_file(100, path, true);
    work_config(&me, "{\"lr\": 0.2}", true);
    end();
}

void run_replace(void)
{
    begin_dumped();
    work_save(&me, 100, "the first weights");
    work_baseline();
    work_save(&me, 100, "the second weights");
    work_save(&me, 100, "the third");
    end();
}

void run_gc(void)
{
    ckl_gc *done = NULL;
    ckl_gc_options options = {.keep_last = 1, .reason = "space"};
    begin_dumped();
    for (int64_t step = 100; step <= 500; step += 100)
        work_save(&me, step, step % 200 == 0 ? "weights" : "other weights");
    work_baseline();
    work_start(&me);
    work_need(ckl_gc_run(&done, me.manager, &options, &work_error), "gc");
    ckl_gc_close(done);
    work_done(&me, true);
    work_save(&me, 600, "weights after it");
    end();
}

/* ---- repair ---------------------------------------------------------------------------------- */

static void check(const ckl_check_options *options)
{
    ckl_check *look = NULL;
    work_start(&me);
    work_need(ckl_check_open(&look, work_root(), options, &work_error), "check");
    ckl_check_close(look);
    work_done_in_parts(&me, false);
}

void run_repair(void)
{
    begin_dumped();
    work_model(&me, 3);
    work_dump(&me, false);
    lose("hp", "_config.yaml");
    lose("model", "_architecture.pkl");
    work_baseline();
    say_lost("_config.yaml");
    say_lost("_architecture.pkl");
    check(&(ckl_check_options){.repair = true, .actor = "tester", .reason = "found by a test"});
    work_config(&me, "{\"lr\": 0.2}", true);
    end();
}

void run_accept_missing(void)
{
    begin_dumped();
    work_save(&me, 100, "weights");
    lose("hp", "_config.yaml");
    lose("model", "_step_000100.pt");
    work_baseline();
    say_lost("_config.yaml");
    say_lost("_step_000100.pt");
    check(&(ckl_check_options){.accept_missing = true, .actor = "tester", .reason = "cleaned"});
    work_config(&me, "{\"lr\": 0.2}", true);
    end();
}
