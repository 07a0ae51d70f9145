"""Descriptions of real torch modules: every constructor argument shows, and nothing else does."""

import inspect
import unittest

import torch
from support import Case, cl, python
from torch import nn

# type: (arguments, {argument: another value}); `dtype` shows, `device` must not.
HALF = torch.float64
LAYERS = {
    nn.Linear: (dict(in_features=4, out_features=3), dict(
        in_features=5, out_features=6, bias=False, dtype=HALF)),
    nn.Bilinear: (dict(in1_features=2, in2_features=3, out_features=4), dict(
        in1_features=3, in2_features=2, out_features=5, bias=False, dtype=HALF)),
    nn.Conv1d: (dict(in_channels=4, out_channels=4, kernel_size=3), dict(
        in_channels=8, out_channels=8, kernel_size=5, stride=2, padding=1, dilation=2, groups=2,
        bias=False, padding_mode="reflect", dtype=HALF)),
    nn.Conv2d: (dict(in_channels=4, out_channels=4, kernel_size=3), dict(
        in_channels=8, out_channels=8, kernel_size=(3, 5), stride=2, padding="same", dilation=2,
        groups=4, bias=False, padding_mode="circular", dtype=HALF)),
    nn.ConvTranspose2d: (dict(in_channels=4, out_channels=4, kernel_size=3, stride=2), dict(
        in_channels=8, out_channels=8, kernel_size=5, stride=3, padding=1, output_padding=1,
        groups=2, bias=False, dilation=2, dtype=HALF)),
    nn.BatchNorm2d: (dict(num_features=4), dict(
        num_features=5, eps=1e-3, momentum=0.2, affine=False, track_running_stats=False,
        dtype=HALF)),
    nn.InstanceNorm2d: (dict(num_features=4, affine=True), dict(
        num_features=5, eps=1e-3, momentum=0.2, affine=False, track_running_stats=True,
        dtype=HALF)),
    nn.LayerNorm: (dict(normalized_shape=4), dict(
        normalized_shape=(4, 4), eps=1e-3, elementwise_affine=False, bias=False, dtype=HALF)),
    nn.GroupNorm: (dict(num_groups=2, num_channels=4), dict(
        num_groups=4, num_channels=8, eps=1e-3, affine=False, dtype=HALF)),
    nn.Dropout: (dict(p=0.5), dict(p=0.4, inplace=True)),
    nn.Embedding: (dict(num_embeddings=9, embedding_dim=4), dict(
        num_embeddings=8, embedding_dim=5, padding_idx=1, max_norm=2.0, norm_type=1.0,
        scale_grad_by_freq=True, sparse=True, dtype=HALF)),
    nn.EmbeddingBag: (dict(num_embeddings=9, embedding_dim=4), dict(
        num_embeddings=8, embedding_dim=5, max_norm=2.0, norm_type=1.0, scale_grad_by_freq=True,
        mode="sum", sparse=True, include_last_offset=True, padding_idx=1, dtype=HALF)),
    nn.LSTM: (dict(input_size=4, hidden_size=6, num_layers=2), dict(
        input_size=5, hidden_size=7, num_layers=3, bias=False, batch_first=True, dropout=0.25,
        bidirectional=True, proj_size=2, dtype=HALF)),
    nn.GRU: (dict(input_size=4, hidden_size=6, num_layers=2), dict(
        input_size=5, hidden_size=7, num_layers=3, bias=False, batch_first=True, dropout=0.25,
        bidirectional=True, dtype=HALF)),
    nn.RNN: (dict(input_size=4, hidden_size=6, num_layers=2), dict(
        input_size=5, hidden_size=7, num_layers=3, nonlinearity="relu", bias=False,
        batch_first=True, dropout=0.25, bidirectional=True, dtype=HALF)),
    nn.MultiheadAttention: (dict(embed_dim=8, num_heads=2), dict(
        embed_dim=16, num_heads=4, dropout=0.1, bias=False, add_bias_kv=True, add_zero_attn=True,
        kdim=4, vdim=6, batch_first=True, dtype=HALF)),
    nn.TransformerEncoderLayer: (dict(d_model=8, nhead=2), dict(
        d_model=16, nhead=4, dim_feedforward=64, dropout=0.2, activation="gelu",
        layer_norm_eps=1e-3, batch_first=True, norm_first=True, bias=False, dtype=HALF)),
    nn.MaxPool2d: (dict(kernel_size=2), dict(
        kernel_size=3, stride=1, padding=1, dilation=2, return_indices=True, ceil_mode=True)),
    nn.AvgPool2d: (dict(kernel_size=2), dict(
        kernel_size=3, stride=1, padding=1, ceil_mode=True, count_include_pad=False,
        divisor_override=3)),
    nn.AdaptiveAvgPool2d: (dict(output_size=2), dict(output_size=(2, 3))),
    nn.LeakyReLU: (dict(), dict(negative_slope=0.2, inplace=True)),
    nn.ELU: (dict(), dict(alpha=0.5, inplace=True)),
    nn.PReLU: (dict(), dict(num_parameters=3, init=0.5, dtype=HALF)),
    nn.Softmax: (dict(dim=0), dict(dim=1)),
    nn.Upsample: (dict(scale_factor=2, mode="bilinear"), dict(
        size=4, scale_factor=3, mode="nearest", align_corners=True, recompute_scale_factor=True)),
    nn.Flatten: (dict(), dict(start_dim=2, end_dim=-2)),
    nn.Unflatten: (dict(dim=1, unflattened_size=(2, 2)), dict(
        dim=2, unflattened_size=(4, 1))),
    nn.PixelShuffle: (dict(upscale_factor=2), dict(upscale_factor=3)),
    nn.CrossMapLRN2d: (dict(size=2), dict(size=3, alpha=1e-3, beta=0.5, k=2)),
}
# What starts values, not what the model is; PReLU's `init` is its weight's first value.
NOT_ARCHITECTURE = {"device", "_weight", "_freeze", "init"}


