/* The manual page of the ledger: its views and columns, as the view `about` explains them. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "pages.h"
#include "schema.h"

static void check(sqlite3 *ledger, int result)
{
    if (result == SQLITE_OK || result == SQLITE_ROW || result == SQLITE_DONE)
        return;
    fprintf(stderr, "ckl-pages: %s\n", sqlite3_errmsg(ledger));
    exit(1);
}

/* An empty ledger in memory: tables first, then the views. */
static sqlite3 *make_ledger(void)
{
    sqlite3 *ledger = NULL;
    check(NULL, sqlite3_open(":memory:", &ledger));
    for (const schema_file *file = schema_files; file->name != NULL; file++) {
        if (file->name[0] == '0')
            check(ledger, sqlite3_exec(ledger, file->sql, NULL, NULL, NULL));
    }
    for (const schema_file *file = schema_files; file->name != NULL; file++) {
        if (strcmp(file->name, "views") == 0)
            check(ledger, sqlite3_exec(ledger, file->sql, NULL, NULL, NULL));
    }
    return ledger;
}

static void put_views(FILE *page, sqlite3 *ledger)
{
    sqlite3_stmt *row = NULL;
    int result = SQLITE_OK;
    check(ledger, sqlite3_prepare_v2(ledger, "SELECT \"view\", \"column\", meaning FROM about", -1,
                                     &row, NULL));
    while ((result = sqlite3_step(row)) == SQLITE_ROW) {
        const char *view = (const char *)sqlite3_column_text(row, 0);
        const char *column = (const char *)sqlite3_column_text(row, 1);
        const char *meaning = (const char *)sqlite3_column_text(row, 2);
        fputs(column == NULL ? ".SS " : ".TP\n.B ", page);
        put_roff(page, column == NULL ? view : column);
        fputc('\n', page);
        put_roff(page, meaning);
        fputc('\n', page);
    }
    check(ledger, result);
    sqlite3_finalize(row);
}

void write_ledger_page(const char *folder)
{
    sqlite3 *ledger = make_ledger();
    FILE *page = open_page(folder, "ckl-ledger.5");
    fprintf(page, ".TH \"ckl-ledger\" \"5\" \"\" \"ckl %s\" \"Checkpoint Ledger\"\n",
            ckl_version());
    fputs(".SH NAME\nckl\\-ledger \\- the ledger and the tree of checkpoints\n.SH DESCRIPTION\n",
          page);
    put_roff(page, "A root folder holds ledger.db, a SQLite database with the whole history, and "
                   "checkpoints/, the tree of what was dumped:\n");
    fputs(".EX\n", page);
    put_roff(page, "ledger.db                      (ledger.db-wal, ledger.db-shm while open)\n"
                   ".ckl/                          locks, temporary files, receipt, quarantine\n"
                   "checkpoints/{hash}/\n"
                   "    model/{hash}_step_000100.pt  {hash}_architecture.pkl\n"
                   "    hp/{hash}_config.yaml\n"
                   "    data/{hash}_data_state.yaml\n");
    fputs(".EE\n", page);
    put_roff(page,
             "A hash has 24 characters: model 8, configuration 8, data 8; 00000000 stands for what "
             "is absent. Tables of ledger.db begin with _ and are the library's own. Views are for "
             "reading, while training goes on as well, with any program that reads SQLite; they "
             "are only ever added to.\n");
    fputs(".SH VIEWS\n", page);
    put_views(page, ledger);
    fputs(".SH EXAMPLE\n.EX\n", page);
    put_roff(page, "sqlite3 -readonly ledger.db \"SELECT at, uid, change, actor, reason\n"
                   "    FROM sample_changes WHERE change = 'discarded'\"\n");
    fputs(".EE\n.SH SEE ALSO\n.BR ckl (1),\n.BR sqlite3 (1)\n", page);
    close_page(page, "ckl-ledger.5");
    sqlite3_close(ledger);
}
