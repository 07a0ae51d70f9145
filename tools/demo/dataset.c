#include "dataset.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const SPECIES[CLASSES] = {"setosa", "versicolor", "virginica"};

static bool read_row(sample *out, FILE *file)
{
    char species[32];
    if (fscanf(file, " %31[^,],%lf,%lf,%lf,%lf,%31s", out->uid, &out->inputs[0], &out->inputs[1],
               &out->inputs[2], &out->inputs[3], species) != 6)
        return false;
    for (out->label = 0; out->label < CLASSES; out->label++) {
        if (strcmp(species, SPECIES[out->label]) == 0)
            return true;
    }
    return false;
}

static void scale(dataset *data)
{
    for (int input = 0; input < INPUTS; input++) {
        double mean = 0, spread = 0;
        for (int row = 0; row < SAMPLES; row++)
            mean += data->samples[row].inputs[input] / SAMPLES;
        for (int row = 0; row < SAMPLES; row++)
            spread += pow(data->samples[row].inputs[input] - mean, 2) / SAMPLES;
        for (int row = 0; row < SAMPLES; row++)
            data->samples[row].inputs[input] =
                (data->samples[row].inputs[input] - mean) / sqrt(spread);
    }
}

bool dataset_read(dataset *out, const char *path)
{
    FILE *file = fopen(path, "r");
    char header[128];
    bool good = file != NULL && fgets(header, sizeof header, file) != NULL;
    memset(out, 0, sizeof *out);
    for (int row = 0; good && row < SAMPLES; row++) {
        good = read_row(&out->samples[row], file);
        out->samples[row].held_out = row % 5 == 4;
    }
    if (file != NULL)
        fclose(file);
    if (!good) {
        fprintf(stderr, "demo: '%s' is not the Iris data\n", path);
        return false;
    }
    scale(out);
    return true;
}

static sample *find(dataset *data, const char *uid)
{
    for (int row = 0; row < SAMPLES; row++) {
        if (strcmp(data->samples[row].uid, uid) == 0)
            return &data->samples[row];
    }
    return NULL;
}

void dataset_restore(dataset *data, const ckl_data_state *state)
{
    for (uint64_t index = 0; index < ckl_data_state_counts(state).total; index++) {
        ckl_sample recorded = ckl_data_state_sample(state, index);
        sample *mine = find(data, recorded.uid);
        if (mine == NULL)
            continue;
        mine->discarded = recorded.discarded;
        mine->hard = false;
        for (size_t tag = 0; tag < recorded.tag_count; tag++)
            mine->hard = mine->hard || strcmp(recorded.tags[tag], "hard") == 0;
    }
}

/* ---- the guide's protocol -------------------------------------------------------------------- */

ckl_status dataset_get_uids(void *context, ckl_data_state *state, ckl_error *err)
{
    const dataset *data = context;
    ckl_status status = CKL_OK;
    for (int row = 0; status == CKL_OK && row < SAMPLES; row++)
        status = ckl_data_state_add(state, data->samples[row].uid, err);
    return status;
}

bool dataset_is_discarded(void *context, const char *uid)
{
    return find(context, uid)->discarded;
}

ckl_status dataset_get_tags(void *context, const char *uid, ckl_data_state *state, ckl_error *err)
{
    const sample *asked = find(context, uid);
    ckl_status status = CKL_OK;
    if (asked->held_out)
        status = ckl_data_state_add_tag(state, uid, "held_out", err);
    if (status == CKL_OK && asked->hard)
        status = ckl_data_state_add_tag(state, uid, "hard", err);
    return status;
}
