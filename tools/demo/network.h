/* network: a small multi-layer perceptron in double precision, its training by stochastic gradient
 * descent with momentum, and its file. Deterministic: the same file gives the same later losses,
 * bit for bit.
 *
 * The file: "CKLDEMO1", then int64 hidden, uint64 random state, int64 step, and as doubles the
 * hidden weights and biases, the output weights and biases, and their momenta in the same order;
 * all in the machine's byte order. */
#ifndef NETWORK_H
#define NETWORK_H

#include "dataset.h"

#define HIDDEN_MAX 64

typedef struct layers {
    double hidden[HIDDEN_MAX][INPUTS + 1]; /* the last is the bias */
    double output[CLASSES][HIDDEN_MAX + 1];
} layers;

typedef struct network {
    int64_t hidden;
    uint64_t random;
    int64_t step; /* steps trained so far */
    layers weights, momenta;
} network;

typedef struct training {
    double learning_rate, momentum;
    int64_t batch_size;
} training;

void network_start(network *net, int64_t hidden, uint64_t seed);
/* More hidden units: the old keep their weights, the new begin small. */
void network_widen(network *net, int64_t hidden);
/* Trains one batch of samples that are neither held out nor discarded; returns its mean loss. */
double network_train(network *net, const dataset *data, const training *how);
double network_loss(const network *net, const sample *of);
/* Which part of the held-out samples it tells right. */
double network_accuracy(const network *net, const dataset *data);

/* For the automatic system: `context` is the network. */
ckl_status network_describe(void *context, ckl_model **out, ckl_error *err);
ckl_status network_write(void *context, int descriptor, ckl_error *err);
bool network_read(network *out, const char *path);

#endif
