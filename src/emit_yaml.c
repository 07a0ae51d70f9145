#include "emit_yaml.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "canon.h"
#include "doc_internal.h"

#define SHORT_LIST_MAX 8 /* members that still read well on one line */

/* What is written, until something fails; after that nothing is. */
typedef struct yaml_writer {
    yaml_emitter_t emitter;
    const emit_sink *sink;
    ckl_error *err;
    ckl_status status;
} yaml_writer;

static int write_piece(void *context, unsigned char *bytes, size_t size)
{
    yaml_writer *writer = context;
    writer->status = writer->sink->write(writer->sink->context, bytes, size, writer->err);
    return writer->status == CKL_OK ? 1 : 0;
}

/* `made`: what libyaml said when it made the event. */
static void send(yaml_writer *writer, yaml_event_t *event, int made)
{
    if (made == 0) {
        if (writer->status == CKL_OK)
            writer->status = error_memory(writer->err);
        return;
    }
    if (writer->status != CKL_OK) {
        yaml_event_delete(event);
        return;
    }
    if (yaml_emitter_emit(&writer->emitter, event) != 0 || writer->status != CKL_OK)
        return;
    if (writer->emitter.error == YAML_MEMORY_ERROR)
        writer->status = error_memory(writer->err);
    else
        writer->status =
            error_set(writer->err, CKL_IO, "cannot write YAML: %s", writer->emitter.problem);
}

/* ---- scalars --------------------------------------------------------------------------------- */

static bool is_letter_or_digit(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9');
}

static bool is_inside(char character)
{
    switch (character) {
    case '_':
    case '-':
    case '.':
    case '/':
    case '+':
    case '@':
    case ' ':
    case ':':
        return true;
    default:
        return is_letter_or_digit(character);
    }
}

#define LONGEST_WORD 5 /* of those with a letter first that are no text: false */

/* Narrower than YAML: a word or path that no version of YAML and no reader takes for anything but
 * text, wherever it stands. */
bool emit_yaml_is_plain(const char *text, size_t size)
{
    if (size == 0 || (size == 1 && strchr("yYnN", text[0]) != NULL))
        return false;
    if ((!is_letter_or_digit(text[0]) && text[0] != '_' && text[0] != '/') ||
        (text[0] >= '0' && text[0] <= '9') || text[size - 1] == ' ')
        return false;
    for (size_t at = 0; at < size; at++) {
        if (text[at] == ':' && (at + 1 == size || !is_letter_or_digit(text[at + 1])))
            return false;
        if (!is_inside(text[at]))
            return false;
    }
    return size > LONGEST_WORD || doc_scalar_tag(text, size) == DOC_TAG_TEXT;
}

/* Control characters and line breaks of every kind are shown as escapes. The text is UTF-8. */
static bool needs_escapes(const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t at = 0; at < size; at++) {
        if (bytes[at] < 0x20 || bytes[at] == 0x7f)
            return true;
        if (bytes[at] == 0xc2 && bytes[at + 1] <= 0x9f)
            return true;
        if (bytes[at] == 0xe2 && bytes[at + 1] == 0x80 &&
            (bytes[at + 2] == 0xa8 || bytes[at + 2] == 0xa9))
            return true;
        if (bytes[at] == 0xef && bytes[at + 1] == 0xbb && bytes[at + 2] == 0xbf)
            return true;
    }
    return false;
}

static void write_scalar(yaml_writer *writer, const char *text, size_t size,
                         yaml_scalar_style_t style)
{
    yaml_event_t event;
    int plain = style == YAML_PLAIN_SCALAR_STYLE ? 1 : 0;
    if (writer->status != CKL_OK)
        return;
    if (size > INT_MAX) {
        writer->status = error_set(writer->err, CKL_INVALID,
                                   "a text of %zu bytes is too long for "
                                   "YAML",
                                   size);
        return;
    }
    send(writer, &event,
         yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text, (int)size,
                                      plain, 1, style));
}

