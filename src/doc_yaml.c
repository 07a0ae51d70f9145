/* YAML text to a tree, from libyaml's events: its own document loader has no limit on depth and
 * keeps aliases as a graph. What a value is, doc_scalar.c says; this is PyYAML's Composer and the
 * part of its SafeConstructor that is about lists, mappings, merge keys and sets. */
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "doc_frame.h"

#define CORE_TAG        "tag:yaml.org,2002:"
#define ALIAS_NODES_MAX ((size_t)16 * DOC_NODE_MAX)
#define DIRECTIVES_MAX  100
#define NO_ANCHOR       SIZE_MAX

/* A value that has a name. */
typedef struct anchor {
    doc_node content;
    bool open; /* its end was not seen yet: an alias now is a cycle */
} anchor;

typedef struct yaml_reader {
    yaml_parser_t parser;
    yaml_event_t event;
    const doc_options *options;
    const char *text;
    size_t size;
    ckl_error *err;
    doc_frame frames[DOC_DEPTH_MAX];
    size_t depth;
    json_t *root;
    json_t *names; /* of anchors, to their index */
    anchor *anchors;
    size_t anchor_count;
    size_t anchor_capacity;
    size_t nodes;
    size_t alias_nodes;
} yaml_reader;

static doc_spot spot_of(const yaml_reader *reader, yaml_mark_t mark)
{
    return (doc_spot){reader->options->name, mark.line + 1, mark.column + 1, reader->err};
}

static doc_spot here(const yaml_reader *reader)
{
    return spot_of(reader, reader->event.start_mark);
}

/* ---- what libyaml itself refuses ------------------------------------------------------------- */

static ckl_status fail_reader(const yaml_reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    size_t offset = parser->problem_offset < reader->size ? parser->problem_offset : reader->size;
    doc_spot spot = doc_spot_at(reader->options->name, reader->text, offset, reader->err);
    if (strstr(parser->problem, "control characters") == NULL)
        return doc_fail(&spot, "not valid Unicode: %s", parser->problem);
    if (parser->problem_value == 0)
        return doc_fail(&spot, "NUL in text");
    return doc_fail(&spot, "the character U+%04X is not allowed in YAML",
                    (unsigned)parser->problem_value);
}

static ckl_status fail_syntax(const yaml_reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    if (parser->error == YAML_MEMORY_ERROR)
        return error_memory(reader->err);
    if (parser->error == YAML_READER_ERROR)
        return fail_reader(reader);
    const char *problem = parser->problem == NULL ? "not valid YAML" : parser->problem;
    doc_spot spot = spot_of(reader, parser->problem_mark);
    const char *what = strstr(problem, "Unicode") == NULL ? "not valid YAML" : "not valid Unicode";
    if (parser->context == NULL)
        return doc_fail(&spot, "%s: %s", what, problem);
    return doc_fail(&spot, "%s: %s (%s at line %zu, column %zu)", what, problem, parser->context,
                    parser->context_mark.line + 1, parser->context_mark.column + 1);
}

static ckl_status next_event(yaml_reader *reader)
{
    yaml_event_delete(&reader->event);
    memset(&reader->event, 0, sizeof reader->event);
    if (yaml_parser_parse(&reader->parser, &reader->event) == 0)
        return fail_syntax(reader);
    return CKL_OK;
}

/* ---- tags ------------------------------------------------------------------------------------ */

static doc_tag tag_of_name(const char *name)
{
    static const struct {
        const char *name;
        doc_tag tag;
    } TAGS[] = {
        {"str", DOC_TAG_TEXT},    {"null", DOC_TAG_NULL},   {"bool", DOC_TAG_BOOLEAN},
        {"int", DOC_TAG_INTEGER}, {"float", DOC_TAG_REAL},  {"timestamp", DOC_TAG_TIMESTAMP},
        {"merge", DOC_TAG_MERGE}, {"value", DOC_TAG_VALUE}, {"seq", DOC_TAG_LIST},
        {"map", DOC_TAG_MAP},     {"set", DOC_TAG_SET},     {"binary", DOC_TAG_BINARY}};
    if (strncmp(name, CORE_TAG, sizeof CORE_TAG - 1) != 0)
        return DOC_TAG_OTHER;
    for (size_t tag = 0; tag < sizeof TAGS / sizeof TAGS[0]; tag++) {
        if (strcmp(name + sizeof CORE_TAG - 1, TAGS[tag].name) == 0)
            return TAGS[tag].tag;
    }
    return DOC_TAG_OTHER;
}

