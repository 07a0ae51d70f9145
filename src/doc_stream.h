/* doc_stream: owns reading YAML event by event, so that a document is not held. May call: what doc
 * may, doc_source. Keeps true: a text that it tells is the one that doc_parse would; whatever takes
 * more to say what it means (anchors, tags, merge keys, odd scalars, mistakes) is "unusual", and
 * doc_parse is to be asked. */
#ifndef DOC_STREAM_H
#define DOC_STREAM_H

#include "doc_source.h"

typedef enum doc_event {
    DOC_EVENT_TEXT, /* or an integer in decimal */
    DOC_EVENT_LIST,
    DOC_EVENT_MAP,
    DOC_EVENT_END,   /* of the list or mapping */
    DOC_EVENT_ENDED, /* of all */
    DOC_EVENT_UNUSUAL
} doc_event;

typedef struct doc_stream doc_stream;
ckl_status doc_stream_open(doc_stream **out, doc_source *source, ckl_error *err);
/* *text of *size bytes, with a NUL behind it, is borrowed until the next call. */
doc_event doc_stream_next(doc_stream *stream, const char **text, size_t *size);
/* Whether the text that was told last is an integer. */
bool doc_stream_is_integer(const doc_stream *stream);
void doc_stream_close(doc_stream *stream);

#endif
