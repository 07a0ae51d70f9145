/* A data state: the first byte chooses how it is written. The same bytes come as a text, as a file
 * and through standard input in pieces; and what is accepted is written in every form again. */
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "documents.h"

static const struct {
    ckl_format format;
    const char *extension;
} FORMS[] = {{CKL_FORMAT_JSON, "json"},
             {CKL_FORMAT_YAML, "yaml"},
             {CKL_FORMAT_JSON_LINES, "jsonl"},
             {CKL_FORMAT_CSV, "csv"}};

/* What a reading gave. */
typedef struct reading {
    ckl_status status;
    ckl_data_state *state; /* NULL unless the status is CKL_OK */
    ckl_error err;
    size_t warnings;
} reading;

static reading read_text(const char *text, size_t size, ckl_format format, const char *name)
{
    reading result = {0};
    ckl_warning_sink sink = {take_warning, &result.warnings};
    result.status =
        ckl_data_state_parse(&result.state, text, size, format, name, &sink, &result.err);
    must_be_told_or_given(result.status, result.state, &result.err);
    return result;
}

static reading read_path(const char *path)
{
    reading result = {0};
    ckl_warning_sink sink = {take_warning, &result.warnings};
    result.status = ckl_data_state_read(&result.state, path, &sink, &result.err);
    must_be_told_or_given(result.status, result.state, &result.err);
    return result;
}

static void text_of(buf *out, ckl_data_state *state)
{
    char *text = NULL;
    size_t size = 0;
    ckl_error err = {0};
    ckl_canonical_options options = {0};
    MUST(ckl_canonical_text(&text, &size, NULL, NULL, state, &options, &err) == CKL_OK, "%s",
         err.message);
    buf_add(out, text, size);
    ckl_free(text);
}

static void must_be_same_state(const char *what, ckl_data_state *first, ckl_data_state *second)
{
    BUF_AUTO one = BUF_INIT;
    BUF_AUTO other = BUF_INIT;
    text_of(&one, first);
    text_of(&other, second);
    must_be_equal(what, one.data, one.size, other.data, other.size);
}

static void must_agree(const char *what, const reading *first, const reading *second)
{
    MUST(first->status == second->status, "%s: %s %s, but %s %s", what,
         ckl_status_name(first->status), first->err.message, ckl_status_name(second->status),
         second->err.message);
    MUST(first->status != CKL_OK || first->warnings == second->warnings,
         "%s: %zu warnings, but %zu", what, first->warnings, second->warnings);
    if (first->status == CKL_OK)
        must_be_same_state(what, first->state, second->state);
}

/* ---- the same bytes otherwise ---------------------------------------------------------------- */

static char folder[] = "/tmp/ckl-fuzz-XXXXXX";
static int content = -1;

static void remove_folder(void)
{
    char path[64];
    for (size_t form = 0; form < sizeof FORMS / sizeof FORMS[0]; form++) {
        snprintf(path, sizeof path, "%s/state.%s", folder, FORMS[form].extension);
        unlink(path);
    }
    rmdir(folder);
}

/* One file in memory, with a name for each form. */
static void make_folder(void)
{
    char path[64], target[64];
    content = memfd_create("state", MFD_CLOEXEC);
    MUST(content >= 0 && mkdtemp(folder) != NULL, "no folder");
    snprintf(target, sizeof target, "/proc/self/fd/%d", content);
    for (size_t form = 0; form < sizeof FORMS / sizeof FORMS[0]; form++) {
        snprintf(path, sizeof path, "%s/state.%s", folder, FORMS[form].extension);
        MUST(symlink(target, path) == 0, "no link");
    }
    atexit(remove_folder);
}

static void compare_with_file(const char *text, size_t size, size_t form, const reading *expected)
{
    char path[64];
    if (content < 0)
        make_folder();
    snprintf(path, sizeof path, "%s/state.%s", folder, FORMS[form].extension);
    MUST(ftruncate(content, 0) == 0 && pwrite(content, text, size, 0) == (ssize_t)size,
         "the file is not written");
    reading by_file = read_path(path), by_name = read_text(text, size, CKL_FORMAT_BY_NAME, path);
    must_agree("as a file", expected, &by_file);
    must_agree("as a text of that name", &by_name, &by_file);
    MUST(strcmp(by_name.err.message, by_file.err.message) == 0 &&
             strcmp(by_name.err.hint, by_file.err.hint) == 0,
         "told otherwise:\n%s\n%s", by_name.err.message, by_file.err.message);
    ckl_data_state_free(by_file.state);
    ckl_data_state_free(by_name.state);
}

/* Each packet of a socket is what one read gets: a YAML document is held then, and lines end in the
 * middle of what is there. */
