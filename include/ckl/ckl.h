/* Checkpoint Ledger: what changed between two results, and when, by whom, and why.
 *
 *   <ckl/base.h>     status codes, errors, hashes; the conventions of the whole API
 *   <ckl/values.h>   models, configurations, data states, and their hashes
 *   <ckl/manager.h>  record states, dump, save checkpoints, switch
 *   <ckl/query.h>    history, experiments, checkpoints, differences
 *   <ckl/audit.h>    ask history: samples, states that fit, names and notes
 *   <ckl/sql.h>      SQL that only reads; snapshots for dashboards
 *   <ckl/insight.h>  what follows from a history: pairs, exposure, seen, blame, churn
 *   <ckl/merge.h>    histories of other ledgers
 *   <ckl/import.h>   trees that the guide's Python system wrote
 *   <ckl/check.h>    look a ledger over, repair it; receipts
 *   <ckl/auto.h>     the automatic system: one call in the training loop (include it yourself)
 */
#ifndef CKL_CKL_H
#define CKL_CKL_H

#include <ckl/audit.h>
#include <ckl/base.h>
#include <ckl/check.h>
#include <ckl/import.h>
#include <ckl/insight.h>
#include <ckl/manager.h>
#include <ckl/merge.h>
#include <ckl/query.h>
#include <ckl/space.h>
#include <ckl/sql.h>
#include <ckl/values.h>

#endif
