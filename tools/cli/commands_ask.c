/* Commands that ask: the head, history, states, samples. */
#include "commands.h"

#define STATUS_KEYS                                                                                \
    "root, run, experiment, pending, degraded, trainer, last_dumped, last_checkpoint, samples"

const command ASK_COMMANDS[] = {
    {.name = "status",
     .need = NEEDS_READING,
     .usage = "",
     .summary = "where this run stands, and what is pending",
     .example = "ckl status",
     .about = "Pending is what differs from the last dump: it is written when training resumes, "
              "or by ckl dump. Also shown: who trains on this run now, and whether recording is "
              "failing.",
     .keys = STATUS_KEYS,
     .function = cmd_status},
    {.name = "log",
     .need = NEEDS_READING,
     .usage = "[--limit N] [--all] [--component C] [--since T] [--graph]",
     .summary = "what happened, newest first",
     .example = "ckl log --since 2d",
     .about = "One event a line: number, time (UTC), kind, experiment, what changed, whether the "
              "state was left before it was dumped (superseded), who, and why. --graph draws which "
              "state came from which, and shows only events that made one.",
     .keys = "events of seq, at, at_unix, run, kind, experiment, from, changed, superseded, "
             "actor, reason; with --graph also parent_seq",
     .function = cmd_log,
     .prints_rows = true,
     .pages = true,
     .options = {{"--limit", "N", "at most N events (20; 0: all)", false},
                 {"--all", NULL, "of all runs", false},
                 {"--component", "C", "only changes of model, config or data", false},
                 {"--since", "TIME", "2026-11-23, 2026-11-23T15:40 (UTC), 2h or 3d", false},
                 {"--graph", NULL, "draw which state came from which", false}}},
    {.name = "show",
     .need = NEEDS_READING,
     .usage = "[HASH]",
     .summary = "one experiment: components, parents, checkpoints",
     .example = "ckl show @~1",
     .about = "Without HASH, the head. Shows also which program trained it, on which machine, at "
              "which git commit.",
     .keys = "experiment, model, config, data, at, at_unix, dumped, samples, parents, "
             "checkpoints, environment, code_changed",
     .function = cmd_show},
    {.name = "diff",
     .need = NEEDS_READING,
     .usage = "[A [B]] [--stat] [--limit N] [--exit-code]",
     .summary = "what differs between two experiments",
     .example = "ckl diff @~1",
     .about = "A is what was dumped last and B the head, unless given: plain ckl diff shows what "
              "is pending. When the code differs that they were trained with, it says so, also "
              "when nothing else does.",
     .keys = "from, to, changed, model, config, data; code when it changed",
     .function = cmd_diff,
     .options = {{"--stat", NULL, "only how much", false},
                 {"--limit", "N", "at most N samples (50; 1000 with --json)", false},
                 {"--exit-code", NULL, "exit 1 when anything differs", false}}},
    {.name = "find",
     .need = NEEDS_READING,
     .usage = "[--config C]… [--metric C]… [--model-module M]… "
              "[--tag T]… [--changed P]… [--limit N]",
     .summary = "the states that fit, last recorded first",
     .example = "ckl find --config 'lr < 0.2' --metric 'val_loss < 0.6'",
     .about = "All conditions must hold. A condition is a name, one of < <= = != >= > and ~ "
              "(contains), and a value; a metric's value is the last one logged for the state. "
              "Exit code 1 when nothing fits.",
     .keys = "experiments of experiment, at, at_unix, run, name, dumped, checkpoints, metrics",
     .function = cmd_find,
     .prints_rows = true,
     .pages = true,
     .options = {{"--config", "COND", "a hyperparameter: 'opt.lr < 0.01', or just its path", true},
                 {"--metric", "COND", "a metric: 'val_loss < 0.3'", true},
                 {"--model-module", "TEXT", "a module's name, or part of its type and attributes",
                  true},
                 {"--tag", "TAG", "a sample of its data state has the tag", true},
                 {"--changed", "PATH", "it came about by a change of this hyperparameter", true},
                 {"--limit", "N", "at most N states (20 for people; 0: all)", false}}},
    {.name = "sample",
     .need = NEEDS_READING,
     .usage = "UID",
     .summary = "the life of a sample: each discard and tag, who, why",
     .example = "ckl sample sample_002",
     .about = "Oldest first, in all runs or (--run) in one. discarded and tags are what the sample "
              "was from then on.",
     .keys = "history of seq, at, at_unix, run, change, discarded, tags, tags_added, "
             "tags_removed, experiment, actor, reason",
     .function = cmd_sample,
     .prints_rows = true,
     .pages = true},
    {.name = "audit",
     .need = NEEDS_READING,
     .usage = "[--uid U] [--tag T] [--action A] [--actor W] [--since T] [--until T] [--limit N]",
     .summary = "who discarded, restored or tagged which samples, newest first",
     .example = "ckl audit --action discard --since 7d",
     .about = "All that is asked for must hold; --run NAME keeps to one run. Samples that came or "
              "went with a whole data state are shown for a uid, a tag, or the actions add and "
              "remove.",
     .keys = "changes of seq, at, at_unix, run, uid, change, tags_added, tags_removed, experiment, "
             "actor, reason",
     .function = cmd_audit,
     .prints_rows = true,
     .pages = true,
     .options = {{"--uid", "UID", "one sample", false},
                 {"--tag", "TAG", "what gave or took a tag", false},
                 {"--action", "ACTION", "discard, restore, tag, untag, add or remove", false},
                 {"--actor", "WHO", "by one person or program", false},
                 {"--since", "TIME", "2026-11-23, 2026-11-23T15:40 (UTC), 2h or 3d", false},
                 {"--until", "TIME", "before then", false},
                 {"--limit", "N", "at most N rows (50 for people; 0: all)", false}}},
    {.name = "pairs",
     .need = NEEDS_READING,
     .usage = "METRIC [--path P] [--tag T] [--component C] [--lower-is-better] "
              "[--higher-is-better] [--limit N]",
     .summary = "experiments that differ in one thing, and what it did to a metric",
     .example = "ckl pairs loss --path optimizer.lr",
     .about = "Ablations that history made in passing: pairs of states that differ in exactly one "
              "hyperparameter, in one tag, or in the model or the data alone, compared at the last "
              "step that "
              "both have a value at. Pairs with the same change stand together, with their number, "
              "the mean of their differences and its spread.",
     .keys =
         "pairs of kind, item, from, to, difference, better, step, from_value, to_value, pairs, "
         "mean, spread, from_experiment, to_experiment",
     .function = cmd_pairs,
     .prints_rows = true,
     .pages = true,
     .options = {{"--path", "PATH", "only this hyperparameter", false},
                 {"--tag", "TAG", "only this tag", false},
                 {"--component", "C", "only pairs that differ in model, config or data", false},
                 {"--lower-is-better", NULL, "else by the metric's name: loss, error", false},
                 {"--higher-is-better", NULL, "likewise", false},
                 {"--limit", "N", "at most N pairs (30 for people; 0: all)", false}}},
    {.name = "exposure",
     .need = NEEDS_READING,
     .usage = "UID | --tag T [--certificate F]",
     .summary = "which weights were trained while a sample was active",
     .example = "ckl exposure sample_002",
     .about = "For every checkpoint: exposed, not exposed, or unknown, by the states on the way to "
              "it and to what it came from. Where the way is not known, the answer is unknown, "
              "unless it is yes. --certificate writes it down with where history stands.",
     .keys = "checkpoints of verdict, run, step, first_step, because, experiment, sha256, path",
     .function = cmd_exposure,
     .prints_rows = true,
     .pages = true,
     .options = {{"--tag", "TAG", "any sample that has the tag then", false},
                 {"--certificate", "F", "write the answer to a new file, as JSON", false}}},
    {.name = "seen",
     .need = NEEDS_READING,
     .usage = "[--model F] [--config F] [--data F] [--limit N]",
     .summary = "was this tried before? exactly this, or what is nearest",
     .example = "ckl seen --config config.yaml",
     .about =
         "Records nothing. What is not given may be anything. When nothing is exactly this: "
         "the states that differ in fewest components, then in fewest hyperparameters, and how "
         "they did (exit code 1).",
     .keys = "experiments of experiment, different, path_count, paths, sample_difference, "
             "checkpoints, metrics",
     .function = cmd_seen,
     .prints_rows = true,
     .options = {{"--model", "FILE", "description of the model", false},
                 {"--config", "FILE", "hyperparameters; - is standard input", false},
                 {"--data", "FILE", "data state", false},
                 {"--limit", "N", "at most N states (10 for people; 0: 10)", false}}},
    {.name = "blame",
     .need = NEEDS_READING,
     .usage = "METRIC [--window N] [--limit N]",
     .summary = "which change came before a metric moved",
     .example = "ckl blame loss",
     .about = "For each change of the run: how far the metric's level moves there beyond what it "
              "moves before and after, how many places where nothing changed move as far, and how "
              "often noise alone would. A change needs a window of values (20) on each side.",
     .keys = "changes of stands_out, seq, at, at_unix, kind, changed, what, before, after, moved, "
             "chance, experiment, actor, reason",
     .function = cmd_blame,
     .prints_rows = true,
     .options = {{"--window", "N", "values on each side of a change (20)", false},
                 {"--limit", "N", "at most N changes (10 for people; 0: all)", false}}},
    {.name = "churn",
     .need = NEEDS_READING,
     .usage = "[--limit N]",
     .summary = "samples, tags and hyperparameters that go back and forth",
     .example = "ckl churn",
     .about =
         "Samples that were discarded and restored, tags that came and went, hyperparameters "
         "that got a value they had before; most changes first, of all runs or (--run) of one. "
         "Switches do not count.",
     .keys = "churn of changes, run, kind, item, tag, last_seq, last_actor",
     .function = cmd_churn,
     .prints_rows = true,
     .pages = true,
     .options = {{"--limit", "N", "at most N rows (30 for people; 0: all)", false}}},
    {.name = "state",
     .need = NEEDS_READING,
     .usage = "[HASH] [--at TIME]",
     .summary = "the data state in the guide's form, for ckl update",
     .example = "ckl state > data.json",
     .about = "JSON: uids, discarded and tags. Edited and given to ckl update --data, it becomes "
              "a new state. --at is what the head of the run had then.",
     .function = cmd_state,
     .options = {{"--at", "TIME", "2026-11-23T15:40 (UTC), or how long ago: 2h, 3d", false}}},
    {.name = "cat",
     .need = NEEDS_READING,
     .usage = "HASH config|model|data|architecture",
     .summary = "the content of a component",
     .example = "ckl cat @ config",
     .about = "As it was recorded, from the ledger: also of experiments that were never dumped. "
              "architecture is the bytes of architecture.pkl.",
     .function = cmd_cat},
    {.name = "path",
     .need = NEEDS_READING,
     .usage = "[HASH] --step N | --nearest N | --latest | --best METRIC [--highest] [-o TO]",
     .summary = "the path of a checkpoint, or a copy of it",
     .example = "ckl path @ --best val_loss",
     .about = "Absolute; with --json relative to the root. With -o the weights are copied, and the "
              "path is the copy's: in a folder under the name that they had when they were saved "
              "(of standard input: the tree's). What is there is not replaced; weights that are "
              "not what was saved are not copied.",
     .keys = "path; with -o also copy",
     .function = cmd_path,
     .options = {{"--step", "N", "the checkpoint of this step", false},
                 {"--nearest", "N", "the nearest to a step; of two, the later", false},
                 {"--latest", NULL, "the one saved last", false},
                 {"--best", "METRIC", "the one with the lowest value of a metric", false},
                 {"--highest", NULL, "with --best: the highest", false},
                 {"-o", "TO", "copy the weights to this file, or into this folder", false}}},
    {.name = "runs",
     .need = NEEDS_READING,
     .usage = "",
     .summary = "every line of history",
     .example = "ckl runs",
     .about = "Each with its head, its last event (UTC) and what is pending.",
     .keys = "runs of name, experiment, pending, last_event_at, last_event_at_unix",
     .prints_rows = true,
     .function = cmd_runs},
    {.name = "checkpoints",
     .need = NEEDS_READING,
     .usage = "[HASH] [--all]",
     .summary = "saved weights, in order",
     .example = "ckl checkpoints --all",
     .about = "Of this run, or of one experiment in all runs.",
     .keys = "checkpoints of seq, at, at_unix, run, experiment, step, path, state, bytes, sha256, "
             "metrics, note, from_checkpoint, first_step, pending, origin, file_name",
     .function = cmd_checkpoints,
     .options = {{"--all", NULL, "of all runs", false}}},
    {.name = "watch",
     .need = NEEDS_READING,
     .usage = "[--all] [--limit N]",
     .summary = "events and metrics as they come",
     .example = "ckl watch",
     .about = "Follows the run from now on, until it is interrupted. With --json, one object a "
              "line: type is event (then as in ckl log) or metric.",
     .keys = "type; of an event as in log, of a metric at, at_unix, run, experiment, step, "
             "metric, value",
     .function = cmd_watch,
     .options = {{"--all", NULL, "all runs", false},
                 {"--limit", "N", "stop after N lines", false}}},
    {.name = "sql",
     .need = NEEDS_READING,
     .usage = "[STATEMENT] [--file F] [--limit-time T]",
     .summary = "ask the ledger in SQL; nothing can be written",
     .example = "ckl sql \"SELECT item, change FROM ckl_diff('@~1', '@')\"",
     .about = "Views: SELECT * FROM about. Besides them, tables with arguments: "
              "ckl_diff(a, b), ckl_diff_stat(a, b), ckl_model_diff(a, b), ckl_config_diff(a, b), "
              "ckl_sample_diff(a, b), ckl_state_at(state or time), ckl_sample_history(uid); and "
              "ckl_changed(a, b), ckl_segment(state, component), ckl_hash_config(json). "
              "ckl_diff('PENDING') is what is not dumped yet. Without STATEMENT and --file, "
              "standard input is read. A statement that takes longer than 10 s is stopped. Other "
              "programs get the same from ckl_sqlite.so.",
     .keys = "rows of the statement's columns; bytes as hex",
     .function = cmd_sql,
     .prints_rows = true,
     .pages = true,
     .options = {{"--file", "FILE", "the statement; - is standard input", false},
                 {"--limit-time", "T", "30s, 500ms, 2m: how long it may take (10s)", false}}},
    {.name = "schema",
     .need = NEEDS_READING,
     .usage = "[VIEW]",
     .summary = "what the views of ledger.db are for, and what their columns mean",
     .example = "ckl schema sample_changes",
     .about = "The same stands in the ledger itself: SELECT * FROM about.",
     .keys = "rows of view, meaning; or of column, meaning",
     .function = cmd_schema,
     .prints_rows = true,
     .pages = true},
    {.name = "export",
     .need = NEEDS_READING,
     .usage = "[VIEW…] [--output FOLDER]",
     .summary = "a view as CSV, or all of them into a folder",
     .example = "ckl export sample_changes --format jsonl",
     .about = "Rows are ordered by all columns: the same history gives the same bytes. Without "
              "--format: CSV (RFC 4180; no value is an empty field, an empty text a quoted one). "
              "With --output, each view becomes a file, replaced when the new one is whole; "
              "without VIEW all views.",
     .keys = "rows of the view's columns",
     .function = cmd_export,
     .prints_rows = true,
     .options = {{"--output", "FOLDER", "one file for each view", false}}},
    {.name = NULL}};
