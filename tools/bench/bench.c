/* ckl-bench: the library beside raw baselines, in one run. See tools/bench.sh. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

static const char USAGE[] =
    "usage: ckl-bench --ckl PATH [--folder DIR] [--samples N,…] [--experiments N,…]\n"
    "                 [--repeat N] [--weights BYTES] [--only PART,…] [--json]\n"
    "\n"
    "Prints what the library takes beside what raw SQLite, libyaml and libcrypto take for\n"
    "the same work, in one run. It decides nothing.\n"
    "\n"
    "  --ckl PATH          the command, for what is measured as a whole process\n"
    "  --folder DIR        where to work (default: a new folder in $TMPDIR, else /tmp)\n"
    "  --samples N,…       sizes of data states (default 10000,1000000)\n"
    "  --experiments N,…   lengths of history (default 100,10000)\n"
    "  --repeat N          how often each is measured (default 5)\n"
    "  --weights BYTES     size of the weights (default 2147483648)\n"
    "  --only PART,…       of yardsticks,calls,values,states,memory,history,experiments,weights\n"
    "  --json              one object instead of a table\n";

static _Noreturn void usage(const char *problem, const char *word)
{
    fprintf(stderr, "ckl-bench: %s '%s'\n\n%s", problem, word, USAGE);
    exit(2);
}

static size_t parse_size(const char *word, char **end)
{
    unsigned long long value = strtoull(word, end, 10);
    if (*end == word || value == 0 || value > SIZE_MAX / 4)
        usage("not a positive number:", word);
    return (size_t)value;
}

static void parse_sizes(sizes *out, const char *word)
{
    char *end = NULL;
    for (out->count = 0;; word = end + 1) {
        if (out->count == SIZES_MAX)
            usage("too many sizes:", word);
        out->values[out->count++] = parse_size(word, &end);
        if (*end == '\0')
            return;
        if (*end != ',')
            usage("not a list of numbers:", word);
    }
}

static size_t parse_one(const char *word)
{
    char *end = NULL;
    size_t value = parse_size(word, &end);
    if (*end != '\0')
        usage("not a number:", word);
    return value;
}

static void parse_option(bench_options *out, const char *option, const char *value)
{
    if (strcmp(option, "--ckl") == 0)
        out->ckl = value;
    else if (strcmp(option, "--folder") == 0)
        out->folder = value;
    else if (strcmp(option, "--samples") == 0)
        parse_sizes(&out->samples, value);
    else if (strcmp(option, "--experiments") == 0)
        parse_sizes(&out->experiments, value);
    else if (strcmp(option, "--repeat") == 0)
        out->repeat = parse_one(value);
    else if (strcmp(option, "--weights") == 0)
        out->weights = parse_one(value);
    else if (strcmp(option, "--only") == 0)
        out->only = value;
    else
        usage("unknown option", option);
}

static void parse(bench_options *out, int count, char **words)
{
    for (int index = 1; index < count; index++) {
        if (strcmp(words[index], "--help") == 0) {
            fputs(USAGE, stdout);
            exit(0);
        }
        if (strcmp(words[index], "--json") == 0) {
            out->json = true;
            continue;
        }
        if (index + 1 == count)
            usage("a value is missing behind", words[index]);
        parse_option(out, words[index], words[index + 1]);
        index++;
    }
    if (out->ckl == NULL || access(out->ckl, X_OK) != 0)
        usage("--ckl must name the command, not", out->ckl != NULL ? out->ckl : "");
    if (out->repeat > REPEAT_MAX)
        usage("--repeat is too large:", "");
}

static bool wants(const bench_options *options, const char *part)
{
    size_t size = strlen(part);
    for (const char *at = options->only; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, part, size) == 0 && (at[size] == ',' || at[size] == '\0'))
            return true;
    }
    return options->only == NULL;
}

static void measure(const bench_options *options)
{
    const sizes *samples = &options->samples, *experiments = &options->experiments;
    size_t largest = samples->values[samples->count - 1];
    size_t usual = largest < 1000000 ? largest : 1000000; /* the table's size, if there is one */
    if (wants(options, "yardsticks"))
        measure_yardsticks(options, usual);
    if (wants(options, "calls"))
        measure_calls(options);
    for (size_t index = 0; index < samples->count; index++) {
        if (wants(options, "values"))
            measure_values(options, samples->values[index]);
        if (wants(options, "states"))
            measure_state(options, samples->values[index]);
    }
    if (wants(options, "memory"))
        measure_memory(options, largest);
    for (size_t index = 0; index < experiments->count; index++) {
        if (wants(options, "history") && experiments->values[index] <= 10000)
            measure_history(options, usual, experiments->values[index]);
        if (wants(options, "experiments"))
            measure_experiments(options, experiments->values[index]);
    }
    if (wants(options, "weights"))
        measure_weights(options);
}

int main(int count, char **words)
{
    char made[4096];
    const char *temporary = getenv("TMPDIR");
    bench_options options = {.samples = {{10000, 1000000}, 2},
                             .experiments = {{100, 10000}, 2},
                             .repeat = 5,
                             .weights = (size_t)2 << 30};
    parse(&options, count, words);
    snprintf(made, sizeof made, "%s/ckl-bench.XXXXXX",
             options.folder != NULL ? options.folder
             : temporary != NULL    ? temporary
                                    : "/tmp");
    if (options.folder != NULL)
        (void)mkdir(options.folder, 0777);
    if (mkdtemp(made) == NULL)
        fail("cannot make a folder '%s'", made);
    options.folder = made;
    unsetenv("CKL_ROOT");
    unsetenv("CKL_RUN");
    unsetenv("RANK");
    measure(&options);
    remove_tree(made);
    row_print_all(&options);
    return 0;
}