static void compare_with_pieces(const char *text, size_t size, size_t piece)
{
    int ends[2];
    reading expected = read_text(text, size, CKL_FORMAT_BY_NAME, "-");
    MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0, "no socket");
    for (size_t at = 0; at < size; at += piece) {
        size_t count = size - at < piece ? size - at : piece;
        MUST(send(ends[0], text + at, count, MSG_DONTWAIT) == (ssize_t)count, "not sent");
    }
    close(ends[0]);
    MUST(dup2(ends[1], STDIN_FILENO) == STDIN_FILENO, "no standard input");
    close(ends[1]);
    reading by_pieces = read_path("-");
    must_agree("in pieces", &expected, &by_pieces);
    ckl_data_state_free(by_pieces.state);
    ckl_data_state_free(expected.state);
}

/* YAML reads JSON, too, where it accepts it; but folds line breaks that are none in JSON. */
static void compare_with_yaml(const char *text, size_t size, ckl_data_state *state)
{
    if (memmem(text, size, "\xc2\x85", 2) != NULL ||
        memmem(text, size, "\xe2\x80\xa8", 3) != NULL ||
        memmem(text, size, "\xe2\x80\xa9", 3) != NULL)
        return;
    reading by_yaml = read_text(text, size, CKL_FORMAT_YAML, "fuzz");
    if (by_yaml.status == CKL_OK)
        must_be_same_state("JSON read as YAML", state, by_yaml.state);
    ckl_data_state_free(by_yaml.state);
}

/* ---- written again --------------------------------------------------------------------------- */

static void must_read_state(const char *what, ckl_data_state *state, const buf *text,
                            ckl_format format)
{
    reading again = read_text(text->data, text->size, format, what);
    MUST(again.status == CKL_OK, "%s\n%.*s", again.err.message, (int)text->size, text->data);
    MUST(again.warnings == 0, "%s: a warning of what was written", what);
    must_be_same_state(what, state, again.state);
    ckl_data_state_free(again.state);
}

static void add_tag_list(buf *out, const ckl_sample *sample)
{
    for (size_t tag = 0; tag < sample->tag_count; tag++) {
        buf_add_text(out, tag > 0 ? ", " : "");
        canon_string(out, sample->tags[tag], strlen(sample->tags[tag]));
    }
}

static void write_lines(ckl_data_state *state)
{
    BUF_AUTO text = BUF_INIT;
    uint64_t total = ckl_data_state_counts(state).total;
    for (uint64_t index = 0; index < total; index++) {
        ckl_sample sample = ckl_data_state_sample(state, index);
        buf_add_text(&text, "{\"uid\": ");
        canon_string(&text, sample.uid, strlen(sample.uid));
        buf_add_format(&text, ", \"discarded\": %s, \"tags\": [",
                       sample.discarded ? "true" : "false");
        add_tag_list(&text, &sample);
        buf_add_text(&text, "]}\n");
    }
    must_read_state("lines", state, &text, CKL_FORMAT_JSON_LINES);
}

static void add_quoted(buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '"')
            buf_add_char(out, '"');
        buf_add_char(out, *text);
    }
}

/* A tag with a semicolon has no form in it. */
static void write_csv(ckl_data_state *state)
{
    BUF_AUTO text = BUF_INIT;
    uint64_t total = ckl_data_state_counts(state).total;
    buf_add_text(&text, "tags,uid,discarded\r\n");
    for (uint64_t index = 0; index < total; index++) {
        ckl_sample sample = ckl_data_state_sample(state, index);
        buf_add_char(&text, '"');
        for (size_t tag = 0; tag < sample.tag_count; tag++) {
            if (strchr(sample.tags[tag], ';') != NULL)
                return;
            buf_add_text(&text, tag > 0 ? ";" : "");
            add_quoted(&text, sample.tags[tag]);
        }
        buf_add_text(&text, "\",\"");
        add_quoted(&text, sample.uid);
        buf_add_text(&text, sample.discarded ? "\",1\r\n" : "\",0\r\n");
    }
    must_read_state("csv", state, &text, CKL_FORMAT_CSV);
}

