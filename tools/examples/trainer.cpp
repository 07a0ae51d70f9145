// A trainer in C++ without any framework: a small network learns to tell two half moons apart, and
// everything that makes the result what it is gets recorded.
//
//   trainer ROOT STEPS     trains; run again, it goes on from the last weights. While it trains,
//                          `ckl -C ROOT discard moon_007` leaves a sample out from the next step on
//
//   g++ -std=c++17 trainer.cpp $(pkg-config --cflags --libs ckl) -o trainer
#include "ckl.hpp"

#include <array>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

namespace
{

constexpr std::size_t HIDDEN = 8;
constexpr std::size_t SAMPLES = 200;
constexpr std::int64_t FREQUENCY = 50;

struct settings {
    double learning_rate = 0.05;
};

// ---- data: who is in, who is discarded ----

struct sample {
    std::string uid;
    double x, y, label;
    bool discarded;
};

struct dataset {
    std::vector<sample> samples;

    dataset()
    {
        std::uint64_t random = 2463534242u;
        const auto noise = [&random] {
            random = random * 6364136223846793005u + 1442695040888963407u;
            return static_cast<double>(random >> 40) / 16777216.0 - 0.5;
        };
        for (std::size_t row = 0; row < SAMPLES; row++) {
            const bool upper = row % 2 == 0;
            const double angle = 3.14159265358979 * static_cast<double>(row) / SAMPLES;
            std::string number = std::to_string(row);
            number.insert(0, 3 - number.size(), '0');
            samples.push_back({"moon_" + number,
                               (upper ? std::cos(angle) : 1 - std::cos(angle)) + 0.3 * noise(),
                               (upper ? std::sin(angle) : 0.5 - std::sin(angle)) + 0.3 * noise(),
                               upper ? 1.0 : 0.0, false});
        }
    }

    // The guide's protocol, for the library.
    static ckl_status get_sample_uids(void *context, ckl_data_state *state, ckl_error *err)
    {
        for (const sample &each : static_cast<dataset *>(context)->samples) {
            const ckl_status status = ckl_data_state_add(state, each.uid.c_str(), err);
            if (status != CKL_OK)
                return status;
        }
        return CKL_OK;
    }
    static bool is_discarded(void *context, const char *uid)
    {
        for (const sample &each : static_cast<dataset *>(context)->samples) {
            if (each.uid == uid)
                return each.discarded;
        }
        return false;
    }

    // Takes over what is recorded for a state: what people discarded meanwhile.
    void follow(ckl_manager *manager, const char *hash)
    {
        ckl_data_state *state = nullptr;
        ckl_error err{};
        if (ckl_manager_load_data_state(&state, manager, hash, &err) != CKL_OK)
            return; // nothing is recorded yet
        for (sample &each : samples) {
            std::uint64_t index = 0;
            if (ckl_data_state_find(state, each.uid.c_str(), &index))
                each.discarded = ckl_data_state_sample(state, index).discarded;
        }
        ckl_data_state_free(state);
    }
    static void on_change(void *context, ckl_manager *manager, const char *, const char *to)
    {
        static_cast<dataset *>(context)->follow(manager, to);
        std::cout << "changed by somebody else: " << to << "\n";
    }
};

// ---- the network ----

struct network {
    struct {
        std::int64_t step;
        std::array<std::array<double, 3>, HIDDEN> hidden; // x, y, bias
        std::array<double, HIDDEN + 1> output;            // the last is the bias
    } all{};

    network()
    {
        for (std::size_t unit = 0; unit < HIDDEN; unit++) {
            const double turn = static_cast<double>(unit);
            all.hidden[unit] = {std::cos(turn), std::sin(turn), 0.1 * turn};
            all.output[unit] = unit % 2 == 0 ? 0.5 : -0.5;
        }
    }

    // Learns from one sample; returns its loss before.
    double learn(const sample &from, double rate)
    {
        std::array<double, HIDDEN> out{};
        double sum = all.output[HIDDEN];
        for (std::size_t unit = 0; unit < HIDDEN; unit++) {
            const auto &weights = all.hidden[unit];
            out[unit] = std::tanh(weights[0] * from.x + weights[1] * from.y + weights[2]);
            sum += all.output[unit] * out[unit];
        }
        const double guess = 1 / (1 + std::exp(-sum));
        const double error = guess - from.label;
        for (std::size_t unit = 0; unit < HIDDEN; unit++) {
            const double back = error * all.output[unit] * (1 - out[unit] * out[unit]);
            all.output[unit] -= rate * error * out[unit];
            all.hidden[unit][0] -= rate * back * from.x;
            all.hidden[unit][1] -= rate * back * from.y;
            all.hidden[unit][2] -= rate * back;
        }
        all.output[HIDDEN] -= rate * error;
        return -std::log(from.label > 0.5 ? guess + 1e-12 : 1 - guess + 1e-12);
    }

