/* What model.c and model_parse.c share: adding to a description. */
#ifndef MODEL_INTERNAL_H
#define MODEL_INTERNAL_H

#include "value.h"

/* Adds it without looking for its name among the others. */
ckl_status model_push_module(ckl_model *model, const char *name, const char *type, ckl_error *err);
/* Adds to `attributes` (made when NULL) of `owner`; takes a reference of its own. */
ckl_status model_put_attribute(json_t **attributes, const char *key, json_t *value,
                               const char *owner, ckl_error *err);

#endif
