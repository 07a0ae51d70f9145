/* The table of commands, and help from it. */
#include <string.h>

#include "command.h"

#define REASON                                                                                     \
    {                                                                                              \
        "--reason", "TEXT", "why, for the history", false                                          \
    }
#define FROM_FILE                                                                                  \
    {                                                                                              \
        "--from", "FILE", "uids, one a line; - is standard input", false                           \
    }

const command COMMANDS[] = {
    {"update",
     NEEDS_NOTHING,
     "[--model F] [--architecture F] [--config F] [--data F]",
     "record a new state of the model, the configuration, the data",
     "ckl update --config config.yaml --data data.json",
     cmd_update,
     {{"--model", "FILE", "description of the model: JSON or YAML", false},
      {"--architecture", "FILE", "bytes to save as architecture.pkl; alone: an opaque model",
       false},
      {"--config", "FILE", "hyperparameters: JSON or YAML; - is standard input", false},
      {"--data", "FILE", "data state: uids, discarded, tags", false},
      {"--dump", NULL, "dump at once instead of when training resumes", false},
      REASON}},
    {"discard",
     NEEDS_LEDGER,
     "UID… [--from F] [--reason T]",
     "leave samples out of training",
     "ckl discard sample_002 --reason 'blurred'",
     cmd_discard,
     {FROM_FILE, REASON}},
    {"restore",
     NEEDS_LEDGER,
     "UID… [--from F] [--reason T]",
     "take discarded samples in again",
     "ckl restore sample_002",
     cmd_restore,
     {FROM_FILE, REASON}},
    {"tag",
     NEEDS_LEDGER,
     "TAG UID… [--from F] [--reason T]",
     "tag samples",
     "ckl tag hard sample_001 sample_003",
     cmd_tag,
     {FROM_FILE, REASON}},
    {"untag",
     NEEDS_LEDGER,
     "TAG UID… [--from F] [--reason T]",
     "take a tag off samples",
     "ckl untag hard sample_001",
     cmd_untag,
     {FROM_FILE, REASON}},
    {"status",
     NEEDS_READING,
     "",
     "where this run stands, and what is pending",
     "ckl status",
     cmd_status,
     {{0}}},
    {"dump",
     NEEDS_LEDGER,
     "[--force]",
     "write what is pending into checkpoints/",
     "ckl dump",
     cmd_dump,
     {{"--force", NULL, "re-create what is missing", false}}},
    {"checkpoint",
     NEEDS_LEDGER,
     "--step N --weights F [--metric k=v]… [--note JSON]",
     "save weights under the current hash",
     "ckl checkpoint --step 100 --weights model.pt --metric val_loss=0.31",
     cmd_checkpoint,
     {{"--step", "N", "the training step", false},
      {"--weights", "FILE", "the file to copy; - is standard input", false},
      {"--move", NULL, "move it instead", false},
      {"--metric", "NAME=VALUE", "a metric of this step; may be repeated", true},
      {"--note", "JSON", "anything else to keep with it", false},
      {"--force-dump", NULL, "dump what is pending first", false}}},
    {"metric",
     NEEDS_LEDGER,
     "--step N NAME=VALUE…",
     "log metrics of a step",
     "ckl metric --step 100 loss=0.42 accuracy=0.9",
     cmd_metric,
     {{"--step", "N", "the training step", false}}},
    {"log",
     NEEDS_READING,
     "[--limit N] [--all] [--component C] [--since T]",
     "what happened, newest first",
     "ckl log --since 2d",
     cmd_log,
     {{"--limit", "N", "at most N events (20; 0: all)", false},
      {"--all", NULL, "of all runs", false},
      {"--component", "C", "only changes of model, config or data", false},
      {"--since", "TIME", "2026-11-23, 2026-11-23T15:40:00Z, 2h or 3d", false}}},
    {"show",
     NEEDS_READING,
     "[HASH]",
     "one experiment: components, parents, checkpoints",
     "ckl show @~1",
     cmd_show,
     {{0}}},
    {"diff",
     NEEDS_READING,
     "[A [B]] [--stat] [--limit N] [--exit-code]",
     "what differs between two experiments",
     "ckl diff @~1",
     cmd_diff,
     {{"--stat", NULL, "only how much", false},
      {"--limit", "N", "at most N samples", false},
      {"--exit-code", NULL, "exit 1 when anything differs", false}}},
    {"state",
     NEEDS_READING,
     "[HASH]",
     "the data state in the guide's form, for ckl update",
     "ckl state > data.json",
     cmd_state,
     {{0}}},
    {"cat",
     NEEDS_READING,
     "HASH config|model|data|architecture",
     "the content of a component",
     "ckl cat @ config",
     cmd_cat,
     {{0}}},
    {"path",
     NEEDS_READING,
     "[HASH] --step N | --latest | --best METRIC",
     "the path of a checkpoint",
     "ckl path @ --best val_loss",
     cmd_path,
     {{"--step", "N", "the checkpoint of this step", false},
      {"--latest", NULL, "the one saved last", false},
      {"--best", "METRIC", "the one with the lowest value of a metric", false},
      {"--highest", NULL, "with --best: the highest", false}}},
    {"switch",
     NEEDS_LEDGER,
     "HASH[@STEP]",
     "move the head to a recorded experiment",
     "ckl switch 4f53cda1@200",
     cmd_switch,
     {{0}}},
    {"runs", NEEDS_READING, "", "every line of history", "ckl runs", cmd_runs, {{0}}},
    {"run",
     NEEDS_LEDGER,
     "new NAME [--from HASH]",
     "begin a new line of history",
     "ckl run new wide --from @",
     cmd_run,
     {{"--from", "HASH", "its first state; empty without", false}}},
    {"checkpoints",
     NEEDS_READING,
     "[HASH] [--all]",
     "saved weights, in order",
     "ckl checkpoints --all",
     cmd_checkpoints,
     {{"--all", NULL, "of all runs", false}}},
    {"ignore",
     NEEDS_NOTHING,
     "[PATH…] [--remove] [--reason T]",
     "configuration paths that do not count in hashes",
     "ckl ignore /root_log_dir",
     cmd_ignore,
     {{"--remove", NULL, "let them count again", false}, REASON}},
    {"hash",
     NEEDS_NOTHING,
     "[--model F] [--config F] [--data F] [--explain C [--lines]]",
     "the hash of files, without recording anything",
     "ckl hash --model model.json --config config.yaml --data data.json",
     cmd_hash,
     {{"--model", "FILE", "description of the model", false},
      {"--config", "FILE", "hyperparameters", false},
      {"--data", "FILE", "data state", false},
      {"--explain", "C", "print the text that is hashed: model, config or data", false},
      {"--lines", NULL, "with --explain data: one sample a line", false}}},
    {"compare",
     NEEDS_NOTHING,
     "A B",
     "which components two hashes differ in",
     "ckl compare a1b2c3d4e5f6a7b8c9d0e1f2 a1b2c3d4f0f0f0f0c9d0e1f2",
     cmd_compare,
     {{0}}},
    {NULL, NEEDS_NOTHING, NULL, NULL, NULL, NULL, {{0}}}};

