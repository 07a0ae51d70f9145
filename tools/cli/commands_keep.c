/* Commands that look after a ledger, and those that need none. */
#include "commands.h"

const command KEEP_COMMANDS[] = {
    {.name = "gc",
     .need = NEEDS_LEDGER,
     .usage = "[HASH@STEP…] [--keep-last N] [--keep-every K] [--keep-best M] [--highest] "
              "[--max-bytes B] [--all] [--dry-run] [--reason T]",
     .summary = "give the space of weights back",
     .example = "ckl gc --keep-last 3 --keep-best val_loss --dry-run",
     .about = "Weights stay that any rule keeps; the last checkpoint of every branch, and what "
              "several branches came from, stay unless they are named. Removing is an event; the "
              "checkpoint's row stays in the ledger with its digest. States and dumps stay. "
              "--dry-run says what would go, and what nothing would bring back.",
     .keys =
         "removed of run, experiment, step, path, bytes, why, unrecoverable, copy; bytes, kept, "
         "kept_bytes, dry_run",
     .function = cmd_gc,
     .options = {{"--keep-last", "N", "the newest N of each run", false},
                 {"--keep-every", "K", "those at steps that are a multiple of K", false},
                 {"--keep-best", "M", "of each run the one with the lowest value of metric M",
                  false},
                 {"--highest", NULL, "with --keep-best: the highest", false},
                 {"--max-bytes", "B", "in all at most B (500M, 20G): the oldest go, too", false},
                 {"--all", NULL, "of all runs", false},
                 {"--dry-run", NULL, "decide, remove nothing", false},
                 REASON}},
    {.name = "fsck",
     .need = NEEDS_NOTHING,
     .usage = "[--repair] [--accept-missing] [--receipt F] [--reason T]",
     .summary = "look the ledger and its files over; bring back what can be",
     .example = "ckl fsck --receipt receipt.json",
     .about = "Recomputes every digest, replays the history, reads every file. Each finding says "
              "what it means; exit 3 when any is left. --repair brings back what the ledger can "
              "derive byte for byte (dumped files, derived rows, views), keeps what it replaces in "
              ".ckl/quarantine, and says what is lost. --receipt finds history that was rewritten "
              "or cut off since ckl receipt printed F; the receipt of the last dump is always "
              "compared.",
     .keys = "findings of kind, subject, message, repaired, lost; checked",
     .function = cmd_fsck,
     .options = {{"--repair", NULL, "bring back what the ledger can derive", false},
                 {"--accept-missing", NULL, "record that files that are gone were deleted", false},
                 {"--receipt", "FILE", "a receipt that was kept elsewhere; - is standard input",
                  false},
                 REASON}},
    {.name = "receipt",
     .need = NEEDS_READING,
     .usage = "",
     .summary = "where history stands: one line, to keep elsewhere",
     .example = "ckl receipt > receipt.json",
     .about = "Given to ckl fsck --receipt later, it shows whether anything up to here was "
              "rewritten or cut off, also by somebody who computed the chain anew.",
     .keys = "ledger, seq, chain, at",
     .function = cmd_receipt},
    {.name = "snapshot",
     .need = NEEDS_READING,
     .usage = "FILE [--every T]",
     .summary = "copy the ledger to a file for dashboards",
     .example = "ckl snapshot dashboard.db",
     .about = "One file of one moment, without a log beside it, renamed into place when it is "
              "whole: open it with immutable=1. With --every it goes on until it is interrupted, "
              "and writes nothing when nothing changed. When it fails, the copy that was there "
              "stays.",
     .keys = "path, at, at_unix, seq, bytes; with --every one object a line for each copy",
     .function = cmd_snapshot,
     .options = {{"--every", "T", "again after 60s, 5m, 1h", false}}},
    {.name = "report",
     .need = NEEDS_READING,
     .usage = "-o FILE [--all] [--limit-points N]",
     .summary = "the history as one page for a browser",
     .example = "ckl report -o history.html",
     .about = "One HTML file that asks no network: timeline, lineage, metrics with the changes on "
              "them, discards and tags over time, what differs between any two states, what "
              "happened to a sample. It stays below 20 MB: what is left out for that is said on "
              "the page and here. FILE is replaced when the new page is whole.",
     .keys = "path, bytes, runs, experiments, events, metric_values, metric_points, left_out",
     .function = cmd_report,
     .options = {{"-o", "FILE", "where the page goes", false},
                 {"--all", NULL, "all runs, to choose from; else this one", false},
                 {"--limit-points", "N", "of each metric draw at most N values (2000)", false}}},
    {.name = "hash",
     .need = NEEDS_NOTHING,
     .usage = "[--model F] [--config F] [--data F] [--explain C [--lines]]",
     .summary = "the hash of files, without recording anything",
     .example = "ckl hash --model model.json --config config.yaml --data data.json",
     .about = "Needs no ledger. Where there is one, its ignored paths are left out, and recorded "
              "is the hash by which it knows these files.",
     .keys = "experiment, recorded, model, config, data, digests",
     .function = cmd_hash,
     .options = {{"--model", "FILE", "the model, as ckl update takes it", false},
                 {"--config", "FILE", "hyperparameters; - is standard input", false},
                 {"--data", "FILE", "data state", false},
                 {"--explain", "C", "only the text that is hashed: model, config, data", false},
                 {"--lines", NULL, "with --explain: one record a line", false}}},
    {.name = "compare",
     .need = NEEDS_NOTHING,
     .usage = "A B",
     .summary = "which components two hashes differ in",
     .example = "ckl compare a1b2c3d4e5f6a7b8c9d0e1f2 a1b2c3d4f0f0f0f0c9d0e1f2",
     .about = "Looks at the two hashes only, and needs no ledger.",
     .keys = "changed",
     .function = cmd_compare},
    {.name = NULL}};
