#include "network.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char MAGIC[8] = {'C', 'K', 'L', 'D', 'E', 'M', 'O', '1'};

/* xorshift64*: small, and its whole state is one number in the file. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

static double small_random(uint64_t *state)
{
    return (double)(next_random(state) >> 11) / 9007199254740992.0 - 0.5;
}

void network_start(network *net, int64_t hidden, uint64_t seed)
{
    memset(net, 0, sizeof *net);
    net->random = seed;
    network_widen(net, hidden);
}

void network_widen(network *net, int64_t hidden)
{
    for (int64_t unit = net->hidden; unit < hidden; unit++) {
        for (int input = 0; input < INPUTS; input++)
            net->weights.hidden[unit][input] = small_random(&net->random);
        for (int class = 0; class < CLASSES; class ++)
            net->weights.output[class][unit] = small_random(&net->random);
    }
    net->hidden = hidden;
}

/* ---- forward and back ------------------------------------------------------------------------ */

/* Probabilities of the classes; the hidden activations are kept for the way back. */
static void forward(const network *net, const sample *of, double activation[HIDDEN_MAX],
                    double probability[CLASSES])
{
    double sum = 0;
    for (int64_t unit = 0; unit < net->hidden; unit++) {
        double total = net->weights.hidden[unit][INPUTS];
        for (int input = 0; input < INPUTS; input++)
            total += net->weights.hidden[unit][input] * of->inputs[input];
        activation[unit] = tanh(total);
    }
    for (int class = 0; class < CLASSES; class ++) {
        double total = net->weights.output[class][HIDDEN_MAX];
        for (int64_t unit = 0; unit < net->hidden; unit++)
            total += net->weights.output[class][unit] * activation[unit];
        probability[class] = exp(total);
        sum += probability[class];
    }
    for (int class = 0; class < CLASSES; class ++)
        probability[class] /= sum;
}

static double backward(const network *net, const sample *of, layers *gradient)
{
    double activation[HIDDEN_MAX], probability[CLASSES], back[HIDDEN_MAX] = {0};
    forward(net, of, activation, probability);
    for (int class = 0; class < CLASSES; class ++) {
        double error = probability[class] - (class == of->label);
        for (int64_t unit = 0; unit < net->hidden; unit++) {
            gradient->output[class][unit] += error * activation[unit];
            back[unit] += error * net->weights.output[class][unit];
        }
        gradient->output[class][HIDDEN_MAX] += error;
    }
    for (int64_t unit = 0; unit < net->hidden; unit++) {
        double error = back[unit] * (1 - activation[unit] * activation[unit]);
        for (int input = 0; input < INPUTS; input++)
            gradient->hidden[unit][input] += error * of->inputs[input];
        gradient->hidden[unit][INPUTS] += error;
    }
    return -log(probability[of->label]);
}

static void descend(double *weights, double *momenta, const double *gradient, size_t count,
                    const training *how)
{
    for (size_t index = 0; index < count; index++) {
        momenta[index] = how->momentum * momenta[index] -
                         how->learning_rate * gradient[index] / (double)how->batch_size;
        weights[index] += momenta[index];
    }
}

double network_train(network *net, const dataset *data, const training *how)
{
    layers gradient = {0};
    double loss = 0;
    for (int64_t drawn = 0; drawn < how->batch_size;) {
        const sample *of = &data->samples[next_random(&net->random) % SAMPLES];
        if (of->held_out || of->discarded)
            continue;
        loss += backward(net, of, &gradient) / (double)how->batch_size;
        drawn++;
    }
    descend(&net->weights.hidden[0][0], &net->momenta.hidden[0][0], &gradient.hidden[0][0],
            sizeof gradient.hidden / sizeof(double), how);
    descend(&net->weights.output[0][0], &net->momenta.output[0][0], &gradient.output[0][0],
            sizeof gradient.output / sizeof(double), how);
    net->step++;
    return loss;
}

double network_loss(const network *net, const sample *of)
{
    double activation[HIDDEN_MAX], probability[CLASSES];
    forward(net, of, activation, probability);
    return -log(probability[of->label]);
}

double network_accuracy(const network *net, const dataset *data)
{
    double activation[HIDDEN_MAX], probability[CLASSES];
    int right = 0, total = 0;
    for (int row = 0; row < SAMPLES; row++) {
        const sample *of = &data->samples[row];
        if (!of->held_out)
            continue;
        forward(net, of, activation, probability);
        int best = 0;
        for (int class = 1; class < CLASSES; class ++)
            best = probability[class] > probability[best] ? class : best;
        right += best == of->label;
        total++;
    }
    return (double)right / total;
}

/* ---- what the automatic system asks ---------------------------------------------------------- */

static ckl_status add_linear(ckl_model *model, const char *name, int64_t in, int64_t out,
                             ckl_error *err)
{
    char number[32];
    ckl_status status = ckl_model_add_module(model, name, "Linear", err);
    snprintf(number, sizeof number, "%lld", (long long)in);
    if (status == CKL_OK)
        status = ckl_model_add_attribute(model, "in", number, err);
    snprintf(number, sizeof number, "%lld", (long long)out);
    if (status == CKL_OK)
        status = ckl_model_add_attribute(model, "out", number, err);
    return status;
}

ckl_status network_describe(void *context, ckl_model **out, ckl_error *err)
{
    const network *net = context;
    ckl_model *model = NULL;
    ckl_status status = ckl_model_new(&model, "IrisNetwork", err);
    if (status == CKL_OK)
        status = add_linear(model, "hidden", INPUTS, net->hidden, err);
    if (status == CKL_OK)
        status = ckl_model_add_module(model, "activation", "Tanh", err);
    if (status == CKL_OK)
        status = add_linear(model, "output", net->hidden, CLASSES, err);
    if (status == CKL_OK)
        *out = model;
    else
        ckl_model_free(model);
    return status;
}

/* ---- the file -------------------------------------------------------------------------------- */

ckl_status network_write(void *context, int descriptor, ckl_error *err)
{
    const network *net = context;
    (void)err;
    FILE *file = fdopen(dup(descriptor), "wb");
    if (file == NULL)
        return CKL_IO;
    bool good = fwrite(MAGIC, sizeof MAGIC, 1, file) == 1 &&
                fwrite(&net->hidden, sizeof net->hidden, 1, file) == 1 &&
                fwrite(&net->random, sizeof net->random, 1, file) == 1 &&
                fwrite(&net->step, sizeof net->step, 1, file) == 1 &&
                fwrite(&net->weights, sizeof net->weights, 1, file) == 1 &&
                fwrite(&net->momenta, sizeof net->momenta, 1, file) == 1;
    return fclose(file) == 0 && good ? CKL_OK : CKL_IO;
}

bool network_read(network *out, const char *path)
{
    char magic[8];
    FILE *file = fopen(path, "rb");
    bool good = file != NULL && fread(magic, sizeof magic, 1, file) == 1 &&
                memcmp(magic, MAGIC, sizeof magic) == 0 &&
                fread(&out->hidden, sizeof out->hidden, 1, file) == 1 &&
                fread(&out->random, sizeof out->random, 1, file) == 1 &&
                fread(&out->step, sizeof out->step, 1, file) == 1 &&
                fread(&out->weights, sizeof out->weights, 1, file) == 1 &&
                fread(&out->momenta, sizeof out->momenta, 1, file) == 1 && out->hidden > 0 &&
                out->hidden <= HIDDEN_MAX;
    if (file != NULL)
        fclose(file);
    if (!good)
        fprintf(stderr, "demo: '%s' is not a file of this program\n", path);
    return good;
}