static void write_text(yaml_writer *writer, const char *text, size_t size)
{
    if (emit_yaml_is_plain(text, size))
        write_scalar(writer, text, size, YAML_PLAIN_SCALAR_STYLE);
    else if (needs_escapes(text, size))
        write_scalar(writer, text, size, YAML_DOUBLE_QUOTED_SCALAR_STYLE);
    else
        write_scalar(writer, text, size, YAML_SINGLE_QUOTED_SCALAR_STYLE);
}

static void write_word(yaml_writer *writer, const char *word)
{
    write_scalar(writer, word, strlen(word), YAML_PLAIN_SCALAR_STYLE);
}

/* repr's 1e-05 is text in YAML 1.1, which wants a point in every real: 1.0e-05. */
static void write_real(yaml_writer *writer, double value)
{
    char repr[32], text[40];
    canon_real(repr, value);
    size_t whole = strcspn(repr, ".e");
    bool needs_point = repr[whole] != '.';
    snprintf(text, sizeof text, "%.*s%s%s", (int)whole, repr, needs_point ? ".0" : "",
             repr + whole);
    write_word(writer, text);
}

static void write_integer(yaml_writer *writer, json_int_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    write_word(writer, text);
}

/* ---- lists and mappings ---------------------------------------------------------------------- */

static void open_list(yaml_writer *writer, size_t count, size_t short_list)
{
    yaml_event_t event;
    yaml_sequence_style_t style =
        count <= short_list ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE;
    send(writer, &event, yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, style));
}

static void close_list(yaml_writer *writer)
{
    yaml_event_t event;
    send(writer, &event, yaml_sequence_end_event_initialize(&event));
}

static void open_map(yaml_writer *writer, size_t count)
{
    yaml_event_t event;
    yaml_mapping_style_t style = count == 0 ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE;
    send(writer, &event, yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, style));
}

static void close_map(yaml_writer *writer)
{
    yaml_event_t event;
    send(writer, &event, yaml_mapping_end_event_initialize(&event));
}

static int compare_keys(const void *first, const void *second)
{
    return strcmp(*(const char *const *)first, *(const char *const *)second);
}

static void write_value(yaml_writer *writer, const json_t *value);

static void write_map(yaml_writer *writer, const json_t *object)
{
    size_t count = json_object_size(object);
    const char **keys = malloc((count + 1) * sizeof *keys);
    if (keys == NULL) {
        writer->status = error_memory(writer->err);
        return;
    }
    size_t at = 0;
    void *end = NULL;
    json_t *borrowed = (json_t *)(uintptr_t)object; /* Jansson's iterators are not const */
    for (void *pair = json_object_iter(borrowed); pair != end;
         pair = json_object_iter_next(borrowed, pair))
        keys[at++] = json_object_iter_key(pair);
    qsort(keys, count, sizeof *keys, compare_keys); /* bytes of UTF-8: by code point */
    open_map(writer, count);
    for (at = 0; at < count && writer->status == CKL_OK; at++) {
        write_text(writer, keys[at], strlen(keys[at]));
        write_value(writer, json_object_get(object, keys[at]));
    }
    close_map(writer);
    free(keys);
}

/* Numbers and the like stay on one line, e.g. `betas: [0.9, 0.999]`. */
static bool is_short_list(const json_t *array)
{
    size_t count = json_array_size(array);
    if (count > SHORT_LIST_MAX)
        return false;
    for (size_t index = 0; index < count; index++) {
        const json_t *member = json_array_get(array, index);
        if (json_is_string(member) || json_is_object(member) || json_is_array(member))
            return false;
    }
    return true;
}

static void write_list(yaml_writer *writer, const json_t *array)
{
    size_t count = json_array_size(array);
    open_list(writer, count, is_short_list(array) ? SHORT_LIST_MAX : 0);
    for (size_t index = 0; index < count && writer->status == CKL_OK; index++)
        write_value(writer, json_array_get(array, index));
    close_list(writer);
}

