/* commands: owns the order of the tables of commands, which say what each is called, needs, takes
 * and does (commands_record.c, commands_ask.c, commands_keep.c). Parsing, usage lines, help, manual
 * pages and completions are read from them. */
#include "commands.h"

const option_spec GLOBAL_OPTIONS[] = {
    {"-C", "ROOT",
     "the root folder; else $CKL_ROOT, else the nearest with a ledger.db, else (to record) this "
     "one",
     false},
    {"--run", "NAME", "the line of history; else $CKL_RUN, else main", false},
    {"--ledger", "F",
     "where ledger.db is when not in the root; else $CKL_LEDGER, else where it was", false},
    {"--json", NULL, "one JSON object on standard output", false},
    {"--format", "F", "rows as table, csv, tsv, jsonl or md", false},
    {"--no-pager", NULL, "no pager on a terminal; else $CKL_PAGER, $PAGER or less", false},
    {"--private", NULL, "what is made only its owner can read; else as the umask says", false},
    {"--", NULL, "what follows is no option", false},
    {"--help", NULL, "this, or the help of a command", false},
    {"--version", NULL, "the version of the library", false},
    {NULL, NULL, NULL, false}};

static const struct {
    const char *title;
    const command *commands;
} GROUPS[] = {{"Record", RECORD_COMMANDS}, {"Ask", ASK_COMMANDS}, {"Keep", KEEP_COMMANDS}};

#define GROUP_COUNT (sizeof GROUPS / sizeof *GROUPS)

const command *next_command(const command *before)
{
    if (before == NULL)
        return GROUPS[0].commands;
    if (before[1].name != NULL)
        return before + 1;
    for (size_t index = 0; index + 1 < GROUP_COUNT; index++) {
        const command *last = GROUPS[index].commands;
        while (last[1].name != NULL)
            last++;
        if (last == before)
            return GROUPS[index + 1].commands;
    }
    return NULL;
}

const char *group_begins(const command *first)
{
    for (size_t index = 0; index < GROUP_COUNT; index++) {
        if (GROUPS[index].commands == first)
            return GROUPS[index].title;
    }
    return NULL;
}
