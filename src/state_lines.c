/* Data states with a sample on each line: JSON Lines and CSV, never held. */
#include "state_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAGS_MAX 65536

/* What one line says. */
typedef struct line_sample {
    const char *uid;
    size_t uid_size;
    bool discarded;
    const char *tags; /* as they were written: the key of the cache */
    size_t tags_size;
} line_sample;

typedef enum csv_column { COLUMN_UID, COLUMN_DISCARDED, COLUMN_TAGS, COLUMN_COUNT } csv_column;
static const char *const COLUMNS[] = {"uid", "discarded", "tags"};

typedef struct line_reader {
    ckl_data_state *state;
    doc_source *source;
    const ckl_warning_sink *warnings;
    csv_column columns[COLUMN_COUNT]; /* of a CSV, in its order … */
    size_t column_count;
    buf unquoted; /* … and its fields without their quotes, each with a NUL behind it */
    const char **tags;
    size_t tag_count, tag_capacity;
    tag_cache cache;
    bool is_counting; /* a uid, instead of reading */
    const char *counted;
    size_t found[2];
} line_reader;

static ckl_status fail_line(const line_reader *reader, ckl_error *err, const char *what)
{
    return error_set(err, CKL_INVALID, "%s: line %zu: %s", reader->source->name,
                     reader->source->line, what);
}

/* ---- sets of tags ---------------------------------------------------------------------------- */

size_t tag_cache_place(const char *bytes, size_t size)
{
    uint32_t hash = 2166136261u;
    for (size_t at = 0; at < size; at++)
        hash = (hash ^ (unsigned char)bytes[at]) * 16777619u;
    return (hash ^ hash >> 16) % TAG_CACHE_SIZE;
}

bool tag_cache_get(uint32_t *tagset, const tag_cache *cache, size_t place, const char *bytes,
                   size_t size)
{
    if (cache->entries[place].bytes == NULL || cache->entries[place].size != size ||
        memcmp(cache->entries[place].bytes, bytes, size) != 0)
        return false;
    *tagset = cache->entries[place].tagset;
    return true;
}

void tag_cache_put(tag_cache *cache, size_t place, const char *bytes, size_t size, uint32_t tagset)
{
    char *copy = malloc(size + 1);
    if (copy == NULL)
        return;
    memcpy(copy, bytes, size);
    free(cache->entries[place].bytes);
    cache->entries[place].bytes = copy;
    cache->entries[place].size = size;
    cache->entries[place].tagset = tagset;
}

void tag_cache_free(tag_cache *cache)
{
    for (size_t place = 0; place < TAG_CACHE_SIZE; place++)
        free(cache->entries[place].bytes);
}

static ckl_status add_tag(line_reader *reader, const char *tag, ckl_error *err)
{
    if (reader->tag_count == TAGS_MAX)
        return fail_line(reader, err, "a sample has more than 65536 tags");
    if (reader->tag_count == reader->tag_capacity) {
        size_t capacity = reader->tag_capacity * 2 + 16;
        const char **grown = realloc(reader->tags, capacity * sizeof *grown);
        if (grown == NULL)
            return error_memory(err);
        reader->tags = grown;
        reader->tag_capacity = capacity;
    }
    reader->tags[reader->tag_count++] = tag;
    return CKL_OK;
}

/* ---- one sample ------------------------------------------------------------------------------ */

/* The line's failure in front of what the state says. */
static ckl_status at_line(const line_reader *reader, ckl_status status, const ckl_error *inner,
                          ckl_error *err)
{
    if (status == CKL_OK)
        return CKL_OK;
    return error_set(err, status, "%s: line %zu: %s", reader->source->name, reader->source->line,
                     inner->message);
}

static void count_uid(line_reader *reader, const char *uid, size_t size)
{
    if (strlen(reader->counted) != size || memcmp(reader->counted, uid, size) != 0)
        return;
    if (reader->found[0] == 0)
        reader->found[0] = reader->source->line;
    else if (reader->found[1] == 0)
        reader->found[1] = reader->source->line;
}

/* `tags` of the reader are the sample's. */
static ckl_status take_sample(line_reader *reader, const char *uid, size_t size, bool discarded,
                              uint32_t tagset, ckl_error *err)
{
    ckl_error inner = {0};
    if (reader->is_counting) {
        count_uid(reader, uid, size);
        return CKL_OK;
    }
    ckl_status status = state_check_uid(uid, size, &inner);
    if (status == CKL_OK)
        status = state_push(reader->state, uid, size, discarded, tagset, &inner);
    return at_line(reader, status, &inner, err);
}

