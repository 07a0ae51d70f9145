/* Where the ledger of a root is: in it, or, when its disk is no place for a database, elsewhere:
 * then the file ROOT/.ckl/ledger has two lines, the tree's name, which the ledger has in _meta, and
 * the ledger's absolute path. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage_internal.h"

#define POINTER ".ckl/ledger"

static ckl_status pointer_path(char **out, const storage *tree, ckl_error *err)
{
    return storage_path(out, tree, POINTER, err);
}

/* *path is NULL when the ledger is in the root. */
static ckl_status read_pointer(char **path, storage *tree, ckl_error *err)
{
    char *file = NULL, text[PATH_MAX + 64];
    ckl_status status = pointer_path(&file, tree, err);
    if (status == CKL_OK && fs_exists(file)) {
        fs_lock_signature(text, sizeof text, file);
        size_t line = strcspn(text, "\n");
        char *end = strchr(text + line + (text[line] != '\0'), '\n');
        bool good = line == STORAGE_NAME_LENGTH && text[line] == '\n' && text[line + 1] == '/' &&
                    end != NULL && strspn(text, "0123456789abcdef") == line;
        if (good) {
            memcpy(tree->name, text, line);
            *end = '\0';
            *path = strdup(text + line + 1);
            status = *path == NULL ? error_memory(err) : CKL_OK;
        } else {
            status = error_set(err, CKL_DAMAGED, "'%s' does not say where the ledger is", file);
            error_hint(err, "say it with --ledger FILE, after removing that file");
        }
    }
    free(file);
    return status;
}

/* The path without links but for the file itself, which may not be there yet. */
static ckl_status resolve(char **out, const char *given, ckl_error *err)
{
    const char *slash = strrchr(given, '/');
    const char *base = slash != NULL ? slash + 1 : given;
    char *folder = NULL, *real = NULL;
    if (base[0] == '\0' || strchr(given, '\n') != NULL)
        return error_set(err, CKL_INVALID, "'%s' is no name for a ledger's file", given);
    folder = slash == NULL ? strdup(".") : strndup(given, (size_t)(slash - given + 1));
    ckl_status status = folder == NULL ? error_memory(err) : fs_real_path(&real, folder, err);
    if (status == CKL_NOT_FOUND && err != NULL)
        error_hint(err, "the folder that the ledger is to be in must be there");
    if (status == CKL_OK)
        status = storage_join(out, strcmp(real, "/") == 0 ? "" : real, base, err);
    free(folder);
    free(real);
    return status;
}

static ckl_status name_files(storage *tree, const char *elsewhere, ckl_error *err)
{
    static const char *const IN_ROOT[] = {"ledger.db", ".ckl/writer.lock", ".ckl/changes"};
    static const char *const BESIDE[] = {"", "-lock", "-changes"};
    char **const PLACES[] = {&tree->ledger, &tree->ledger_lock, &tree->changes};
    ckl_status status = CKL_OK;
    for (size_t index = 0; status == CKL_OK && index < 3; index++) {
        BUF_AUTO path = BUF_INIT;
        free(*PLACES[index]);
        *PLACES[index] = NULL;
        buf_add_text(&path, elsewhere != NULL ? elsewhere : tree->root);
        buf_add_text(&path, elsewhere != NULL ? "" : "/");
        buf_add_text(&path, elsewhere != NULL ? BESIDE[index] : IN_ROOT[index]);
        status = buf_take(PLACES[index], NULL, &path, err);
    }
    tree->elsewhere = elsewhere != NULL;
    return status;
}

