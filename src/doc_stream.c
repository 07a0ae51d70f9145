#include "doc_stream.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "doc_internal.h"

struct doc_stream {
    yaml_parser_t parser;
    yaml_event_t event;
    doc_source *source;
    bool begun;       /* something was told: no more directives can come */
    bool line_begins; /* the next byte to be read is the first of a line */
    bool has_directives;
};

/* libyaml's time for directives grows with their square, before its first event: a document that
 * has any is unusual. */
static void look_for_directives(doc_stream *stream, const unsigned char *bytes, size_t size)
{
    for (size_t at = 0; at < size; at++) {
        if (stream->line_begins && bytes[at] == '%')
            stream->has_directives = true;
        stream->line_begins = bytes[at] == '\n' || bytes[at] == '\r';
    }
}

static int read_piece(void *context, unsigned char *out, size_t size, size_t *count)
{
    doc_stream *stream = context;
    if (doc_source_read(count, stream->source, (char *)out, size, NULL) != CKL_OK)
        return 0;
    if (!stream->begun)
        look_for_directives(stream, out, *count);
    return stream->has_directives ? 0 : 1;
}

ckl_status doc_stream_open(doc_stream **out, doc_source *source, ckl_error *err)
{
    doc_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return error_memory(err);
    if (yaml_parser_initialize(&stream->parser) == 0) {
        free(stream);
        return error_memory(err);
    }
    stream->source = source;
    stream->line_begins = true;
    yaml_parser_set_input(&stream->parser, read_piece, stream);
    *out = stream;
    return CKL_OK;
}

void doc_stream_close(doc_stream *stream)
{
    if (stream == NULL)
        return;
    yaml_event_delete(&stream->event);
    yaml_parser_delete(&stream->parser);
    free(stream);
}

static bool is_letter(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}

#define LONGEST_WORD 5 /* of those with a letter first that are no text: false */

/* Whether a plain scalar is text, or an integer written as it counts. */
static bool is_usual(const char *text, size_t size)
{
    doc_excerpt number;
    if (size == 0)
        return false;
    if (size > LONGEST_WORD && (is_letter(text[0]) || text[0] == '_' || text[0] == '/'))
        return true;
    doc_tag tag = doc_scalar_tag(text, size);
    if (tag == DOC_TAG_INTEGER)
        return text[0] >= '1' && text[0] <= '9' && size < 19 && strspn(text, "0123456789") == size;
    return tag == DOC_TAG_TEXT && !doc_scalar_misleads(&number, text, size);
}

/* What is usual and begins with a digit is either an integer, or text with something else in it. */
bool doc_stream_is_integer(const doc_stream *stream)
{
    const char *text = (const char *)stream->event.data.scalar.value;
    return stream->event.data.scalar.plain_implicit &&
           strspn(text, "0123456789") == stream->event.data.scalar.length;
}

static doc_event scalar_event(const yaml_event_t *event, const char **text, size_t *size)
{
    *text = (const char *)event->data.scalar.value;
    *size = event->data.scalar.length;
    if (event->data.scalar.anchor != NULL || event->data.scalar.tag != NULL ||
        memchr(*text, '\0', *size) != NULL ||
        (event->data.scalar.plain_implicit && !is_usual(*text, *size)))
        return DOC_EVENT_UNUSUAL;
    return DOC_EVENT_TEXT;
}

doc_event doc_stream_next(doc_stream *stream, const char **text, size_t *size)
{
    for (;;) {
        yaml_event_delete(&stream->event);
        if (yaml_parser_parse(&stream->parser, &stream->event) == 0) {
            memset(&stream->event, 0, sizeof stream->event);
            return DOC_EVENT_UNUSUAL;
        }
        const yaml_event_t *event = &stream->event;
        stream->begun = stream->begun || event->type != YAML_STREAM_START_EVENT;
        switch (event->type) {
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_START_EVENT:
        case YAML_DOCUMENT_END_EVENT:
            continue;
        case YAML_SCALAR_EVENT:
            return scalar_event(event, text, size);
        case YAML_SEQUENCE_START_EVENT:
            return event->data.sequence_start.anchor == NULL &&
                           event->data.sequence_start.tag == NULL
                       ? DOC_EVENT_LIST
                       : DOC_EVENT_UNUSUAL;
        case YAML_MAPPING_START_EVENT:
            return event->data.mapping_start.anchor == NULL && event->data.mapping_start.tag == NULL
                       ? DOC_EVENT_MAP
                       : DOC_EVENT_UNUSUAL;
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_END_EVENT:
            return DOC_EVENT_END;
        case YAML_STREAM_END_EVENT:
            return DOC_EVENT_ENDED;
        default:
            return DOC_EVENT_UNUSUAL;
        }
    }
}