static void write_json(ckl_data_state *state)
{
    BUF_AUTO text = BUF_INIT;
    BUF_AUTO discarded = BUF_INIT;
    BUF_AUTO tags = BUF_INIT;
    uint64_t total = ckl_data_state_counts(state).total;
    buf_add_text(&text, "{\"uids\": [");
    buf_add_text(&discarded, "");
    buf_add_text(&tags, "");
    for (uint64_t index = 0; index < total; index++) {
        ckl_sample sample = ckl_data_state_sample(state, index);
        buf_add_text(&text, index > 0 ? ", " : "");
        canon_string(&text, sample.uid, strlen(sample.uid));
        if (sample.discarded) {
            buf_add_text(&discarded, discarded.size > 0 ? ", " : "");
            canon_string(&discarded, sample.uid, strlen(sample.uid));
        }
        if (sample.tag_count > 0) {
            buf_add_text(&tags, tags.size > 0 ? ", " : "");
            canon_string(&tags, sample.uid, strlen(sample.uid));
            buf_add_text(&tags, ": [");
            add_tag_list(&tags, &sample);
            buf_add_char(&tags, ']');
        }
    }
    buf_add_format(&text, "], \"discarded\": [%s], \"tags\": {%s}}", discarded.data, tags.data);
    must_read_state("json", state, &text, CKL_FORMAT_JSON);
}

static void write_yaml(ckl_data_state *state)
{
    BUF_AUTO text = BUF_INIT;
    BUF_AUTO slow = BUF_INIT;
    ckl_error err = {0};
    MUST(emit_yaml_data_state(&(emit_sink){take_bytes, &text}, state, &err) == CKL_OK &&
             emit_yaml_state_by_libyaml(&(emit_sink){take_bytes, &slow}, state, &err) == CKL_OK,
         "%s", err.message);
    must_be_equal("written otherwise by libyaml", text.data, text.size, slow.data, slow.size);
    must_read_state("yaml", state, &text, CKL_FORMAT_YAML);
}

/* Sample by sample, the last first. */
static void build(ckl_data_state *state)
{
    ckl_data_state *built = NULL;
    ckl_error err = {0};
    MUST(ckl_data_state_new(&built, &err) == CKL_OK, "%s", err.message);
    for (uint64_t index = ckl_data_state_counts(state).total; index-- > 0;) {
        ckl_sample sample = ckl_data_state_sample(state, index);
        for (size_t tag = sample.tag_count; tag-- > 0;)
            MUST(ckl_data_state_add_tag(built, sample.uid, sample.tags[tag], &err) == CKL_OK, "%s",
                 err.message);
        MUST(ckl_data_state_add(built, sample.uid, &err) == CKL_OK, "%s", err.message);
        if (sample.discarded)
            MUST(ckl_data_state_add_discarded(built, sample.uid, &err) == CKL_OK, "%s",
                 err.message);
    }
    MUST(ckl_data_state_finish(built, &err) == CKL_OK, "%s", err.message);
    must_be_same_state("built", state, built);
    ckl_data_state_free(built);
}

/* ---- what is there --------------------------------------------------------------------------- */

static void must_be_ordered(ckl_data_state *state)
{
    BUF_AUTO last = BUF_INIT;
    ckl_sample_counts counts = ckl_data_state_counts(state), seen = {0};
    for (; seen.total < counts.total; seen.total++) {
        uint64_t index = UINT64_MAX;
        ckl_sample sample = ckl_data_state_sample(state, seen.total);
        MUST(seen.total == 0 || strcmp(last.data, sample.uid) < 0, "'%s' before '%s'", last.data,
             sample.uid);
        MUST(doc_valid_utf8(sample.uid, strlen(sample.uid)), "a uid is no UTF-8");
        MUST(ckl_data_state_find(state, sample.uid, &index) && index == seen.total,
             "'%s' is found at %llu", sample.uid, (unsigned long long)index);
        for (size_t tag = 0; tag < sample.tag_count; tag++)
            MUST(tag == 0 || strcmp(sample.tags[tag - 1], sample.tags[tag]) < 0, "'%s' before '%s'",
                 sample.tags[tag - 1], sample.tags[tag]);
        seen.discarded += sample.discarded ? 1 : 0;
        seen.tagged += sample.tag_count > 0 ? 1 : 0;
        buf_clear(&last);
        buf_add_text(&last, sample.uid);
    }
    MUST(seen.discarded == counts.discarded && seen.tagged == counts.tagged, "counted wrongly");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size == 0)
        return 0;
    const char *text = (const char *)bytes + 1;
    size_t form = bytes[0] % 4u, piece = bytes[0] / 4u + 1;
    size--;
    reading result = read_text(text, size, FORMS[form].format, "fuzz");
    compare_with_file(text, size, form, &result);
    /* A socket holds only so many packets. */
    compare_with_pieces(text, size, piece > size / 32 ? piece : size / 32 + 1);
    if (result.state != NULL) {
        if (FORMS[form].format == CKL_FORMAT_JSON)
            compare_with_yaml(text, size, result.state);
        must_hash(NULL, NULL, result.state, CKL_DATA);
        must_be_ordered(result.state);
        build(result.state);
        write_lines(result.state);
        write_csv(result.state);
        write_json(result.state);
        write_yaml(result.state);
    }
    ckl_data_state_free(result.state);
    return 0;
}
