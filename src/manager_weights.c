/* The name that a file of weights had when it was saved, and giving a copy of it back. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doc.h"
#include "manager_internal.h"

/* ---- the name -------------------------------------------------------------------------------- */

/* How long the character is that begins here; 0: it is none, or one that terminals obey. */
static size_t plain_character(const char *text, size_t size)
{
    unsigned char first = (unsigned char)text[0];
    size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first < 0x20 || first == 0x7f || length > size || !doc_valid_utf8(text, length))
        return 0;
    return first == 0xc2 && (unsigned char)text[1] < 0xa0 ? 0 : length;
}

/* `text` as one that can be shown and be a file's name: other bytes become \xHH, and it ends at a
 * character that does not fit any more. */
static void make_plain(char out[WEIGHTS_NAME_MAX + 1], const char *text)
{
    size_t size = strlen(text), at = 0, written = 0;
    while (at < size) {
        char piece[8];
        size_t taken = plain_character(text + at, size - at);
        size_t length = taken;
        if (taken > 0) {
            memcpy(piece, text + at, taken);
        } else {
            length = 4;
            taken = 1;
            snprintf(piece, sizeof piece, "\\x%02x", (unsigned char)text[at]);
        }
        if (written + length > WEIGHTS_NAME_MAX)
            break;
        memcpy(out + written, piece, length);
        written += length;
        at += taken;
    }
    out[written] = '\0';
}

static bool is_name(const char *text)
{
    return text[0] != '\0' && strchr(text, '/') == NULL && strcmp(text, ".") != 0 &&
           strcmp(text, "..") != 0;
}

ckl_status weights_name(char **out, const char *path, ckl_error *err)
{
    char name[WEIGHTS_NAME_MAX + 1];
    if (path == NULL || strcmp(path, "-") == 0 || strncmp(path, "/dev/", 5) == 0 ||
        strncmp(path, "/proc/", 6) == 0)
        return CKL_OK; /* the name of a way to it, not of a file */
    const char *slash = strrchr(path, '/');
    make_plain(name, slash != NULL ? slash + 1 : path);
    if (!is_name(name))
        return CKL_OK;
    *out = strdup(name);
    return *out != NULL ? CKL_OK : error_memory(err);
}

/* What is in a ledger may come from anywhere: it must be such as weights_name() makes. */
ckl_status weights_name_of_event(char out[WEIGHTS_NAME_MAX + 1], const char *detail, ckl_error *err)
{
    char again[WEIGHTS_NAME_MAX + 1];
    json_t *tree = NULL;
    if (detail != NULL && doc_json_load(&tree, detail, err) == CKL_NO_MEMORY)
        return CKL_NO_MEMORY;
    const char *name = json_string_value(json_object_get(tree, "file_name"));
    out[0] = '\0';
    if (name != NULL && is_name(name)) {
        make_plain(again, name);
        if (strcmp(again, name) == 0)
            memcpy(out, again, sizeof again);
    }
    json_decref(tree);
    return CKL_OK;
}

/* ---- a copy ---------------------------------------------------------------------------------- */

typedef struct saved_weights {
    char *path; /* below the root */
    char name[WEIGHTS_NAME_MAX + 1];
    digest sha256;
} saved_weights;

static ckl_status find_saved(saved_weights *out, ckl_manager *manager, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, manager->ledger,
                 "SELECT event.detail, saved.sha256 FROM _checkpoint AS saved"
                 " JOIN _event AS event ON event.seq = saved.event"
                 " WHERE saved.path = :path AND saved.state = 'present' ORDER BY saved.id DESC"
                 " LIMIT 1",
                 err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":path", out->path);
    status = statement_step(&row, err);
    if (status == CKL_DONE)
        return error_set(err, CKL_NOT_FOUND, "'%s' was replaced just now", out->path);
    if (status == CKL_OK)
        status = column_digest(&out->sha256, &row, 1, err);
    if (status != CKL_OK)
        return status;
    status = weights_name_of_event(out->name, column_text(&row, 0), err);
    const char *last = strrchr(out->path, '/');
    if (out->name[0] == '\0')
        snprintf(out->name, sizeof out->name, "%s", last != NULL ? last + 1 : out->path);
    return status;
}

