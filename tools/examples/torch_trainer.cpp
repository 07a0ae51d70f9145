// A trainer with LibTorch (Debian: libtorch-dev): any torch::nn::Module is described by what
// named_modules() says of it, and its weights are what torch::save writes.
//
//   torch_trainer ROOT STEPS [HIDDEN]   trains; run again, it goes on from the last weights; with
//                                       another HIDDEN it begins anew, and `ckl diff` says why
#include <torch/torch.h>

#include "ckl.hpp"

#include <cstdlib>
#include <iostream>
#include <sstream>
#include <vector>

namespace moons
{

struct classifier : torch::nn::Module {
    torch::nn::Sequential body;
    torch::nn::Linear head;

    explicit classifier(std::int64_t hidden)
        : body(torch::nn::Linear(2, hidden), torch::nn::ReLU(), torch::nn::Dropout(0.1)),
          head(hidden, 2)
    {
        register_module("body", body);
        register_module("head", head);
    }
    torch::Tensor forward(const torch::Tensor &input)
    {
        return head->forward(body->forward(input));
    }
};

} // namespace moons

namespace
{

constexpr std::int64_t FREQUENCY = 20;

// ---- any module, for the library ----

std::string shape_of(const torch::Tensor &tensor)
{
    std::string out = "[";
    for (const std::int64_t size : tensor.sizes())
        out += (out.size() > 1 ? ", " : "") + std::to_string(size);
    return out + "]";
}

using attributes = std::vector<std::pair<std::string, std::string>>;

// "torch::nn::Conv2d(2, 3, kernel_size=[3, 3])": 0: 2, 1: 3, kernel_size: [3, 3].
void add_settings(attributes &to, const std::string &printed)
{
    const std::size_t open = printed.find('('), close = printed.rfind(')');
    int depth = 0;
    std::string item;
    for (std::size_t at = open; at != std::string::npos && at <= close; at++) {
        const char byte = printed[at];
        depth += byte == '(' || byte == '[';
        depth -= byte == ')' || byte == ']';
        const bool ends = at == close || (depth == 1 && byte == ',');
        if (at > open && !ends && (byte != ' ' || !item.empty()))
            item += byte;
        if (!ends || item.empty())
            continue;
        const std::size_t equals = item.find('=');
        if (equals == std::string::npos)
            to.emplace_back(std::to_string(to.size()), ckl::quoted(item));
        else
            to.emplace_back(item.substr(0, equals), ckl::quoted(item.substr(equals + 1)));
        item.clear();
    }
}

// A module: its class, its settings as it prints them (a container prints what is in it instead),
// and its own parameters and buffers with their shapes.
ckl_status add_module(ckl_model *model, const std::string &name, const torch::nn::Module &module,
                      ckl_error *err)
{
    attributes all;
    if (module.children().empty()) {
        std::ostringstream printed;
        module.pretty_print(printed);
        add_settings(all, printed.str());
    }
    for (const auto &each : module.named_parameters(false))
        all.emplace_back("parameter " + each.key(), shape_of(each.value()));
    for (const auto &each : module.named_buffers(false))
        all.emplace_back("buffer " + each.key(), shape_of(each.value()));
    ckl_status status = ckl_model_add_module(model, name.c_str(), module.name().c_str(), err);
    for (const auto &[key, value] : all) {
        if (status == CKL_OK)
            status = ckl_model_add_attribute(model, key.c_str(), value.c_str(), err);
    }
    return status;
}

ckl_status failed(const char *why, ckl_error *err)
{
    if (err != nullptr && err->message[0] == '\0')
        std::strncpy(err->message, why, sizeof err->message - 1);
    return CKL_INVALID;
}

struct trained {
    std::shared_ptr<torch::nn::Module> module;