static void print_overview(void)
{
    printf("Record what is trained, and say what changed:\n\n"
           "    ckl update --model model.json --config config.yaml --data data.json\n"
           "    ckl diff @~1\n\n"
           "Usage: ckl [-C ROOT] [--run NAME] [--json] COMMAND …\n\nCommands:\n");
    for (const command *each = COMMANDS; each->name != NULL; each++)
        printf("  %-12s %s\n", each->name, each->summary);
    printf("\nAnywhere:\n"
           "  -C ROOT      the root folder; else $CKL_ROOT, else the nearest with a\n"
           "               ledger.db, else (to record) this one\n"
           "  --run NAME   the line of history; else $CKL_RUN, else main\n"
           "  --json       one JSON object on standard output\n\n"
           "An experiment is 24 characters, a unique prefix of at least 4, @ (the head)\n"
           "or @~N (N moves back). More: ckl help COMMAND\n");
}

void print_help(const char *name)
{
    const command *chosen = name != NULL ? find_command(name) : NULL;
    if (chosen == NULL) {
        print_overview();
        return;
    }
    printf("    %s\n\n%s: %s\n\nUsage: ckl %s %s\n", chosen->example, chosen->name, chosen->summary,
           chosen->name, chosen->usage);
    for (int index = 0; index < OPTION_MAX && chosen->options[index].name != NULL; index++) {
        char left[64];
        const option_spec *option = &chosen->options[index];
        snprintf(left, sizeof left, "%s%s%s", option->name, option->value != NULL ? " " : "",
                 option->value != NULL ? option->value : "");
        printf("%s  %-22s %s\n", index == 0 ? "\n" : "", left, option->help);
    }
}
