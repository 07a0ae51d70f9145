/* Manual pages of the commands. */
#include <string.h>

#include "pages.h"

static void put_title(FILE *page, const char *name, const char *section)
{
    fprintf(page, ".TH \"%s\" \"%s\" \"\" \"ckl %s\" \"Checkpoint Ledger\"\n", name, section,
            ckl_version());
}

static void put_section(FILE *page, const char *title)
{
    fprintf(page, ".SH %s\n", title);
}

static void put_option(FILE *page, const option_spec *option)
{
    fputs(".TP\n.B ", page);
    put_roff(page, option->name);
    if (option->value != NULL) {
        fputs(" \\fI", page);
        put_roff(page, option->value);
        fputs("\\fR", page);
    }
    fputc('\n', page);
    put_roff(page, option->help);
    fputc('\n', page);
}

/* Paragraphs are set apart by an empty line. */
static void put_prose(FILE *page, const char *text)
{
    for (const char *gap; (gap = strstr(text, "\n\n")) != NULL; text = gap + 2) {
        char paragraph[4096];
        snprintf(paragraph, sizeof paragraph, "%.*s", (int)(gap - text), text);
        put_roff(page, paragraph);
        fputs("\n.PP\n", page);
    }
    put_roff(page, text);
    fputc('\n', page);
}

static void put_exit_codes(FILE *page)
{
    put_section(page, "EXIT STATUS");
    put_roff(page, "0 done; 1 not found (or different: diff --exit-code); 2 bad input; 3 damaged; "
                   "4 busy; 5 refused; 6 could not read or write.\n");
}

static void write_command(const char *folder, const command *of)
{
    char name[64], file[80];
    snprintf(name, sizeof name, "ckl-%s", of->name);
    snprintf(file, sizeof file, "%s.1", name);
    FILE *page = open_page(folder, file);
    put_title(page, name, "1");
    put_section(page, "NAME");
    put_roff(page, name);
    fputs(" \\- ", page);
    put_roff(page, of->summary);
    fputc('\n', page);
    put_section(page, "SYNOPSIS");
    fprintf(page, ".B ckl %s\n", of->name);
    put_roff(page, of->usage);
    fputc('\n', page);
    put_section(page, "DESCRIPTION");
    put_prose(page, of->about);
    if (of->options[0].name != NULL)
        put_section(page, "OPTIONS");
    for (int index = 0; index < OPTION_MAX && of->options[index].name != NULL; index++)
        put_option(page, &of->options[index]);
    if (of->keys != NULL) {
        put_section(page, "JSON");
        put_roff(page, "With --json, one object: schema_version, ");
        put_roff(page, of->keys);
        fputs(".\n", page);
    }
    put_section(page, "EXAMPLE");
    fputs(".EX\n", page);
    put_roff(page, of->example);
    fputs("\n.EE\n", page);
    put_exit_codes(page);
    put_section(page, "SEE ALSO");
    fputs(".BR ckl (1),\n.BR ckl\\-ledger (5)\n", page);
    close_page(page, file);
}

static void write_overview(const char *folder)
{
    FILE *page = open_page(folder, "ckl.1");
    put_title(page, "ckl", "1");
    put_section(page, "NAME");
    fputs("ckl \\- record what is trained, and say what changed\n", page);
    put_section(page, "SYNOPSIS");
    put_roff(page, "ckl [-C ROOT] [--run NAME] [--json] COMMAND …\n");
    put_section(page, "DESCRIPTION");
    put_roff(
        page,
        "Checkpoint Ledger records every state of model, configuration and data of a training "
        "under one hash of 24 characters, keeps the whole history in one SQLite file, and says "
        "what changed, who changed it, and why.\n");
    put_section(page, "COMMANDS");
    for (const command *each = next_command(NULL); each != NULL; each = next_command(each)) {
        fputs(".TP\n.BR ckl\\-", page);
        put_roff(page, each->name);
        fputs(" (1)\n", page);
        put_roff(page, each->summary);
        fputc('\n', page);
    }
    put_section(page, "OPTIONS");
    for (const option_spec *option = GLOBAL_OPTIONS; option->name != NULL; option++)
        put_option(page, option);
    put_section(page, "NAMING AN EXPERIMENT");
    put_roff(page, "Its 24 characters, a unique prefix of at least 4, its name (ckl name), @ (the "
                   "head), @~N (the head N moves back), @{TIME} (the head at a time: @{2h}, "
                   "@{2026-11-23T15:40Z}).\n");
    put_exit_codes(page);
    put_section(page, "ENVIRONMENT");
    put_roff(page, "CKL_ROOT, CKL_RUN, CKL_LEDGER: as -C, --run and --ledger. CKL_ACTOR: who, in "
                   "the history; else the "
                   "user's name. CKL_PAGER, PAGER: what pages long output on a terminal; empty: "
                   "nothing. NO_COLOR: no colours.\n");
    put_section(page, "EXAMPLE");
    fputs(".EX\n", page);
    put_roff(page, "ckl update --model model.json --config config.yaml --data data.json\n"
                   "ckl diff @~1\n");
    fputs(".EE\n", page);
    put_section(page, "SEE ALSO");
    fputs(".BR ckl\\-ledger (5),\n.BR sqlite3 (1)\n", page);
    close_page(page, "ckl.1");
}

void write_command_pages(const char *folder)
{
    write_overview(folder);
    for (const command *each = next_command(NULL); each != NULL; each = next_command(each))
        write_command(folder, each);
}