/* Recursion is as deep as doc lets a tree be: DOC_DEPTH_MAX. */
static void write_value(yaml_writer *writer, const json_t *value)
{
    if (writer->status != CKL_OK)
        return;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        write_map(writer, value);
        break;
    case JSON_ARRAY:
        write_list(writer, value);
        break;
    case JSON_STRING:
        if (doc_wide_integer(value) != NULL)
            write_word(writer, doc_wide_integer(value));
        else
            write_text(writer, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        write_integer(writer, json_integer_value(value));
        break;
    case JSON_REAL:
        write_real(writer, json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        write_word(writer, json_is_true(value) ? "true" : "false");
        break;
    case JSON_NULL:
        write_word(writer, "null");
        break;
    }
}

/* ---- documents ------------------------------------------------------------------------------- */

static void begin(yaml_writer *writer)
{
    yaml_event_t event;
    yaml_emitter_set_output(&writer->emitter, write_piece, writer);
    yaml_emitter_set_encoding(&writer->emitter, YAML_UTF8_ENCODING);
    yaml_emitter_set_unicode(&writer->emitter, 1);
    yaml_emitter_set_width(&writer->emitter, -1); /* a folded text is hard to search for */
    yaml_emitter_set_indent(&writer->emitter, 2);
    send(writer, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
    send(writer, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
}

static void end(yaml_writer *writer)
{
    yaml_event_t event;
    send(writer, &event, yaml_document_end_event_initialize(&event, 1));
    send(writer, &event, yaml_stream_end_event_initialize(&event));
}

ckl_status emit_yaml_config(const emit_sink *sink, const json_t *config, ckl_error *err)
{
    yaml_writer writer = {.sink = sink, .err = err, .status = CKL_OK};
    if (yaml_emitter_initialize(&writer.emitter) == 0)
        return error_memory(err);
    begin(&writer);
    write_value(&writer, config);
    end(&writer);
    yaml_emitter_delete(&writer.emitter);
    return writer.status;
}

static void write_uids(yaml_writer *writer, const char *name, const state_sample *samples,
                       size_t count, bool discarded_only)
{
    size_t chosen = discarded_only ? 0 : count;
    for (size_t index = 0; discarded_only && index < count; index++)
        chosen += samples[index].discarded ? 1 : 0;
    write_word(writer, name);
    open_list(writer, chosen, 0);
    for (size_t index = 0; index < count && writer->status == CKL_OK; index++) {
        if (!discarded_only || samples[index].discarded)
            write_text(writer, samples[index].uid, samples[index].uid_size);
    }
    close_list(writer);
}

static void write_tags(yaml_writer *writer, const ckl_data_state *state,
                       const state_sample *samples, size_t count)
{
    size_t tagged = 0;
    for (size_t index = 0; index < count; index++)
        tagged += samples[index].tagset != 0 ? 1 : 0;
    write_word(writer, "tags");
    open_map(writer, tagged);
    for (size_t index = 0; index < count && writer->status == CKL_OK; index++) {
        if (samples[index].tagset == 0)
            continue;
        state_tagset tags = state_tagset_get(state, samples[index].tagset);
        write_text(writer, samples[index].uid, samples[index].uid_size);
        open_list(writer, tags.count, SHORT_LIST_MAX);
        for (size_t tag = 0; tag < tags.count; tag++)
            write_text(writer, tags.tags[tag], strlen(tags.tags[tag]));
        close_list(writer);
    }
    close_map(writer);
}

ckl_status emit_yaml_data_state(const emit_sink *sink, const ckl_data_state *state, ckl_error *err)
{
    return emit_yaml_state_is_simple(state) ? emit_yaml_state_quickly(sink, state, err)
                                            : emit_yaml_state_by_libyaml(sink, state, err);
}

ckl_status emit_yaml_state_by_libyaml(const emit_sink *sink, const ckl_data_state *state,
                                      ckl_error *err)
{
    yaml_writer writer = {.sink = sink, .err = err, .status = CKL_OK};
    if (yaml_emitter_initialize(&writer.emitter) == 0)
        return error_memory(err);
    size_t count = 0;
    const state_sample *samples = state_samples(state, &count);
    begin(&writer);
    open_map(&writer, 3);
    write_uids(&writer, "uids", samples, count, false);
    write_uids(&writer, "discarded", samples, count, true);
    write_tags(&writer, state, samples, count);
    close_map(&writer);
    end(&writer);
    yaml_emitter_delete(&writer.emitter);
    return writer.status;
}