    // Nothing is thrown through the library, which is C.
    static ckl_status describe(void *context, ckl_model **out, ckl_error *err)
    {
        const torch::nn::Module &whole = *static_cast<trained *>(context)->module;
        ckl_model *model = nullptr;
        ckl_status status = CKL_OK;
        try {
            status = ckl_model_new(&model, whole.name().c_str(), err);
            for (const auto &each : whole.named_modules("", false)) {
                if (status == CKL_OK)
                    status = add_module(model, each.key(), *each.value(), err);
            }
        } catch (const std::exception &problem) {
            status = failed(problem.what(), err);
        }
        if (status == CKL_OK)
            *out = model;
        else
            ckl_model_free(model);
        return status;
    }
    // Whether the experiment is of this architecture. torch::load does not ask: it puts tensors of
    // other shapes in their places.
    bool is_in(const std::string &experiment)
    {
        ckl_model *model = nullptr;
        ckl_hash_generator *generator = nullptr;
        ckl_hash own{};
        ckl_components differing = 0;
        ckl_error err{};
        ckl_status status = describe(this, &model, &err);
        if (status == CKL_OK)
            status = ckl_hash_generator_new(&generator, &err);
        if (status == CKL_OK)
            status =
                ckl_hash_generator_generate_hash(&own, generator, model, nullptr, nullptr, &err);
        if (status == CKL_OK)
            status = ckl_compare_hashes(&differing, own.text, experiment.c_str(), &err);
        ckl_hash_generator_free(generator);
        ckl_model_free(model);
        if (status != CKL_OK)
            throw std::runtime_error(err.message);
        return (differing & CKL_MODEL) == 0;
    }
    static ckl_status write_weights(void *context, int descriptor, ckl_error *err)
    {
        try {
            std::ostringstream bytes;
            torch::save(static_cast<trained *>(context)->module, bytes);
            return ckl::write_all(descriptor, bytes.str(), err);
        } catch (const std::exception &problem) {
            return failed(problem.what(), err);
        }
    }
};

// ---- training ----

ckl_status read_settings(void *, ckl_config **out, ckl_error *err)
{
    static const char TEXT[] = "{\"optimizer\": {\"name\": \"Adam\", \"lr\": 0.01}}";
    return ckl_config_parse(out, TEXT, sizeof TEXT - 1, CKL_FORMAT_JSON, "settings", nullptr, err);
}

void train(const char *root, std::int64_t steps, std::int64_t hidden)
{
    torch::manual_seed(7);
    torch::set_num_threads(1);
    const auto net = std::make_shared<moons::classifier>(hidden);
    const torch::Tensor input = torch::randn({256, 2});
    const torch::Tensor label = (input.prod(1) > 0).to(torch::kLong);

    ckl_manager *manager = nullptr;
    ckl_system_options options{};
    options.root_log_dir = root;
    options.checkpoint_frequency = FREQUENCY;
    ckl::must([&](ckl_error *err) { return ckl_get_checkpoint_system(&manager, &options, err); });
    trained who{net};
    const ckl_model_source model{trained::describe, trained::write_weights, nullptr, &who};
    const ckl_config_source config{read_settings, nullptr};
    ckl::must([&](ckl_error *err) { return ckl_register_model_source(&model, err); });
    ckl::must([&](ckl_error *err) { return ckl_register_config_source(&config, err); });

    std::int64_t step = 0;
    const ckl::saved last = ckl::last_weights(manager);
    if (last.step >= 0 && !who.is_in(last.experiment)) {
        std::cout << "the weights of step " << last.step << " are of another model\n";
    } else if (last.step >= 0) {
        torch::load(who.module, last.path);
        step = last.step;
        ckl::must([&](ckl_error *err) {
            return ckl_manager_resume_from(manager, last.experiment.c_str(), step, err);
        });
        std::cout << "goes on after step " << step << "\n";
    }

    torch::optim::Adam optimizer(net->parameters(), torch::optim::AdamOptions(0.01));
    double loss = 0;
    for (const std::int64_t end = step + steps; step < end;) {
        optimizer.zero_grad();
        const torch::Tensor error =
            torch::nn::functional::cross_entropy(net->forward(input), label);
        error.backward();
        optimizer.step();
        loss = error.item<double>();
        step++;
        ckl::must([&](ckl_error *err) { return ckl_checkpoint_on_step(step, false, err); });
        ckl::must([&](ckl_error *err) { return ckl_log_metric(step, "loss", loss, err); });
    }
    ckl_close_checkpoint_system();
    std::cout << "step " << step << " loss " << loss << "\n";
}

} // namespace

int main(int count, char **words)
{
    if (count < 3 || count > 4 || std::atoll(words[2]) <= 0) {
        std::cerr << "usage: torch_trainer ROOT STEPS [HIDDEN]\n";
        return 2;
    }
    try {
        train(words[1], std::atoll(words[2]), count == 4 ? std::atoll(words[3]) : 16);
    } catch (const std::exception &problem) {
        std::cerr << "torch_trainer: " << problem.what() << "\n";
        return 1;
    }
    return 0;
}
