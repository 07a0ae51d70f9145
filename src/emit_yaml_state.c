/* `data_state.yaml` of a million samples: written without libyaml's emitter where every uid and
 * every tag is a text that it would write as it is, or in single quotes; the bytes are the same. */
#include <string.h>

#include "emit_yaml.h"

#define PIECE    ((size_t)16 * 1024)
#define KEY_MAX  128 /* libyaml writes longer keys in another way */
#define FLOW_MAX 8

typedef struct state_writer {
    const emit_sink *sink;
    ckl_error *err;
    ckl_status status;
    size_t used;
    char piece[PIECE];
} state_writer;

static void flush(state_writer *writer)
{
    if (writer->status == CKL_OK && writer->used > 0)
        writer->status =
            writer->sink->write(writer->sink->context, writer->piece, writer->used, writer->err);
    writer->used = 0;
}

/* `size` is less than a piece. */
static void put(state_writer *writer, const char *text, size_t size)
{
    if (PIECE - writer->used < size)
        flush(writer);
    memcpy(writer->piece + writer->used, text, size);
    writer->used += size;
}

static void put_word(state_writer *writer, const char *word)
{
    put(writer, word, strlen(word));
}

static void put_quoted(state_writer *writer, const char *text, size_t size)
{
    put(writer, "'", 1);
    for (size_t at = 0; at < size; at++) {
        if (text[at] == '\'')
            put(writer, "'", 1);
        put(writer, text + at, 1);
    }
    put(writer, "'", 1);
}

/* In a list on one line ("flow") a text with a colon is quoted. */
static void put_text(state_writer *writer, const char *text, size_t size, bool flow)
{
    if (emit_yaml_is_plain(text, size) && !(flow && memchr(text, ':', size) != NULL))
        put(writer, text, size);
    else
        put_quoted(writer, text, size);
}

/* ---- what can be written so ------------------------------------------------------------------ */

/* Printable ASCII, or UTF-8 of two and three bytes but for what YAML takes for a line's end. */
static bool is_simple(const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t at = 0; at < size; at++) {
        if (bytes[at] >= 0x20 && bytes[at] < 0x7f)
            continue;
        if (bytes[at] < 0x80 || bytes[at] == 0xc2 || bytes[at] > 0xec)
            return false;
        if (bytes[at] == 0xe2 && bytes[at + 1] == 0x80 && (bytes[at + 2] & 0xfe) == 0xa8)
            return false;
    }
    return size <= KEY_MAX;
}

bool emit_yaml_state_is_simple(const ckl_data_state *state)
{
    size_t count = 0;
    const state_sample *samples = state_samples(state, &count);
    uint32_t last = 0; /* the set that was looked at last: few sets, many samples */
    for (size_t index = 0; index < count; index++) {
        if (!is_simple(samples[index].uid, samples[index].uid_size))
            return false;
        if (samples[index].tagset == last)
            continue;
        last = samples[index].tagset;
        state_tagset tags = state_tagset_get(state, last);
        for (size_t tag = 0; tag < tags.count; tag++) {
            if (!is_simple(tags.tags[tag], strlen(tags.tags[tag])))
                return false;
        }
    }
    return true;
}

/* ---- the three parts ------------------------------------------------------------------------- */

static void put_uids(state_writer *writer, const char *name, const state_sample *samples,
                     size_t count, bool discarded_only)
{
    bool any = false;
    put_word(writer, name);
    for (size_t index = 0; index < count && writer->status == CKL_OK; index++) {
        if (discarded_only && !samples[index].discarded)
            continue;
        put(writer, any ? "- " : ":\n- ", any ? 2 : 4);
        put_text(writer, samples[index].uid, samples[index].uid_size, false);
        put(writer, "\n", 1);
        any = true;
    }
    if (!any)
        put_word(writer, ": []\n");
}

static void put_tags_of(state_writer *writer, const state_tagset *tags)
{
    bool flow = tags->count <= FLOW_MAX;
    put_word(writer, flow ? ": [" : ":\n");
    for (size_t tag = 0; tag < tags->count; tag++) {
        if (!flow)
            put_word(writer, "  - ");
        else if (tag > 0)
            put(writer, ", ", 2);
        put_text(writer, tags->tags[tag], strlen(tags->tags[tag]), flow);
        if (!flow)
            put(writer, "\n", 1);
    }
    if (flow)
        put(writer, "]\n", 2);
}

static void put_tags(state_writer *writer, const ckl_data_state *state, const state_sample *samples,
                     size_t count)
{
    bool any = false;
    put_word(writer, "tags:");
    for (size_t index = 0; index < count && writer->status == CKL_OK; index++) {
        if (samples[index].tagset == 0)
            continue;
        state_tagset tags = state_tagset_get(state, samples[index].tagset);
        put(writer, any ? "  " : "\n  ", any ? 2 : 3);
        put_text(writer, samples[index].uid, samples[index].uid_size, false);
        put_tags_of(writer, &tags);
        any = true;
    }
    if (!any)
        put_word(writer, " {}\n");
}

ckl_status emit_yaml_state_quickly(const emit_sink *sink, const ckl_data_state *state,
                                   ckl_error *err)
{
    state_writer writer = {.sink = sink, .err = err, .status = CKL_OK};
    size_t count = 0;
    const state_sample *samples = state_samples(state, &count);
    put_uids(&writer, "uids", samples, count, false);
    put_uids(&writer, "discarded", samples, count, true);
    put_tags(&writer, state, samples, count);
    flush(&writer);
    return writer.status;
}