static ckl_status refuse_tag(const doc_spot *spot, doc_tag tag, const char *name)
{
    if (tag == DOC_TAG_BINARY) {
        ckl_status status = doc_fail(spot, "the tag '!!binary': bytes have no place here");
        error_hint(spot->err, "write them as quoted text, without the tag");
        return status;
    }
    bool core = strncmp(name, CORE_TAG, sizeof CORE_TAG - 1) == 0;
    doc_excerpt shown = doc_excerpt_of(name, strlen(name));
    return doc_fail(spot, "the tag '%s%s' is not one that is read here", core ? "!!" : "",
                    core ? shown.text + sizeof CORE_TAG - 1 : shown.text);
}

/* The tag `name` (NULL: none) on a list or mapping, which is `plain` without one. */
static ckl_status collection_tag(doc_tag *out, const yaml_reader *reader, const yaml_char_t *tag,
                                 doc_tag plain)
{
    const char *name = (const char *)tag;
    doc_spot spot = here(reader);
    *out = plain;
    if (name == NULL || strcmp(name, "!") == 0)
        return CKL_OK;
    *out = tag_of_name(name);
    if (*out == plain || (*out == DOC_TAG_SET && plain == DOC_TAG_MAP))
        return CKL_OK;
    if (*out == DOC_TAG_BINARY || *out == DOC_TAG_OTHER)
        return refuse_tag(&spot, *out, name);
    return doc_fail(&spot, "the tag '!!%s' does not fit a %s", name + sizeof CORE_TAG - 1,
                    plain == DOC_TAG_LIST ? "list" : "mapping");
}

/* ---- values into what is around them --------------------------------------------------------- */

/* Whether the value that comes next is a key of the innermost mapping. */
static bool is_key_next(const yaml_reader *reader)
{
    return reader->depth > 0 && doc_frame_waits_for_key(&reader->frames[reader->depth - 1]);
}

/* Keys are no values: they do not count. */
static ckl_status count_nodes(yaml_reader *reader, size_t nodes, bool alias)
{
    if (is_key_next(reader))
        return CKL_OK;
    reader->nodes += nodes;
    if (alias)
        reader->alias_nodes += nodes;
    doc_spot spot = here(reader);
    if (!reader->options->unlimited_nodes && reader->nodes > DOC_NODE_MAX)
        return doc_fail(&spot, "more than " DOC_NODE_TEXT " values%s",
                        alias ? ", aliases counted as what they stand for" : "");
    if (reader->alias_nodes > ALIAS_NODES_MAX)
        return doc_fail(&spot, "aliases stand for more than %zu values", ALIAS_NODES_MAX);
    return CKL_OK;
}

/* Puts a value where it belongs, which keeps its own reference to it. */
static ckl_status place(yaml_reader *reader, const doc_node *value)
{
    doc_frame *top = reader->depth == 0 ? NULL : &reader->frames[reader->depth - 1];
    doc_spot spot = here(reader);
    if (!is_key_next(reader) && (value->tag == DOC_TAG_MERGE || value->tag == DOC_TAG_VALUE)) {
        ckl_status status = doc_fail(&spot, "'%s' has a meaning of its own in YAML 1.1",
                                     json_string_value(value->value));
        error_hint(reader->err, "put it in quotes");
        return status;
    }
    if (top != NULL)
        return doc_frame_take(top, value, reader->options->integer_keys, &spot);
    reader->root = json_incref(value->value);
    return CKL_OK;
}

/* ---- anchors and aliases --------------------------------------------------------------------- */

static ckl_status open_anchor(size_t *out, yaml_reader *reader, const yaml_char_t *name)
{
    *out = NO_ANCHOR;
    if (name == NULL)
        return CKL_OK;
    const char *text = (const char *)name;
    if (json_object_get(reader->names, text) != NULL) {
        doc_spot spot = here(reader);
        return doc_fail(&spot, "the anchor '&%s' is there twice",
                        doc_excerpt_of(text, strlen(text)).text);
    }
    if (reader->anchor_count == reader->anchor_capacity) {
        size_t capacity = reader->anchor_capacity * 2 + 8;
        anchor *anchors = realloc(reader->anchors, capacity * sizeof *anchors);
        if (anchors == NULL)
            return error_memory(reader->err);
        reader->anchors = anchors;
        reader->anchor_capacity = capacity;
    }
    json_t *index = json_integer((json_int_t)reader->anchor_count);
    if (index == NULL || json_object_set_new_nocheck(reader->names, text, index) != 0)
        return error_memory(reader->err);
    reader->anchors[reader->anchor_count] = (anchor){.open = true};
    *out = reader->anchor_count++;
    return CKL_OK;
}