def segment(model, description="full"):
    return cl.ExperimentHashGenerator(description).generate_hash(model)[:8]


def arguments_of(kind):
    """What the constructor takes by name, through the base classes when it passes all on."""
    names = {}
    for one in kind.__mro__:
        if one in (nn.Module, object) or "__init__" not in vars(one):
            continue
        parameters = inspect.signature(one.__init__).parameters
        names.update({name: None for name, parameter in parameters.items()
                      if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD,
                                            parameter.KEYWORD_ONLY)})
        if not any(parameter.kind == parameter.VAR_KEYWORD for parameter in parameters.values()):
            break
    refused = {"self"}
    if issubclass(kind, nn.RNNBase):
        refused |= {"mode"} if kind is nn.LSTM else {"mode", "proj_size"}
    return set(names) - refused


class Layers(unittest.TestCase):
    def test_each_constructor_argument_shows(self):
        self.assertGreaterEqual(len(LAYERS), 20)
        shown = 0
        for kind, (arguments, others) in LAYERS.items():
            known = arguments_of(kind)
            missing = known - set(others) - NOT_ARCHITECTURE
            if kind is nn.ConvTranspose2d:
                missing.discard("padding_mode")  # it takes only one
            self.assertEqual(missing, set(), f"{kind.__name__}: not varied")
            before = segment(nn.Sequential(kind(**arguments)))
            self.assertEqual(before, segment(nn.Sequential(kind(**arguments))))
            for name, value in others.items():
                if name not in known or name in NOT_ARCHITECTURE:
                    continue  # a later torch has it
                changed = {**arguments, name: value}
                if kind is nn.Upsample and name == "size":
                    changed["scale_factor"] = None
                with self.subTest(kind=kind.__name__, argument=name):
                    self.assertNotEqual(segment(nn.Sequential(kind(**changed))), before)
                    shown += 1
        print(f"{len(LAYERS)} types, {shown} constructor arguments: each shows")
        self.assertGreater(shown, 120)