static ckl_status intern_tags(uint32_t *out, line_reader *reader, const char *uid, ckl_error *err)
{
    ckl_error inner = {0};
    ckl_status status = CKL_OK;
    for (size_t index = 0; status == CKL_OK && index < reader->tag_count; index++)
        status = state_check_tag(uid, reader->tags[index], strlen(reader->tags[index]), &inner);
    if (status == CKL_OK)
        status = state_intern(out, reader->state, reader->tags, reader->tag_count, &inner);
    return at_line(reader, status, &inner, err);
}

/* ---- CSV ------------------------------------------------------------------------------------- */

/* Takes the next field off `*at`, without its quotes, into `unquoted`. */
static ckl_status take_field(size_t *start, line_reader *reader, const char **at, const char *end,
                             ckl_error *err)
{
    *start = reader->unquoted.size;
    if (*at == end || **at != '"') {
        const char *comma = memchr(*at, ',', (size_t)(end - *at));
        const char *stop = comma != NULL ? comma : end;
        if (memchr(*at, '"', (size_t)(stop - *at)) != NULL)
            return fail_line(reader, err, "a quote inside a field without quotes");
        buf_add(&reader->unquoted, *at, (size_t)(stop - *at));
        *at = stop;
    } else {
        for (++*at;; *at += 2) {
            const char *quote = memchr(*at, '"', (size_t)(end - *at));
            if (quote == NULL)
                return fail_line(reader, err, "a quote is not closed");
            buf_add(&reader->unquoted, *at, (size_t)(quote - *at));
            *at = quote;
            if (quote + 1 == end || quote[1] != '"')
                break;
            buf_add_char(&reader->unquoted, '"');
        }
        if (++*at < end && **at != ',')
            return fail_line(reader, err, "text behind the quotes of a field");
    }
    buf_add(&reader->unquoted, "", 1);
    return buf_check(&reader->unquoted, err);
}

/* The fields of a line, as offsets in `unquoted`, with their sizes. */
static ckl_status take_fields(size_t starts[COLUMN_COUNT], size_t sizes[COLUMN_COUNT],
                              size_t *count, line_reader *reader, const char *line, size_t size,
                              ckl_error *err)
{
    const char *at = line, *end = line + size;
    *count = 0;
    buf_clear(&reader->unquoted);
    for (;; at++) {
        if (*count == COLUMN_COUNT)
            return fail_line(reader, err, "more than the fields uid, discarded and tags");
        ckl_status status = take_field(&starts[*count], reader, &at, end, err);
        if (status != CKL_OK)
            return status;
        sizes[*count] = reader->unquoted.size - 1 - starts[*count];
        ++*count;
        if (at == end)
            return CKL_OK;
    }
}

static ckl_status bad_header(const line_reader *reader, ckl_error *err)
{
    fail_line(reader, err, "a data state as CSV begins with the line uid,discarded,tags");
    error_hint(err, "discarded is 0 or 1, tags are separated by ';'");
    return CKL_INVALID;
}

static ckl_status read_header(line_reader *reader, ckl_error *err)
{
    const char *line = NULL;
    size_t size = 0, starts[COLUMN_COUNT], sizes[COLUMN_COUNT];
    bool seen[COLUMN_COUNT] = {false};
    ckl_error inner = {0};
    ckl_status status = doc_source_line(&line, &size, reader->source, true, err);
    if (status == CKL_DONE) {
        reader->source->line = 1;
        return bad_header(reader, err);
    }
    if (status != CKL_OK)
        return status;
    status = take_fields(starts, sizes, &reader->column_count, reader, line, size, &inner);
    for (size_t index = 0; status == CKL_OK && index < reader->column_count; index++) {
        csv_column column = COLUMN_UID;
        while (column < COLUMN_COUNT &&
               strcmp(reader->unquoted.data + starts[index], COLUMNS[column]) != 0)
            column++;
        if (column == COLUMN_COUNT || seen[column])
            return bad_header(reader, err);
        seen[column] = true;
        reader->columns[index] = column;
    }
    return status == CKL_OK && seen[COLUMN_UID] ? CKL_OK : bad_header(reader, err);
}

/* "hard;night", cut at its semicolons. */
static ckl_status tags_of_csv(uint32_t *out, line_reader *reader, const char *uid, char *tags,
                              size_t size, ckl_error *err)
{
    if (size == 0)
        return CKL_OK;
    size_t place = tag_cache_place(tags, size);
    if (tag_cache_get(out, &reader->cache, place, tags, size))
        return CKL_OK;
    if (memchr(tags, '\0', size) != NULL)
        return fail_line(reader, err, "NUL in text: a tag");
    char *copy = strdup(tags);
    ckl_status status = copy == NULL ? error_memory(err) : CKL_OK;
    reader->tag_count = 0;
    for (char *tag = copy, *next; status == CKL_OK && tag != NULL; tag = next) {
        next = strchr(tag, ';');
        if (next != NULL)
            *next++ = '\0';
        status = add_tag(reader, tag, err);
    }
    if (status == CKL_OK)
        status = intern_tags(out, reader, uid, err);
    free(copy);
    if (status == CKL_OK)
        tag_cache_put(&reader->cache, place, tags, size, *out);
    return status;
}

