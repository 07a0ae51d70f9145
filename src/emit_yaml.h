/* emit_yaml: owns the text of `{hash}_config.yaml` and `{hash}_data_state.yaml` (design 5). The
 * only user of libyaml's emitter. May call: canon, doc, value, buf. Keeps true: yaml.safe_load
 * reads back a value equal to what was given, types included; equal input gives equal bytes. */
#ifndef EMIT_YAML_H
#define EMIT_YAML_H

#include <jansson.h>

#include "value.h"

/* Where the text goes, piece by piece; a failure stops the emitter and is returned. */
typedef struct emit_sink {
    ckl_status (*write)(void *context, const void *bytes, size_t size, ckl_error *err);
    void *context;
} emit_sink;

/* A configuration, keys sorted by code point. */
ckl_status emit_yaml_config(const emit_sink *sink, const json_t *config, ckl_error *err);
/* `uids` (sorted list), `discarded` (sorted list), `tags` (map of uid to sorted list). */
ckl_status emit_yaml_data_state(const emit_sink *sink, const ckl_data_state *state, ckl_error *err);

/* Both write the same bytes; the quick one only what is simple (emit_yaml_state.c). */
ckl_status emit_yaml_state_by_libyaml(const emit_sink *sink, const ckl_data_state *state,
                                      ckl_error *err);
ckl_status emit_yaml_state_quickly(const emit_sink *sink, const ckl_data_state *state,
                                   ckl_error *err);
bool emit_yaml_state_is_simple(const ckl_data_state *state);
/* Whether a text stands in YAML as it is. */
bool emit_yaml_is_plain(const char *text, size_t size);

#endif
