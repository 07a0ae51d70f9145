/* Checkpoint Ledger: trees that the guide's Python system wrote. Part of <ckl/ckl.h>. */
#ifndef CKL_IMPORT_H
#define CKL_IMPORT_H

#include <ckl/manager.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ckl_import_options {
    const char *as;     /* the run that it becomes; NULL: the name of its folder */
    const char *reason; /* why, for the history; or NULL */
} ckl_import_options;

typedef struct ckl_import_summary {
    uint64_t experiment_count;                      /* that were found, sound … */
    uint64_t new_count;                             /* … and were not here yet */
    uint64_t config_count, model_count, data_count; /* different ones among them */
    uint64_t checkpoint_count;                      /* saved weights, likewise … */
    uint64_t new_checkpoint_count;
    uint64_t refused_count; /* 16-character hashes of V2, which cannot be compared */
    uint64_t problem_count; /* what could not be taken over: see ckl_import_problem */
} ckl_import_summary;

typedef struct ckl_import ckl_import;
/* Takes over the experiments of a tree in one of three layouts: checkpoints/{hash}/model|hp|data;
 * checkpoints/models, HP, data and manifest.yaml by experiment hash; the later one by component
 * hash. `folder` is the root, or its checkpoints/. Each experiment becomes an update of one run, in
 * the order and at the time of its creation (the manifest's, else the oldest file's), by its old
 * hash (configuration 8, model 8, data 8) as an alias that stands for it wherever an experiment is
 * named. Weights stay where they are: their rows have size and SHA-256 and are "removed". The
 * architecture is never unpickled: its bytes are the model, and where they were not saved, a
 * description that has nothing but the old segment. A second import brings only what is new.
 * `folder` is only read; all of what is sound is taken over at once, the rest is told. Errors:
 * CKL_INVALID    it is the root of a ledger (that is for ckl_merge), or of no such tree
 *         CKL_NOT_FOUND  there is no such folder */
CKL_API ckl_status ckl_import_run(ckl_import **out, ckl_manager *manager, const char *folder,
                                  const ckl_import_options *options, ckl_error *err);
/* What came of it. */
CKL_API_VOID void ckl_import_read_summary(ckl_import_summary *out, const ckl_import *done);
/* What could not be taken over and why, a line each, from 0; NULL when there are no more. */
CKL_API const char *ckl_import_problem(const ckl_import *done, size_t index);
/* Releases it; NULL is fine. */
CKL_API_VOID void ckl_import_close(ckl_import *done);

#ifdef __cplusplus
}
#endif
#endif