static void close_anchor(yaml_reader *reader, size_t index, const doc_node *value)
{
    if (index == NO_ANCHOR)
        return;
    anchor *target = &reader->anchors[index];
    target->open = false;
    target->content = *value;
    json_incref(target->content.value);
}

static ckl_status read_alias(yaml_reader *reader)
{
    const char *name = (const char *)reader->event.data.alias.anchor;
    doc_spot spot = here(reader);
    doc_excerpt shown = doc_excerpt_of(name, strlen(name));
    const json_t *index = json_object_get(reader->names, name);
    if (index == NULL)
        return doc_fail(&spot, "the alias '*%s' names nothing before it", shown.text);
    const anchor *target = &reader->anchors[json_integer_value(index)];
    if (target->open)
        return doc_fail(&spot, "the alias '*%s' stands inside what it names: a cycle", shown.text);
    if (reader->depth + target->content.height > DOC_DEPTH_MAX)
        return doc_fail(&spot, "nesting deeper than " DOC_DEPTH_TEXT " by the alias '*%s'",
                        shown.text);
    ckl_status status = count_nodes(reader, target->content.nodes, true);
    return status == CKL_OK ? place(reader, &target->content) : status;
}

/* ---- events ---------------------------------------------------------------------------------- */

static void warn_if_misleading(const yaml_reader *reader, const char *text, size_t size)
{
    const ckl_warning_sink *warnings = reader->options->warnings;
    doc_excerpt number;
    if (warnings == NULL || is_key_next(reader) || !doc_scalar_misleads(&number, text, size))
        return;
    BUF_AUTO message = BUF_INIT;
    buf_add_format(&message, "%s: line %zu: '%s' is text in YAML 1.1; write %s for a number",
                   reader->options->name, reader->event.start_mark.line + 1,
                   doc_excerpt_of(text, size).text, number.text);
    if (!message.failed)
        warnings->warn(warnings->context, message.data);
}

static ckl_status read_scalar(yaml_reader *reader)
{
    const char *text = (const char *)reader->event.data.scalar.value;
    const char *name = (const char *)reader->event.data.scalar.tag;
    size_t size = reader->event.data.scalar.length;
    doc_spot spot = here(reader);
    if (memchr(text, '\0', size) != NULL)
        return doc_fail(&spot, "NUL in text");
    doc_node value = {.tag = DOC_TAG_TEXT, .nodes = 1};
    if (name != NULL && strcmp(name, "!") != 0)
        value.tag = tag_of_name(name);
    else if (reader->event.data.scalar.plain_implicit)
        value.tag = doc_scalar_tag(text, size);
    if (value.tag == DOC_TAG_BINARY || value.tag == DOC_TAG_OTHER)
        return refuse_tag(&spot, value.tag, name == NULL ? CORE_TAG "yaml" : name);
    if (value.tag == DOC_TAG_LIST || value.tag == DOC_TAG_MAP || value.tag == DOC_TAG_SET)
        return doc_fail(&spot, "the tag '!!%s' does not fit a scalar", name + sizeof CORE_TAG - 1);
    if (value.tag == DOC_TAG_TEXT && name == NULL && reader->event.data.scalar.plain_implicit)
        warn_if_misleading(reader, text, size);
    size_t index;
    ckl_status status = count_nodes(reader, 1, false);
    if (status == CKL_OK)
        status = open_anchor(&index, reader, reader->event.data.scalar.anchor);
    if (status == CKL_OK)
        status = doc_scalar_read(&value.value, value.tag, text, size, &spot);
    if (status == CKL_OK) {
        close_anchor(reader, index, &value);
        status = place(reader, &value);
    }
    json_decref(value.value);
    return status;
}

static ckl_status open_collection(yaml_reader *reader, doc_tag plain, const yaml_char_t *tag,
                                  const yaml_char_t *anchor_name)
{
    doc_spot spot = here(reader);
    if (reader->depth == DOC_DEPTH_MAX)
        return doc_fail(&spot, "nesting deeper than " DOC_DEPTH_TEXT);
    if (is_key_next(reader))
        return doc_fail(&spot, "a key must be text");
    doc_frame top = {.nodes_before = reader->nodes};
    ckl_status status = collection_tag(&top.tag, reader, tag, plain);
    if (status == CKL_OK)
        status = count_nodes(reader, 1, false);
    if (status == CKL_OK)
        status = open_anchor(&top.anchor, reader, anchor_name);
    if (status != CKL_OK)
        return status;
    if (!doc_frame_open(&top))
        return error_memory(reader->err);
    reader->frames[reader->depth++] = top;
    return CKL_OK;
}