class Small(nn.Module):
    """With state of its own that is no architecture, and a setting that no module shows."""

    def __init__(self, width=4, rate=0.1):
        super().__init__()
        self.first = nn.Linear(4, width)
        self.second = nn.Linear(width, 4)
        self.rate = rate
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return self.second(torch.dropout(self.first(x), self.rate, self.training))


class Models(Case):
    def test_what_training_does_shows_nothing(self):
        model = Small()
        before = segment(model)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        model(torch.ones(2, 4)).sum().backward()
        optimizer.step()
        model.eval()
        self.assertEqual(segment(model), before)

    def test_a_setting_of_ones_own_class_shows(self):
        self.assertNotEqual(segment(Small(rate=0.2)), segment(Small()))
        self.assertNotEqual(segment(Small(width=5)), segment(Small()))

    def test_shared_and_separate_weights_differ(self):
        separate, tied, same = Small(), Small(), Small()
        tied.second.weight = tied.first.weight
        same.second = same.first
        self.assertEqual(len({segment(separate), segment(tied), segment(same)}), 3)

    def test_names_parameters_and_buffers_show(self):
        base = nn.Sequential()
        base.add_module("a", nn.ReLU())
        named = nn.Sequential()
        named.add_module("b", nn.ReLU())
        buffered = nn.Sequential()
        buffered.add_module("a", nn.ReLU())
        buffered.register_buffer("mask", torch.ones(2))
        wider = nn.Sequential()
        wider.add_module("a", nn.ReLU())
        wider.register_buffer("mask", torch.ones(3))
        converted = nn.Sequential(nn.Linear(2, 2)).half()
        found = [segment(one) for one in (base, named, buffered, wider, converted,
                                          nn.Sequential(nn.Linear(2, 2)))]
        self.assertEqual(len(set(found)), len(found))

    def test_the_guides_text(self):
        model = nn.Sequential()
        model.add_module("conv", nn.Conv2d(1, 8, 3))
        model.add_module("bn", nn.BatchNorm2d(8))
        model.add_module("fc", nn.Linear(8, 3))
        model.add_module("pool", nn.MaxPool2d(2))
        self.assertEqual(cl.canonical_text(model, description="guide"),
                         "bn:BatchNorm2d_nf8|class:Sequential|conv:Conv2d_in1_out8_k(3, 3)_s(1, 1)|"
                         "fc:Linear_in8_out3|pool:MaxPool2d")
        vector = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
        self.assertEqual(segment(vector, "guide"), "b7235c44")  # P-model-008
        with self.raises(cl.InvalidValueError, "description"):
            segment(vector, "short")

    def test_two_processes_agree(self):
        code = ("import torch.nn as nn, checkpoint_ledger as c\n"
                "m = nn.Sequential(nn.TransformerEncoderLayer(8, 2), nn.LSTM(8, 4, 2),"
                " nn.Embedding(9, 3, max_norm=1.0))\n"
                "print(c.ExperimentHashGenerator().generate_hash(m))")
        told = {python(code, PYTHONHASHSEED=str(seed)).stdout for seed in range(3)}
        self.assertEqual(len(told), 1)
        self.assertRegex(told.pop(), "^[0-9a-f]{8}0{16}\n$")

    def test_an_edit_is_told_apart_in_a_diff(self):
        with cl.CheckpointManagerV2(self.folder) as manager:
            manager.update_experiment_hash(Small())
            manager.update_experiment_hash(Small(width=5))
            names = [entry.name for entry in manager.diff("@~1", "@").model]
        self.assertEqual(names, ["first", "second"])

    def test_no_model(self):
        for value in (7, "net", [nn.ReLU()]):
            with self.raises(cl.InvalidValueError, "a model is"):
                segment(value)


if __name__ == "__main__":
    unittest.main()