/* Also by way of a link. */
static bool is_folder(const char *path)
{
    char *real = NULL;
    bool folder = path[strlen(path) - 1] == '/' ||
                  (fs_real_path(&real, path, NULL) == CKL_OK && fs_is_directory(real));
    free(real);
    return folder;
}

static ckl_status join(char **out, const char *folder, const char *name, ckl_error *err)
{
    BUF_AUTO text = BUF_INIT;
    size_t size = strlen(folder);
    buf_add_format(&text, "%s%s%s", folder, size > 0 && folder[size - 1] == '/' ? "" : "/", name);
    return buf_take(out, NULL, &text, err);
}

/* The file that is written, beside the target: its own name may be too long for an ending. */
static ckl_status part_of(char **out, const char *target, ckl_error *err)
{
    BUF_AUTO text = BUF_INIT;
    char random[33];
    const char *slash = strrchr(target, '/');
    ckl_status status = fs_random_name(random, err);
    if (status != CKL_OK)
        return status;
    buf_add(&text, target, slash != NULL ? (size_t)(slash - target) + 1 : 0);
    buf_add_format(&text, ".ckl-%s.part", random);
    return buf_take(out, NULL, &text, err);
}

static ckl_status write_part(const char *part, const char *source, const digest *sha256,
                             ckl_error *err)
{
    fs_writer *writer = NULL;
    digest found;
    uint64_t size = 0;
    ckl_status status = fs_writer_create(&writer, part, err);
    if (status != CKL_OK)
        return status;
    status = fs_writer_copy(writer, source, err);
    if (status != CKL_OK) {
        fs_writer_abandon(writer);
        return status;
    }
    status = fs_writer_finish(&found, &size, writer, 0666, err);
    if (status == CKL_OK && memcmp(&found, sha256, sizeof found) != 0) {
        error_set(err, CKL_DAMAGED, "'%s' is not what was saved: it was not copied", source);
        error_hint(err, "see what is wrong: ckl fsck");
        status = CKL_DAMAGED;
    }
    return status;
}

static ckl_status copy_out(const saved_weights *saved, const ckl_manager *manager,
                           const char *target, ckl_error *err)
{
    char *part = NULL, *source = NULL;
    ckl_error found = {0}; /* the first message wins: this one says what there is to do */
    if (fs_exists(target)) {
        error_set(err, CKL_INVALID, "'%s' is there already: it was not replaced", target);
        return CKL_INVALID;
    }
    ckl_status status = part_of(&part, target, err);
    if (status == CKL_OK)
        status = storage_path(&source, manager->tree, saved->path, err);
    if (status == CKL_OK)
        status = write_part(part, source, &saved->sha256, err);
    if (status == CKL_OK)
        status = fs_rename(part, target, false, &found);
    if (found.code == CKL_BUSY)
        status = error_set(err, CKL_INVALID, "'%s' is there already: it was not replaced", target);
    else if (found.code != CKL_OK)
        error_pass(err, &found);
    if (status != CKL_OK && part != NULL)
        (void)fs_remove_file(part, NULL);
    free(part);
    free(source);
    return status;
}

ckl_status ckl_manager_copy_checkpoint(char **out, ckl_manager *manager, const char *hash,
                                       ckl_choice choice, int64_t step, const char *metric,
                                       const char *to, ckl_error *err)
{
    saved_weights saved = {0};
    char *target = NULL;
    if (to[0] == '\0')
        return error_set(err, CKL_INVALID, "the copy has no name");
    ckl_status status =
        manager_choose_checkpoint(&saved.path, manager, hash, choice, step, metric, err);
    if (status == CKL_OK)
        status = find_saved(&saved, manager, err);
    if (status == CKL_OK && is_folder(to))
        status = join(&target, to, saved.name, err);
    else if (status == CKL_OK && (target = strdup(to)) == NULL)
        status = error_memory(err);
    if (status == CKL_OK)
        status = copy_out(&saved, manager, target, err);
    free(saved.path);
    if (status == CKL_OK)
        *out = target;
    else
        free(target);
    return status;
}