    static ckl_status describe(void *, ckl_model **out, ckl_error *err)
    {
        ckl_model *model = nullptr;
        ckl_status status = ckl_model_new(&model, "Moons", err);
        if (status == CKL_OK)
            status = ckl_model_add_module(model, "hidden", "Tanh", err);
        if (status == CKL_OK)
            status = ckl_model_add_attribute(model, "in", "2", err);
        if (status == CKL_OK)
            status = ckl_model_add_attribute(model, "out", std::to_string(HIDDEN).c_str(), err);
        if (status == CKL_OK)
            status = ckl_model_add_module(model, "output", "Sigmoid", err);
        if (status == CKL_OK)
            *out = model;
        else
            ckl_model_free(model);
        return status;
    }
    static ckl_status write_weights(void *context, int descriptor, ckl_error *err)
    {
        const auto &all = static_cast<network *>(context)->all;
        return ckl::write_all(descriptor,
                              std::string(reinterpret_cast<const char *>(&all), sizeof all), err);
    }
    void load(const std::string &path)
    {
        std::ifstream file(path, std::ios::binary);
        file.read(reinterpret_cast<char *>(&all), sizeof all);
        if (!file)
            throw std::runtime_error("no weights in " + path);
    }
};

ckl_status read_settings(void *context, ckl_config **out, ckl_error *err)
{
    const std::string text = "{\"frequency\": " + std::to_string(FREQUENCY) + ", \"lr\": " +
                             std::to_string(static_cast<settings *>(context)->learning_rate) + "}";
    return ckl_config_parse(out, text.data(), text.size(), CKL_FORMAT_JSON, "settings", nullptr,
                            err);
}

double train_step(network &net, const dataset &data, double rate)
{
    double loss = 0;
    std::size_t count = 0;
    for (const sample &each : data.samples) {
        if (each.discarded)
            continue;
        loss += net.learn(each, rate);
        count++;
    }
    net.all.step++;
    return loss / static_cast<double>(count);
}

void train(const char *root, std::int64_t steps)
{
    settings how;
    dataset data;
    network net;
    ckl_manager *manager = nullptr;
    ckl_system_options options{};
    options.root_log_dir = root;
    options.checkpoint_frequency = FREQUENCY;
    ckl::must([&](ckl_error *err) { return ckl_get_checkpoint_system(&manager, &options, err); });

    const ckl::saved last = ckl::last_weights(manager);
    data.follow(manager, nullptr);
    if (last.step >= 0) {
        net.load(last.path);
        ckl::must([&](ckl_error *err) {
            return ckl_manager_resume_from(manager, last.experiment.c_str(), last.step, err);
        });
        std::cout << "goes on after step " << net.all.step << "\n";
    }

    const ckl_model_source model{network::describe, network::write_weights, nullptr, &net};
    const ckl_config_source config{read_settings, &how};
    const ckl_dataset_source samples{dataset::get_sample_uids, dataset::is_discarded, nullptr,
                                     &data};
    const ckl_change_listener listener{dataset::on_change, &data};
    ckl::must([&](ckl_error *err) { return ckl_register_model_source(&model, err); });
    ckl::must([&](ckl_error *err) { return ckl_register_config_source(&config, err); });
    ckl::must([&](ckl_error *err) { return ckl_register_dataset_source(&samples, err); });
    ckl::must([&](ckl_error *err) { return ckl_register_change_listener(&listener, err); });

    double loss = 0;
    for (std::int64_t done = 0; done < steps; done++) {
        loss = train_step(net, data, how.learning_rate);
        const std::int64_t step = net.all.step;
        ckl::must([&](ckl_error *err) { return ckl_checkpoint_on_step(step, false, err); });
        ckl::must([&](ckl_error *err) { return ckl_log_metric(step, "loss", loss, err); });
    }
    ckl_close_checkpoint_system();
    std::cout << "step " << net.all.step << " loss " << loss << "\n";
}

} // namespace

int main(int count, char **words)
{
    if (count != 3 || std::atoll(words[2]) <= 0) {
        std::cerr << "usage: trainer ROOT STEPS\n";
        return 2;
    }
    try {
        train(words[1], std::atoll(words[2]));
    } catch (const std::exception &problem) {
        std::cerr << "trainer: " << problem.what() << "\n";
        return 1;
    }
    return 0;
}
