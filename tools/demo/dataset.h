/* dataset: Fisher's Iris data (R. A. Fisher, 1936: 150 measured flowers, 50 of each of three
 * species; the published values, as corrected against the paper in rows 35 and 38). Every fifth
 * flower is held out. */
#ifndef DATASET_H
#define DATASET_H

#include <ckl/ckl.h>

#define SAMPLES 150
#define INPUTS  4
#define CLASSES 3

typedef struct sample {
    char uid[32];
    double inputs[INPUTS]; /* scaled to mean 0, deviation 1 */
    int label;
    bool held_out;
    bool discarded;
    bool hard;
} sample;

typedef struct dataset {
    sample samples[SAMPLES];
} dataset;

/* False, with a message on standard error, when the file is not as expected. */
bool dataset_read(dataset *out, const char *path);
/* Takes discards and tags from a recorded state. */
void dataset_restore(dataset *data, const ckl_data_state *state);
/* What the automatic system asks: the guide's protocol. `context` is the dataset. */
ckl_status dataset_get_uids(void *context, ckl_data_state *state, ckl_error *err);
bool dataset_is_discarded(void *context, const char *uid);
ckl_status dataset_get_tags(void *context, const char *uid, ckl_data_state *state, ckl_error *err);

#endif