static ckl_status read_csv_line(line_reader *reader, const char *line, size_t size, ckl_error *err)
{
    size_t starts[COLUMN_COUNT], sizes[COLUMN_COUNT], count, uid_size = 0, tags_size = 0;
    char *uid = NULL, *tags = NULL;
    bool discarded = false;
    uint32_t tagset = 0;
    ckl_status status = take_fields(starts, sizes, &count, reader, line, size, err);
    if (status != CKL_OK)
        return status;
    if (count != reader->column_count)
        return fail_line(reader, err, "not as many fields as in the first line");
    for (size_t index = 0; index < count; index++) {
        char *field = reader->unquoted.data + starts[index];
        if (reader->columns[index] == COLUMN_UID) {
            uid = field;
            uid_size = sizes[index];
        } else if (reader->columns[index] == COLUMN_TAGS) {
            tags = field;
            tags_size = sizes[index];
        } else if (sizes[index] != 1 || (field[0] != '0' && field[0] != '1')) {
            return fail_line(reader, err, "discarded is 0 or 1");
        } else {
            discarded = field[0] == '1';
        }
    }
    if (tags != NULL && !reader->is_counting)
        status = tags_of_csv(&tagset, reader, uid, tags, tags_size, err);
    return status == CKL_OK ? take_sample(reader, uid, uid_size, discarded, tagset, err) : status;
}

/* ---- JSON Lines ------------------------------------------------------------------------------ */

/* Behind blanks. */
static const char *skip(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    return at;
}

/* Whether the text in quotes at `*at` has no escapes; then it is *text, and *at behind it. */
static bool take_plain(const char **text, size_t *size, const char **at, const char *end)
{
    if (*at == end || **at != '"')
        return false;
    const char *start = *at + 1, *stop = memchr(start, '"', (size_t)(end - start));
    if (stop == NULL)
        return false;
    for (const char *byte = start; byte < stop; byte++) {
        if (*byte == '\\' || (unsigned char)*byte < 0x20)
            return false;
    }
    *text = start;
    *size = (size_t)(stop - start);
    *at = stop + 1;
    return true;
}

static bool take_mark(const char **at, const char *end, const char *mark)
{
    size_t size = strlen(mark);
    *at = skip(*at, end);
    if ((size_t)(end - *at) < size || memcmp(*at, mark, size) != 0)
        return false;
    *at = skip(*at + size, end);
    return true;
}

/* {"uid": "…", "discarded": …, "tags": […]} as most programs write it, and the cache knows the
 * tags; everything else is left to the JSON parser. */
static bool take_quickly(line_sample *out, uint32_t *tagset, const line_reader *reader,
                         const char *line, size_t size)
{
    const char *at = line, *end = line + size;
    if (!take_mark(&at, end, "{") || !take_mark(&at, end, "\"uid\"") || !take_mark(&at, end, ":") ||
        !take_plain(&out->uid, &out->uid_size, &at, end) || !take_mark(&at, end, ",") ||
        !take_mark(&at, end, "\"discarded\"") || !take_mark(&at, end, ":"))
        return false;
    out->discarded = take_mark(&at, end, "true");
    if ((!out->discarded && !take_mark(&at, end, "false")) || !take_mark(&at, end, ",") ||
        !take_mark(&at, end, "\"tags\"") || !take_mark(&at, end, ":") || at == end || *at != '[')
        return false;
    const char *stop = memrchr(at, ']', (size_t)(end - at));
    if (stop == NULL)
        return false;
    out->tags = at;
    out->tags_size = (size_t)(stop + 1 - at);
    at = stop + 1;
    if (!take_mark(&at, end, "}") || at != end)
        return false;
    *tagset = 0;
    return out->tags_size == 2 ||
           tag_cache_get(tagset, &reader->cache, tag_cache_place(out->tags, out->tags_size),
                         out->tags, out->tags_size);
}

