/* Commands that record: changes of the head, dumps, weights, names. */
#include "commands.h"

#define FROM_FILE                                                                                  \
    {                                                                                              \
        "--from", "FILE", "uids, one a line; - is standard input", false                           \
    }
#define UPDATE_KEYS "experiment, is_new, recorded_before, changed, pending, ignored_uids"
#define STATUS_KEYS                                                                                \
    "root, run, experiment, pending, degraded, trainer, last_dumped, last_checkpoint, samples"

const command RECORD_COMMANDS[] = {
    {.name = "update",
     .need = NEEDS_NOTHING,
     .usage = "[--model F] [--architecture F] [--config F] [--data F] [--dump] [--reason T]",
     .summary = "record a new state of the model, the configuration, the data",
     .example = "ckl update --config config.yaml --data data.json --reason 'smaller steps'",
     .about =
         "What is not given keeps its value. The first line of output is the experiment's "
         "hash; then what changed, and what is pending until training resumes. A call that "
         "changes nothing records nothing. The first update of a folder makes its ledger.\n\n"
         "Files named .yaml or .yml are read as YAML, others as JSON. A data state may also have a "
         "sample on each line: .jsonl ({\"uid\", \"discarded\", \"tags\"}) or .csv "
         "(uid,discarded,tags: 0 or 1, tags separated by ';').\n\n"
         "A model is a description (class, attributes, modules), a state dict as JSON "
         "({\"fc.weight\": {\"dtype\": \"float32\", \"shape\": [3, 4]}} or "
         "{\"fc.weight\": [3, 4]}), or a file of weights, .safetensors or .gguf, of which only "
         "the header is read. A file of weights and a state dict have the class StateDict and "
         "a module per tensor: its name, its type (F32, BF16, Q4_K: float32 is F32) and its "
         "shape, the outermost dimension first. Of GGUF, general.architecture and its "
         "hyperparameters (llama.block_count), except lists, are attributes of the class. "
         "Metadata, tokens and the weights do not count.",
     .keys = UPDATE_KEYS,
     .function = cmd_update,
     .options = {{"--model", "FILE", "the model: a description, a state dict, a file of weights",
                  false},
                 {"--architecture", "FILE",
                  "bytes to save as architecture.pkl; alone, they are "
                  "the model",
                  false},
                 {"--config", "FILE", "hyperparameters; - is standard input", false},
                 {"--data", "FILE", "data state: uids, discarded, tags", false},
                 {"--dump", NULL, "dump at once instead of when training resumes", false},
                 REASON}},
    {.name = "discard",
     .need = NEEDS_LEDGER,
     .usage = "UID… [--from F] [--reason T]",
     .summary = "leave samples out of training",
     .example = "ckl discard sample_002 --reason 'blurred'",
     .about = "All of the samples or none: an unknown uid is named, and nothing changes. A uid "
              "that begins with a dash stands behind --.",
     .keys = UPDATE_KEYS,
     .function = cmd_discard,
     .options = {FROM_FILE, REASON}},
    {.name = "restore",
     .need = NEEDS_LEDGER,
     .usage = "UID… [--from F] [--reason T]",
     .summary = "take discarded samples in again",
     .example = "ckl restore sample_002",
     .about = "All of the samples or none: an unknown uid is named, and nothing changes.",
     .keys = UPDATE_KEYS,
     .function = cmd_restore,
     .options = {FROM_FILE, REASON}},
    {.name = "tag",
     .need = NEEDS_LEDGER,
     .usage = "TAG UID… [--from F] [--reason T]",
     .summary = "tag samples",
     .example = "ckl tag hard sample_001 sample_003",
     .about = "All of the samples or none: an unknown uid is named, and nothing changes. A sample "
              "has any number of tags.",
     .keys = UPDATE_KEYS,
     .function = cmd_tag,
     .options = {FROM_FILE, REASON}},
    {.name = "untag",
     .need = NEEDS_LEDGER,
     .usage = "TAG UID… [--from F] [--reason T]",
     .summary = "take a tag off samples",
     .example = "ckl untag hard sample_001",
     .about = "All of the samples or none: an unknown uid is named, and nothing changes.",
     .keys = UPDATE_KEYS,
     .function = cmd_untag,
     .options = {FROM_FILE, REASON}},
    {.name = "dump",
     .need = NEEDS_LEDGER,
     .usage = "[--force]",
     .summary = "write what is pending into checkpoints/",
     .example = "ckl dump",
     .about = "The directory of a dumped experiment is complete: it holds the unchanged "
              "components, too, sharing the files that exist. With nothing pending it does "
              "nothing.",
     .keys = "experiment, dumped",
     .function = cmd_dump,
     .options = {{"--force", NULL, "re-create files that are missing", false}}},
    {.name = "checkpoint",
     .need = NEEDS_LEDGER,
     .usage = "--step N --weights F [--move] [--metric k=v]… [--note JSON] [--force-dump]",
     .summary = "save weights under the current hash",
     .example = "ckl checkpoint --step 100 --weights model.pt --metric val_loss=0.31",
     .about = "The file is stored as it is, with its size, SHA-256 and metrics. It does not dump "
              "what is pending, unless asked. The same step again replaces the file, and the "
              "ledger keeps the old one's digest.",
     .keys = "experiment, step, path, bytes, sha256, pending",
     .function = cmd_checkpoint,
     .options = {{"--step", "N", "the training step: 0 or more", false},
                 {"--weights", "FILE", "the file to copy; - is standard input", false},
                 {"--move", NULL, "move the file instead", false},
                 {"--metric", "NAME=VALUE", "a metric of this step; may be repeated", true},
                 {"--note", "JSON", "anything else to keep with it", false},
                 {"--force-dump", NULL, "dump what is pending first", false}}},
    {.name = "metric",
     .need = NEEDS_LEDGER,
     .usage = "--step N NAME=VALUE…",
     .summary = "log metrics of a step",
     .example = "ckl metric --step 100 loss=0.42 accuracy=0.9",
     .about = "The same name at the same step again replaces the value. All of them or none.",
     .keys = "step, metrics",
     .function = cmd_metric,
     .options = {{"--step", "N", "the training step: 0 or more", false}}},
    {.name = "switch",
     .need = NEEDS_LEDGER,
     .usage = "HASH[@STEP]",
     .summary = "move the head to a recorded experiment",
     .example = "ckl switch @~1",
     .about = "The next change branches from there, and training goes on from the checkpoint at "
              "STEP. It says how to come back.",
     .keys = STATUS_KEYS,
     .function = cmd_switch},
    {.name = "run",
     .need = NEEDS_NOTHING,
     .usage = "new NAME [--from HASH[@STEP]]",
     .summary = "begin a new line of history",
     .example = "ckl run new wide --from @",
     .about = "A name is 1 to 64 of A-Z a-z 0-9 . _ -. Work on it with --run NAME.",
     .keys = "name, experiment",
     .function = cmd_run,
     .options = {{"--from", "HASH[@STEP]",
                  "its first state, and the checkpoint that training goes on from", false}}},
    {.name = "name",
     .need = NEEDS_NOTHING,
     .usage = "[HASH [NAME] [--remove] [--reason T]] [--history]",
     .summary = "call a state something; without a name: what states are called",
     .example = "ckl name @ before-cleaning",
     .about = "The name then stands for the state wherever a hash does. It touches no hash, and "
              "has a history of its own. A state has one name, a name one state.",
     .keys = "experiment, name, changed; or names of experiment, name, at, at_unix, current, "
             "actor, reason",
     .function = cmd_name,
     .prints_rows = true,
     .options = {{"--remove", NULL, "take the name off", false},
                 {"--history", NULL, "also names that are not in force any more", false},
                 REASON}},
    {.name = "note",
     .need = NEEDS_NOTHING,
     .usage = "[HASH [TEXT] [--remove] [--reason T]] [--history]",
     .summary = "write a note to a state; without a text: the notes there are",
     .example = "ckl note @ 'labels of batch 7 are not trusted'",
     .about = "It touches no hash, and has a history of its own. A new note takes the place of "
              "the one before.",
     .keys = "experiment, note, changed; or notes of experiment, at, at_unix, current, actor, "
             "reason, note",
     .function = cmd_note,
     .prints_rows = true,
     .options = {{"--remove", NULL, "take the note off", false},
                 {"--history", NULL, "also notes that are not in force any more", false},
                 REASON}},
    {.name = "ignore",
     .need = NEEDS_NOTHING,
     .usage = "[PATH…] [--remove] [--reason T]",
     .summary = "configuration paths that do not count in hashes",
     .example = "ckl ignore /root_log_dir",
     .about = "/opt/lr and opt.lr are the same path. An ignored value is still recorded and "
              "dumped. Without PATH: what is ignored now.",
     .keys = "ignored",
     .function = cmd_ignore,
     .options = {{"--remove", NULL, "let them count again", false}, REASON}},
    {.name = "merge",
     .need = NEEDS_WRITING,
     .usage = "OTHER… [--as NAME] [--reason T]",
     .summary = "join the histories of other ledgers as runs of this one",
     .example = "ckl merge job_1 job_2 --reason 'the job array of Monday'",
     .about = "OTHER is a folder with a ledger.db; it is only read. Every event comes with its "
              "time, actor and reason, once, however often it is merged. Its run main becomes a "
              "run named like the folder, the others FOLDER.RUN. Weights and dumps stay where they "
              "are. A state whose hash clashes with another here keeps its old hash as an alias. "
              "All of a ledger or nothing; those merged before a failure stay.",
     .keys = "merged of ledger, runs, events, new_events, experiments, aliases",
     .function = cmd_merge,
     .prints_rows = true,
     .options = {{"--as", "NAME", "what its runs are called here, of one OTHER", false}, REASON}},
    {.name = "import",
     .need = NEEDS_WRITING,
     .usage = "FOLDER [--as RUN] [--reason T]",
     .summary = "take over a tree that the guide's Python system wrote",
     .example = "ckl import old_experiments --reason 'before the ledger'",
     .about =
         "Each experiment becomes an update of a run named like the folder, at the time of its "
         "creation; its old hash stays as an alias that every command takes. Weights stay "
         "where they are, with size and SHA-256 in the ledger; nothing is unpickled. Again, it "
         "brings only what is new. What cannot be read is told and left out (exit code 1).",
     .keys = "experiments, new_experiments, models, configs, data_states, checkpoints, "
             "new_checkpoints, refused, problems",
     .function = cmd_import,
     .options = {{"--as", "RUN", "what the run is called", false}, REASON}},
    {.name = NULL}};
