/* The workloads: each is what some user does. */
#include <string.h>

#include "work.h"

static worker me = {.alone = true};

static void begin(void)
{
    work_open(&me, "tester", NULL);
    work_baseline();
}

static void end(void)
{
    work_close(&me);
    work_tell_history();
}

/* ---- dumps ----------------------------------------------------------------------------------- */

static void run_dump(void)
{
    begin();
    work_config(&me, "{\"lr\": 0.1}", false);
    work_data(&me, 20, 0, false);
    work_dump(&me, false);
    work_model(&me, 3);
    work_dump(&me, false);
    work_config(&me, "{\"lr\": 0.2}", true);
    end();
}

static void run_replace(void)
{
    work_open(&me, "tester", NULL);
    work_config(&me, "{\"lr\": 0.1}", true);
    work_save(&me, 100, "the first weights");
    work_baseline();
    work_save(&me, 100, "the second weights");
    work_save(&me, 100, "the third");
    end();
}

const workload WORKLOADS[] = {
    {"dump", run_dump, NULL, NULL},
    {"replace", run_replace, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

const workload *workload_find(const char *name)
{
    for (const workload *found = WORKLOADS; found->name != NULL; found++) {
        if (strcmp(found->name, name) == 0)
            return found;
    }
    return NULL;
}
