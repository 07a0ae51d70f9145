/* The baselines: what SQLite, libyaml, libcrypto and the system take for the same work. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

#include "bench.h"

static sqlite3 *open_raw(const char *path)
{
    sqlite3 *raw = NULL;
    if (sqlite3_open(path, &raw) != SQLITE_OK)
        fail("cannot open '%s': %s", path, sqlite3_errmsg(raw));
    return raw;
}

static void execute(sqlite3 *raw, const char *sql)
{
    char *problem = NULL;
    if (sqlite3_exec(raw, sql, NULL, NULL, &problem) != SQLITE_OK)
        fail("%s: %s", sql, problem);
}

static sqlite3_stmt *prepare(sqlite3 *raw, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(raw, sql, -1, &statement, NULL) != SQLITE_OK)
        fail("%s: %s", sql, sqlite3_errmsg(raw));
    return statement;
}

static void run_once(sqlite3 *raw, sqlite3_stmt *statement)
{
    if (sqlite3_step(statement) != SQLITE_DONE)
        fail("cannot insert: %s", sqlite3_errmsg(raw));
    sqlite3_reset(statement);
}

/* The two large tables as the ledger declares them, indexes and all. */
static void copy_tables(sqlite3 *raw, const char *ledger)
{
    sqlite3 *source = open_raw(ledger);
    sqlite3_stmt *found =
        prepare(source, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"
                        " AND tbl_name IN ('_sample', '_edge_change') AND type <> 'view'"
                        " ORDER BY type DESC");
    while (sqlite3_step(found) == SQLITE_ROW)
        execute(raw, (const char *)sqlite3_column_text(found, 0));
    sqlite3_finalize(found);
    sqlite3_close(source);
}

