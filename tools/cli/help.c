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

/* "  --limit N   at most N events", what it does beginning at `column`. */
static void print_option(const option_spec *option, size_t column)
{
    char left[64];
    snprintf(left, sizeof left, "%s%s%s", option->name, option->value != NULL ? " " : "",
             option->value != NULL ? option->value : "");
    printf("  %-*s ", (int)column - 3, left);
    put_wrapped(option->help, column, column);
}

static void print_overview(void)
{
    printf("Record what is trained, and say what changed:\n\n"
           "    ckl update --model model.json --config config.yaml --data data.json\n"
           "    ckl diff @~1\n\n"
           "Usage: ckl [-C ROOT] [--run NAME] [--json] COMMAND …\n\nCommands:\n");
    for (const command *each = next_command(NULL); each != NULL; each = next_command(each)) {
        if (group_begins(each) != NULL)
            printf(" %s\n", group_begins(each));
        printf("  %-12s %s\n", each->name, each->summary);
    }
    printf("\nAnywhere:\n");
    for (const option_spec *each = GLOBAL_OPTIONS; each->name != NULL; each++)
        print_option(each, 16);
    printf("\n"
           "An experiment is 24 characters, a unique prefix of at least 4, its name, @ (the\n"
           "head), @~N (N moves back) or @{2h} (two hours ago). $CKL_ACTOR is who, in the\n"
           "history; else your user name.\n\n"
           "Exit code: 0 done, 1 not found (or different: diff --exit-code), 2 bad input,\n"
           "3 damaged, 4 busy, 5 refused, 6 could not read or write.\n\n"
           "More: ckl help COMMAND\n");
}

static void print_options(const command *of)
{
    if (of->options[0].name != NULL)
        fputs("\nOptions:\n", stdout);
    for (int index = 0; index < OPTION_MAX && of->options[index].name != NULL; index++)
        print_option(&of->options[index], 24);
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
