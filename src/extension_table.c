/* Table-valued functions for SQLite: what all of them have in common. */
#include <stdlib.h>
#include <string.h>

#include "extension.h"

typedef struct extension_module {
    extension_context *context;
    void (*release)(void *);
    const extension_kind *kind;
} extension_module;

typedef struct extension_table {
    sqlite3_vtab base;
    const extension_kind *kind;
    extension_reader reader;
} extension_table;

/* Bit 0 to 2 of idxNum: which arguments were given; then whether a uid was. */
#define UID_GIVEN (1 << TABLE_ARGUMENTS)

/* ---- connecting ------------------------------------------------------------------------------ */

static int table_connect(sqlite3 *connection, void *context, int argc, const char *const *argv,
                         sqlite3_vtab **out, char **message)
{
    const extension_module *module = context;
    (void)argc;
    (void)argv;
    int result = sqlite3_declare_vtab(connection, module->kind->declaration);
    if (result != SQLITE_OK) {
        *message = sqlite3_mprintf("%s", sqlite3_errmsg(connection));
        return result;
    }
#ifdef SQLITE_VTAB_INNOCUOUS
    (void)sqlite3_vtab_config(connection, SQLITE_VTAB_INNOCUOUS);
#endif
    extension_table *table = calloc(1, sizeof *table);
    if (table == NULL)
        return SQLITE_NOMEM;
    table->kind = module->kind;
    table->reader.context = module->context;
    *out = &table->base;
    return SQLITE_OK;
}

static int table_disconnect(sqlite3_vtab *base)
{
    extension_table *table = (extension_table *)base;
    reader_close(&table->reader);
    free(table);
    return SQLITE_OK;
}

static int table_best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
    const extension_kind *kind = ((extension_table *)base)->kind;
    int chosen[TABLE_ARGUMENTS + 1] = {-1, -1, -1, -1};
    for (int index = 0; index < info->nConstraint; index++) {
        const struct sqlite3_index_constraint *constraint = &info->aConstraint[index];
        int argument = constraint->iColumn - kind->visible;
        bool is_argument = argument >= 0 && argument < kind->arguments;
        bool is_uid = kind->uid_column >= 0 && constraint->iColumn == kind->uid_column &&
                      strcmp(sqlite3_vtab_collation(info, index), "BINARY") == 0;
        if (constraint->op != SQLITE_INDEX_CONSTRAINT_EQ || (!is_argument && !is_uid))
            continue;
        if (constraint->usable)
            chosen[is_argument ? argument : TABLE_ARGUMENTS] = index;
        else if (is_argument)
            return SQLITE_CONSTRAINT; /* what it depends on must come first */
    }
    int count = 0;
    for (int index = 0; index <= TABLE_ARGUMENTS; index++) {
        if (chosen[index] < 0)
            continue;
        info->idxNum |= 1 << index;
        info->aConstraintUsage[chosen[index]].argvIndex = ++count;
        /* Null as an argument is a value, which SQLite would find unequal to itself. */
        info->aConstraintUsage[chosen[index]].omit = index < TABLE_ARGUMENTS;
    }
    bool one = (info->idxNum & UID_GIVEN) != 0;
    info->estimatedCost = one ? 20 : 1000;
    info->estimatedRows = one ? 1 : 100;
    return SQLITE_OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* Where an error of ours becomes one of SQLite's. */
static int tell(extension_cursor *cursor, int result, const ckl_error *err)
{
    extension_table *table = (extension_table *)cursor->base.pVtab;
    if (result == SQLITE_OK || err->message[0] == '\0')
        return result;
    sqlite3_free(table->base.zErrMsg);
    table->base.zErrMsg = sqlite3_mprintf("%s: %s", table->kind->name, err->message);
    return result;
}

static int table_open(sqlite3_vtab *base, sqlite3_vtab_cursor **out)
{
    extension_table *table = (extension_table *)base;
    extension_cursor *cursor = calloc(1, table->kind->cursor_size);
    if (cursor == NULL)
        return SQLITE_NOMEM;
    cursor->reader = &table->reader;
    *out = &cursor->base;
    return SQLITE_OK;
}

static void forget_arguments(extension_cursor *cursor)
{
    for (int index = 0; index < TABLE_ARGUMENTS; index++) {
        sqlite3_value_free(cursor->arguments[index]);
        cursor->arguments[index] = NULL;
    }
    free(cursor->uid);
    cursor->uid = NULL;
}

static int table_close(sqlite3_vtab_cursor *base)
{
    extension_cursor *cursor = (extension_cursor *)base;
    ((extension_table *)base->pVtab)->kind->close(cursor);
    forget_arguments(cursor);
    free(cursor);
    return SQLITE_OK;
}