static ckl_status read_members(line_reader *reader, const json_t *tree, const char **uid,
                               char number[32], bool *discarded, ckl_error *err)
{
    const char *key;
    json_t *value;
    size_t index;
    if (!json_is_object(tree))
        return fail_line(reader, err, "a sample is an object: {\"uid\": …}");
    json_object_foreach((json_t *)(uintptr_t)tree, key, value)
    {
        if (strcmp(key, "uid") == 0) {
            *uid = state_uid_text(value, number);
            if (*uid == NULL)
                return fail_line(reader, err, "a uid is text or an integer");
        } else if (strcmp(key, "discarded") == 0) {
            if (!json_is_boolean(value))
                return fail_line(reader, err, "discarded is true or false");
            *discarded = json_is_true(value);
        } else if (strcmp(key, "tags") != 0) {
            error_set(err, CKL_INVALID, "%s: line %zu: unknown key '%.64s' of a sample",
                      reader->source->name, reader->source->line, key);
            error_hint(err, "a sample has uid, discarded and tags");
            return CKL_INVALID;
        }
    }
    const json_t *tags = json_object_get(tree, "tags");
    if (tags != NULL && !json_is_array(tags))
        return fail_line(reader, err, "tags are a list");
    json_array_foreach((json_t *)(uintptr_t)tags, index, value)
    {
        if (!json_is_string(value) || doc_wide_integer(value) != NULL)
            return fail_line(reader, err, "a tag is text");
        ckl_status status = add_tag(reader, json_string_value(value), err);
        if (status != CKL_OK)
            return status;
    }
    return *uid != NULL ? CKL_OK : fail_line(reader, err, "a sample needs 'uid'");
}

/* What the parser says of its line 1 is said of the line of the file. */
static ckl_status parse_line(json_t **out, const line_reader *reader, const char *line, size_t size,
                             ckl_error *err)
{
    ckl_error inner = {0};
    doc_options options = {.format = CKL_FORMAT_JSON, .name = "x", .warnings = reader->warnings};
    ckl_status status = doc_parse(out, line, size, &options, &inner);
    if (status == CKL_OK)
        return CKL_OK;
    const char *what = strstr(inner.message, "column ");
    error_set(err, status, "%s: line %zu, %s", reader->source->name, reader->source->line,
              what != NULL ? what : inner.message);
    if (inner.hint[0] != '\0')
        error_hint(err, "%s", inner.hint);
    return status;
}

static ckl_status read_json_line(line_reader *reader, const char *line, size_t size, ckl_error *err)
{
    line_sample quick = {0};
    uint32_t tagset = 0;
    json_t *tree = NULL;
    const char *uid = NULL;
    char number[32];
    bool discarded = false;
    if (skip(line, line + size) == line + size)
        return CKL_OK;
    bool is_quick = take_quickly(&quick, &tagset, reader, line, size);
    if (is_quick)
        return take_sample(reader, quick.uid, quick.uid_size, quick.discarded, tagset, err);
    ckl_status status = parse_line(&tree, reader, line, size, err);
    reader->tag_count = 0;
    if (status == CKL_OK)
        status = read_members(reader, tree, &uid, number, &discarded, err);
    if (status == CKL_OK && reader->tag_count > 0 && !reader->is_counting)
        status = intern_tags(&tagset, reader, uid, err);
    if (status == CKL_OK)
        status = take_sample(reader, uid, strlen(uid), discarded, tagset, err);
    if (status == CKL_OK && quick.tags != NULL)
        tag_cache_put(&reader->cache, tag_cache_place(quick.tags, quick.tags_size), quick.tags,
                      quick.tags_size, tagset);
    json_decref(tree);
    return status;
}

/* ---- all lines ------------------------------------------------------------------------------- */

static ckl_status read_all(line_reader *reader, bool csv, ckl_error *err)
{
    const char *line = NULL;
    size_t size = 0;
    ckl_status status = csv ? read_header(reader, err) : CKL_OK;
    while (status == CKL_OK &&
           (status = doc_source_line(&line, &size, reader->source, csv, err)) == CKL_OK) {
        if (csv && size > 0)
            status = read_csv_line(reader, line, size, err);
        else if (!csv)
            status = read_json_line(reader, line, size, err);
    }
    buf_free(&reader->unquoted);
    free(reader->tags);
    tag_cache_free(&reader->cache);
    return status == CKL_DONE ? CKL_OK : status;
}

ckl_status state_read_lines(ckl_data_state *state, doc_source *source, bool csv,
                            const ckl_warning_sink *warnings, ckl_error *err)
{
    line_reader reader = {.state = state, .source = source, .warnings = warnings};
    return read_all(&reader, csv, err);
}

ckl_status state_find_duplicate(size_t *first, size_t *second, doc_source *source, bool csv,
                                const char *uid, ckl_error *err)
{
    line_reader reader = {.source = source, .is_counting = true, .counted = uid};
    ckl_status status = read_all(&reader, csv, err);
    *first = reader.found[0];
    *second = reader.found[1];
    return status;
}