static ckl_status check_places(const storage *tree, const char *elsewhere, bool said,
                               const char *inside, ckl_error *err)
{
    if (fs_exists(inside)) {
        error_set(err, CKL_REFUSED, "'%s' is there, and '%s' is to be the ledger of that root",
                  inside, elsewhere);
        error_hint(err, said ? "move the one to the other's place first, with its -wal if any"
                             : "see which of them is the ledger, and move the other away");
        return CKL_REFUSED;
    }
    if (tree->name[0] == '\0' || fs_exists(elsewhere))
        return CKL_OK;
    error_set(err, CKL_NOT_FOUND, "the ledger of '%s' is not at '%s'", tree->root, elsewhere);
    error_hint(err, "put it back there, or say where it is now: --ledger FILE");
    return CKL_NOT_FOUND;
}

ckl_status storage_find_ledger(storage *tree, const char *given, ckl_error *err)
{
    char *pointed = NULL, *elsewhere = NULL;
    if (given == NULL || given[0] == '\0')
        given = getenv("CKL_LEDGER");
    bool said = given != NULL && given[0] != '\0';
    ckl_status status = name_files(tree, NULL, err);
    if (status == CKL_OK && said)
        status = resolve(&elsewhere, given, err);
    /* What was said to be the ledger is one that is in the root: then nothing is elsewhere. */
    bool inside = status == CKL_OK && said && strcmp(elsewhere, tree->ledger) == 0;
    if (status == CKL_OK && !inside)
        status = read_pointer(&pointed, tree, err);
    if (status == CKL_OK && !said && pointed != NULL) {
        elsewhere = pointed;
        pointed = NULL;
    }
    if (status == CKL_OK && elsewhere != NULL && !inside) {
        status = check_places(tree, elsewhere, said, tree->ledger, err);
        tree->moved = pointed == NULL ? said : strcmp(pointed, elsewhere) != 0;
        if (status == CKL_OK)
            status = name_files(tree, elsewhere, err);
    }
    free(pointed);
    free(elsewhere);
    return status;
}

const char *storage_ledger(const storage *tree)
{
    return tree->ledger;
}

const char *storage_ledger_lock(const storage *tree)
{
    return tree->ledger_lock;
}

const char *storage_changes(const storage *tree)
{
    return tree->changes;
}

bool storage_ledger_is_elsewhere(const storage *tree)
{
    return tree->elsewhere;
}

bool storage_ledger_has_moved(const storage *tree)
{
    return tree->moved;
}

const char *storage_name(const storage *tree)
{
    return tree->name;
}

ckl_status storage_point_to_ledger(storage *tree, const char *name, ckl_error *err)
{
    char *path = NULL, *fresh = NULL, *folder = NULL, suffix[33];
    fs_writer *writer = NULL;
    digest unused;
    uint64_t size;
    BUF_AUTO text = BUF_INIT, new_name = BUF_INIT;
    ckl_status status = fs_random_name(suffix, err);
    buf_add_format(&text, "%s\n%s\n", name, tree->ledger);
    buf_add_format(&new_name, ".ckl/ledger.%s", suffix);
    if (status == CKL_OK)
        status = buf_check(&text, err);
    if (status == CKL_OK)
        status = buf_check(&new_name, err);
    if (status == CKL_OK)
        status = pointer_path(&path, tree, err);
    if (status == CKL_OK)
        status = storage_path(&fresh, tree, new_name.data, err);
    if (status == CKL_OK)
        status = storage_path(&folder, tree, ".ckl", err);
    if (status == CKL_OK)
        status = fs_writer_create(&writer, fresh, err);
    if (status == CKL_OK) {
        status = fs_writer_add(writer, text.data, text.size, err);
        if (status == CKL_OK)
            status = fs_writer_finish(&unused, &size, writer, 0644, err);
        else
            fs_writer_abandon(writer);
        if (status == CKL_OK)
            status = fs_rename(fresh, path, true, err);
        if (status == CKL_OK)
            status = fs_sync_directory(folder, err);
        if (status != CKL_OK)
            (void)fs_remove_file(fresh, NULL);
    }
    if (status == CKL_OK) {
        snprintf(tree->name, sizeof tree->name, "%s", name);
        tree->moved = false;
    }
    free(path);
    free(fresh);
    free(folder);
    return status;
}