static ckl_status close_collection(yaml_reader *reader)
{
    doc_frame *top = &reader->frames[--reader->depth];
    doc_node value = {.value = doc_frame_finish(top),
                      .tag = top->tag,
                      .height = top->height,
                      .nodes = reader->nodes - top->nodes_before};
    size_t index = top->anchor;
    doc_frame_free(top);
    if (value.value == NULL)
        return error_memory(reader->err);
    close_anchor(reader, index, &value);
    ckl_status status = place(reader, &value);
    json_decref(value.value);
    return status;
}

static ckl_status read_node_event(yaml_reader *reader)
{
    const yaml_event_t *event = &reader->event;
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return read_scalar(reader);
    case YAML_ALIAS_EVENT:
        return read_alias(reader);
    case YAML_SEQUENCE_START_EVENT:
        return open_collection(reader, DOC_TAG_LIST, event->data.sequence_start.tag,
                               event->data.sequence_start.anchor);
    case YAML_MAPPING_START_EVENT:
        return open_collection(reader, DOC_TAG_MAP, event->data.mapping_start.tag,
                               event->data.mapping_start.anchor);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_collection(reader);
    default:
        return CKL_OK;
    }
}

/* libyaml's time for directives grows with their square, before its first event. They can only
 * stand at the beginning. Bytes that are no ASCII are stepped over: byte order marks, UTF-16. */
static ckl_status check_directives(const yaml_reader *reader)
{
    size_t directives = 0;
    char first = '\n'; /* of the line, or '\n' at its beginning */
    for (size_t at = 0; at < reader->size; at++) {
        char character = reader->text[at];
        if (character == '\n' || character == '\r')
            first = '\n';
        else if (first == '\n' && character > ' ')
            first = character;
        else
            continue;
        if (first == '%' && ++directives > DIRECTIVES_MAX) {
            doc_spot spot = doc_spot_at(reader->options->name, reader->text, at, reader->err);
            return doc_fail(&spot, "more than %d directives", DIRECTIVES_MAX);
        }
        if (first != '%' && first != '#' && first != '\n')
            break;
    }
    return CKL_OK;
}

static ckl_status read_stream(yaml_reader *reader)
{
    size_t documents = 0;
    do {
        ckl_status status = next_event(reader);
        if (status != CKL_OK)
            return status;
        if (reader->event.type == YAML_DOCUMENT_START_EVENT && ++documents > 1) {
            doc_spot spot = here(reader);
            return doc_fail(&spot, "expected a single document, but another one begins here");
        }
        status = read_node_event(reader);
        if (status != CKL_OK)
            return status;
    } while (reader->event.type != YAML_STREAM_END_EVENT);
    if (reader->root == NULL)
        reader->root = json_null();
    return CKL_OK;
}

static void free_reader(yaml_reader *reader)
{
    yaml_event_delete(&reader->event);
    yaml_parser_delete(&reader->parser);
    while (reader->depth > 0)
        doc_frame_free(&reader->frames[--reader->depth]);
    for (size_t index = 0; index < reader->anchor_count; index++)
        json_decref(reader->anchors[index].content.value);
    free(reader->anchors);
    json_decref(reader->names);
    json_decref(reader->root);
    free(reader);
}

ckl_status doc_yaml_read(json_t **out, const char *text, size_t size, const doc_options *options,
                         ckl_error *err)
{
    yaml_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return error_memory(err);
    reader->options = options;
    reader->text = text;
    reader->size = size;
    reader->err = err;
    reader->names = json_object();
    ckl_status status = CKL_OK;
    if (yaml_parser_initialize(&reader->parser) == 0 || reader->names == NULL)
        status = error_memory(err);
    if (status == CKL_OK) {
        yaml_parser_set_input_string(&reader->parser, (const unsigned char *)text, size);
        status = check_directives(reader);
    }
    if (status == CKL_OK)
        status = read_stream(reader);
    if (status == CKL_OK) {
        *out = reader->root;
        reader->root = NULL;
    }
    free_reader(reader);
    return status;
}
