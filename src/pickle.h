/* pickle: owns writing values as a Python pickle, protocol 2. May call: buf, Jansson's accessors,
 * doc. Keeps true: equal values give equal bytes (no memo, members in the order given); what it
 * writes loads as dict, list, str, int, float, True, False and None only. Nothing here reads one.
 */
#ifndef PICKLE_H
#define PICKLE_H

#include <jansson.h>

#include "buf.h"

ckl_status pickle_value(buf *out, const json_t *value, ckl_error *err);

#endif
