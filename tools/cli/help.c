/* help: prints what the table of commands says, at most 80 columns wide. */
#include <stdlib.h>
#include <string.h>

#include "command.h"

#define COLUMNS 80

/* Prints `text` word by word from column `column` on; lines after the first begin at `indent`. What
 * stands in brackets is kept on one line. */
static void put_wrapped(const char *text, size_t column, size_t indent)
{
    bool first = true;
    while (*text != '\0') {
        size_t size = 0;
        int brackets = 0;
        for (; text[size] != '\0' && text[size] != '\n' && (text[size] != ' ' || brackets > 0);
             size++)
            brackets += (text[size] == '[') - (text[size] == ']');
        char *word = strndup(text, size);
        if (word == NULL)
            return;
        if (!first && column + 1 + text_width(word) > COLUMNS) {
            printf("\n%*s", (int)indent, "");
            column = indent;
            first = true;
        }
        column += text_width(word) + (first ? 0 : 1);
        printf("%s%s", first ? "" : " ", word);
        free(word);
        first = false;
        for (text += size; *text == ' ' || *text == '\n'; text++) {
            if (*text != '\n')
                continue;
            putchar('\n');
            column = indent;
            first = true;
        }
    }
    putchar('\n');
}

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
           "  --json       one JSON object on standard output\n"
           "  --format F   rows as table, csv, tsv, jsonl or md\n"
           "  --no-pager   do not page on a terminal; else $CKL_PAGER, $PAGER or less\n"
           "  --private    what is made only its owner can read; else as the umask says\n"
           "  --           what follows is no option\n"
           "  --help       this, or the help of a command\n"
           "  --version    the version of the library\n\n"
           "An experiment is 24 characters, a unique prefix of at least 4, its name, @ (the\n"
           "head), @~N (N moves back) or @{2h} (two hours ago). $CKL_ACTOR is who, in the\n"
           "history; else your user name.\n\n"
           "Exit code: 0 done, 1 not found (or different: diff --exit-code), 2 bad input,\n"
           "3 damaged, 4 busy, 5 refused, 6 could not read or write.\n\n"
           "More: ckl help COMMAND\n");
}

static void print_options(const command *of)
{
    for (int index = 0; index < OPTION_MAX && of->options[index].name != NULL; index++) {
        char left[64];
        const option_spec *option = &of->options[index];
        snprintf(left, sizeof left, "%s%s%s", option->name, option->value != NULL ? " " : "",
                 option->value != NULL ? option->value : "");
        printf("%s  %-21s ", index == 0 ? "\nOptions:\n" : "", left);
        put_wrapped(option->help, 24, 24);
    }
}

void print_help(const command *of)
{
    if (of == NULL) {
        print_overview();
        return;
    }
    printf("    %s\n\nckl %s: %s\n\n", of->example, of->name, of->summary);
    put_wrapped(of->about, 0, 0);
    printf("\nUsage: ckl %s%s", of->name, of->usage[0] != '\0' ? " " : "");
    size_t column = strlen("Usage: ckl  ") + strlen(of->name);
    put_wrapped(of->usage, column, column);
    print_options(of);
    if (of->keys != NULL) {
        printf("\nWith --json: ");
        put_wrapped(of->keys, 13, 13);
    }
}