static bool keep_arguments(extension_cursor *cursor, int given, sqlite3_value **values)
{
    for (int index = 0; index < TABLE_ARGUMENTS; index++) {
        if ((given & (1 << index)) == 0)
            continue;
        cursor->arguments[index] = sqlite3_value_dup(*values++);
        if (cursor->arguments[index] == NULL)
            return false;
        /* So that asking for its text later cannot fail. */
        if (sqlite3_value_type(cursor->arguments[index]) != SQLITE_NULL &&
            sqlite3_value_text(cursor->arguments[index]) == NULL)
            return false;
    }
    if ((given & UID_GIVEN) == 0)
        return true;
    const unsigned char *uid = sqlite3_value_text(*values);
    cursor->uid = strdup(uid != NULL ? (const char *)uid : "");
    return cursor->uid != NULL;
}

static int table_filter(sqlite3_vtab_cursor *base, int given, const char *text, int count,
                        sqlite3_value **values)
{
    extension_cursor *cursor = (extension_cursor *)base;
    const extension_kind *kind = ((extension_table *)base->pVtab)->kind;
    ckl_error err = {0};
    (void)text;
    (void)count;
    kind->close(cursor);
    forget_arguments(cursor);
    cursor->row = 0;
    cursor->at_end = false;
    if (!keep_arguments(cursor, given, values))
        return SQLITE_NOMEM;
    int result = reader_check(cursor->reader, &err);
    if (result == SQLITE_OK)
        result = kind->filter(cursor, &err);
    return tell(cursor, result, &err);
}

static int table_next(sqlite3_vtab_cursor *base)
{
    extension_cursor *cursor = (extension_cursor *)base;
    ckl_error err = {0};
    cursor->row++;
    return tell(cursor, ((extension_table *)base->pVtab)->kind->next(cursor, &err), &err);
}

static int table_eof(sqlite3_vtab_cursor *base)
{
    return ((extension_cursor *)base)->at_end;
}

static int table_column(sqlite3_vtab_cursor *base, sqlite3_context *result, int column)
{
    extension_cursor *cursor = (extension_cursor *)base;
    const extension_kind *kind = ((extension_table *)base->pVtab)->kind;
    ckl_error err = {0};
    int argument = column - kind->visible;
    if (argument < 0)
        return tell(cursor, kind->column(cursor, result, column, &err), &err);
    if (cursor->arguments[argument] != NULL)
        sqlite3_result_value(result, cursor->arguments[argument]);
    return SQLITE_OK;
}

static int table_row(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
    *out = ((extension_cursor *)base)->row;
    return SQLITE_OK;
}

const char *cursor_text(const extension_cursor *cursor, int argument)
{
    sqlite3_value *value = cursor->arguments[argument];
    if (value == NULL || sqlite3_value_type(value) == SQLITE_NULL)
        return NULL;
    return (const char *)sqlite3_value_text(value);
}

/* ---- registering ----------------------------------------------------------------------------- */

/* Without xCreate: the table is there under its name, and no other can be made from it. */
static const sqlite3_module METHODS = {
    .xConnect = table_connect,
    .xBestIndex = table_best_index,
    .xDisconnect = table_disconnect,
    .xOpen = table_open,
    .xClose = table_close,
    .xFilter = table_filter,
    .xNext = table_next,
    .xEof = table_eof,
    .xColumn = table_column,
    .xRowid = table_row,
};

static void forget_module(void *module)
{
    extension_module *known = module;
    known->release(known->context);
    free(known);
}

int extension_register_tables(extension_context *context, void (*release)(void *))
{
    static const extension_kind *const KINDS[] = {&EXTENSION_DIFF,          &EXTENSION_DIFF_STAT,
                                                  &EXTENSION_CONFIG_DIFF,   &EXTENSION_MODEL_DIFF,
                                                  &EXTENSION_SAMPLE_DIFF,   &EXTENSION_STATE_AT,
                                                  &EXTENSION_SAMPLE_HISTORY};
    int result = SQLITE_OK;
    for (size_t index = 0; result == SQLITE_OK && index < sizeof KINDS / sizeof *KINDS; index++) {
        extension_module *module = malloc(sizeof *module);
        if (module == NULL)
            return SQLITE_NOMEM;
        *module = (extension_module){context, release, KINDS[index]};
        context->uses++;
        result = sqlite3_create_module_v2(context->connection, KINDS[index]->name, &METHODS, module,
                                          forget_module);
    }
    return result;
}
