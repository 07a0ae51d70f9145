/* ckl-pages FOLDER HEADER…: writes the manual pages and completions into the folder. */
#include "pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void put_roff(FILE *out, const char *text)
{
    bool line_begins = true;
    for (; *text != '\0'; text++) {
        if (line_begins && (*text == '.' || *text == '\''))
            fputs("\\&", out);
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else
            fputc(*text, out);
        line_begins = *text == '\n';
    }
}

static void give_up(const char *name)
{
    fprintf(stderr, "ckl-pages: could not write '%s': %s\n", name, strerror(errno));
    exit(1);
}

FILE *open_page(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *page = fopen(path, "w");
    if (page == NULL)
        give_up(path);
    return page;
}

void close_page(FILE *page, const char *name)
{
    if (ferror(page) || fclose(page) != 0)
        give_up(name);
}

int main(int count, char **words)
{
    if (count < 3) {
        fputs("usage: ckl-pages FOLDER HEADER...\n", stderr);
        return 2;
    }
    write_command_pages(words[1]);
    write_ledger_page(words[1]);
    write_completions(words[1]);
    write_api_pages(words[1], words + 2);
    return 0;
}