static void insert_all(sqlite3 *raw, const ckl_data_state *state)
{
    sqlite3_stmt *sample = prepare(raw, "INSERT INTO _sample (uid) VALUES (?1)");
    sqlite3_stmt *change =
        prepare(raw, "INSERT INTO _edge_change"
                     " (edge, sample, old_discarded, old_tagset, new_discarded, new_tagset)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    uint64_t count = ckl_data_state_counts(state).total;
    execute(raw, "BEGIN IMMEDIATE");
    for (uint64_t index = 0; index < count; index++) {
        ckl_sample one = ckl_data_state_sample(state, index);
        sqlite3_bind_text(sample, 1, one.uid, -1, SQLITE_STATIC);
        run_once(raw, sample);
        sqlite3_bind_int64(change, 1, 1);
        sqlite3_bind_int64(change, 2, sqlite3_last_insert_rowid(raw));
        sqlite3_bind_int64(change, 5, one.discarded);
        sqlite3_bind_int64(change, 6, 1 + (int64_t)one.tag_count);
        run_once(raw, change);
    }
    sqlite3_finalize(sample);
    sqlite3_finalize(change);
    execute(raw, "COMMIT");
}

double raw_insert(const char *folder, const char *ledger, const ckl_data_state *state)
{
    char *path = join(folder, "raw.db");
    sqlite3 *raw = open_raw(path);
    execute(raw, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL");
    copy_tables(raw, ledger);
    double start = now();
    insert_all(raw, state);
    double taken = now() - start;
    sqlite3_close(raw);
    remove_tree(path);
    free(path);
    return taken;
}

/* ---- reading a state in order ---------------------------------------------------------------- */

void raw_make_table(const char *path, const ckl_data_state *state)
{
    sqlite3 *raw = open_raw(path);
    execute(raw, "CREATE TABLE state (uid TEXT PRIMARY KEY, discarded INTEGER, tags TEXT)"
                 " WITHOUT ROWID; BEGIN");
    sqlite3_stmt *insert = prepare(raw, "INSERT INTO state VALUES (?1, ?2, ?3)");
    uint64_t count = ckl_data_state_counts(state).total;
    for (uint64_t index = 0; index < count; index++) {
        char tags[64] = "";
        ckl_sample one = ckl_data_state_sample(state, index);
        for (size_t tag = 0; tag < one.tag_count; tag++)
            snprintf(tags + strlen(tags), sizeof tags - strlen(tags), "%s%s", tag == 0 ? "" : ",",
                     one.tags[tag]);
        sqlite3_bind_text(insert, 1, one.uid, -1, SQLITE_STATIC);
        sqlite3_bind_int(insert, 2, one.discarded);
        sqlite3_bind_text(insert, 3, tags, -1, SQLITE_STATIC);
        run_once(raw, insert);
    }
    sqlite3_finalize(insert);
    execute(raw, "COMMIT");
    sqlite3_close(raw);
}

static void hash_rows(sqlite3_stmt *rows, EVP_MD_CTX *running)
{
    static char piece[65536];
    size_t used = 0;
    for (bool first = true; sqlite3_step(rows) == SQLITE_ROW; first = false) {
        if (used + 2048 > sizeof piece) {
            EVP_DigestUpdate(running, piece, used);
            used = 0;
        }
        size_t uid = (size_t)sqlite3_column_bytes(rows, 0);
        size_t tags = (size_t)sqlite3_column_bytes(rows, 2);
        if (!first)
            piece[used++] = '|';
        memcpy(piece + used, sqlite3_column_text(rows, 0), uid);
        used += uid;
        memcpy(piece + used, sqlite3_column_int(rows, 1) ? ":d1:t" : ":d0:t", 5);
        memcpy(piece + used + 5, sqlite3_column_text(rows, 2), tags);
        used += 5 + tags;
    }
    EVP_DigestUpdate(running, piece, used);
}

double raw_read_and_hash(const char *path)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    double start = now();
    sqlite3 *raw = open_raw(path);
    sqlite3_stmt *rows = prepare(raw, "SELECT uid, discarded, tags FROM state ORDER BY uid");
    EVP_MD_CTX *running = EVP_MD_CTX_new();
    if (running == NULL || EVP_DigestInit_ex(running, EVP_sha256(), NULL) != 1)
        fail("libcrypto cannot compute a SHA-256");
    hash_rows(rows, running);
    EVP_DigestFinal_ex(running, digest, NULL);
    EVP_MD_CTX_free(running);
    sqlite3_finalize(rows);
    sqlite3_close(raw);
    return now() - start;
}

/* ---- YAML ------------------------------------------------------------------------------------ */

static void print_tags(FILE *file, const ckl_sample *one)
{
    fprintf(file, "  %s: [", one->uid);
    for (size_t tag = 0; tag < one->tag_count; tag++)
        fprintf(file, "%s%s", tag == 0 ? "" : ", ", one->tags[tag]);
    fputs("]\n", file);
}

/* Names are plain here: they stand in YAML as they are. */
double raw_write_yaml(const char *path, const ckl_data_state *state)
{
    double start = now();
    FILE *file = fopen(path, "w");
    if (file == NULL)
        fail("cannot write '%s': %s", path, strerror(errno));
    uint64_t count = ckl_data_state_counts(state).total;
    fputs("uids:\n", file);
    for (uint64_t index = 0; index < count; index++)
        fprintf(file, "- %s\n", ckl_data_state_sample(state, index).uid);
    fputs("discarded:\n", file);
    for (uint64_t index = 0; index < count; index++) {
        ckl_sample one = ckl_data_state_sample(state, index);
        if (one.discarded)
            fprintf(file, "- %s\n", one.uid);
    }
    fputs("tags:\n", file);
    for (uint64_t index = 0; index < count; index++) {
        ckl_sample one = ckl_data_state_sample(state, index);
        if (one.tag_count > 0)
            print_tags(file, &one);
    }
    if (fflush(file) != 0 || fsync(fileno(file)) != 0 || fclose(file) != 0)
        fail("cannot write '%s': %s", path, strerror(errno));
    return now() - start;
}

double raw_parse_yaml(const char *path)
{
    yaml_parser_t parser;
    yaml_event_t event;
    double start = now();
    FILE *file = fopen(path, "r");
    if (file == NULL || yaml_parser_initialize(&parser) == 0)
        fail("cannot read '%s'", path);
    yaml_parser_set_input_file(&parser, file);
    for (bool ended = false; !ended;) {
        if (yaml_parser_parse(&parser, &event) == 0)
            fail("'%s' is no YAML: %s", path, parser.problem);
        ended = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    fclose(file);
    return now() - start;
}

/* ---- files ----------------------------------------------------------------------------------- */

double raw_copy(const char *from, const char *to)
{
    const char *const arguments[] = {"cp", "--reflink=never", from, to, NULL};
    double start = now();
    if (run_program(arguments).code != 0)
        fail("cannot copy '%s'", from);
    int descriptor = open(to, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 || fsync(descriptor) != 0)
        fail("cannot sync '%s': %s", to, strerror(errno));
    close(descriptor);
    return now() - start;
}

double raw_hash_file(const char *path)
{
    static char piece[1 << 20];
    unsigned char digest[EVP_MAX_MD_SIZE];
    double start = now();
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    EVP_MD_CTX *running = EVP_MD_CTX_new();
    if (descriptor < 0 || running == NULL || EVP_DigestInit_ex(running, EVP_sha256(), NULL) != 1)
        fail("cannot hash '%s'", path);
    for (ssize_t got; (got = read(descriptor, piece, sizeof piece)) > 0;)
        EVP_DigestUpdate(running, piece, (size_t)got);
    EVP_DigestFinal_ex(running, digest, NULL);
    EVP_MD_CTX_free(running);
    close(descriptor);
    return now() - start;
}
