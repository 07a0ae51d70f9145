/* auto_source: owns asking the sources that a trainer registered. May call: the public interface,
 * buf. Keeps true: what a source gave is released when a later question fails. */
#ifndef AUTO_SOURCE_H
#define AUTO_SOURCE_H

#include <ckl/auto.h>

/* The model as it is now, with its architecture when the source writes one. */
ckl_status auto_describe_model(ckl_model **out, const ckl_model_source *source, ckl_error *err);
/* Asks about every sample that the dataset names. */
ckl_status auto_read_dataset(ckl_data_state **out, const ckl_dataset_source *source,
                             ckl_error *err);

#endif
