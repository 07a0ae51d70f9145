#!/usr/bin/env bash
# tools/examples with LibTorch, built with an installed libckl: what named_modules() says is what the
# ledger has, and PyTorch, where it is there, reads the weights. SOURCE, BUILD, VERSION.
source "$(dirname "$0")/lib.sh"
trap 'rm -rf "$work"' EXIT
if [ "$(dpkg-query -W -f='${db:Status-Status}' libtorch-dev 2>/dev/null)" != installed ]; then
    [ "${CKL_WITH_TORCH:-}" != 1 ] || fail "without libtorch-dev"
    echo "SKIP: without libtorch-dev (tools/test.sh --with-torch installs it)"
    exit 77
fi
prefix=$work/prefix
cmake --install "$BUILD" --prefix "$prefix" >"$work/install" || fail "$(cat "$work/install")"
cmake -S "$SOURCE/tools/examples" -B "$work/build" -G Ninja -DWITH_TORCH=ON \
    "-DCMAKE_PREFIX_PATH=$prefix" >"$work/cmake" 2>&1 &&
    cmake --build "$work/build" >>"$work/cmake" 2>&1 || fail "$(tail -n 30 "$work/cmake")"
ckl() { "$prefix/bin/ckl" -C "$work/root" "$@"; }

"$work/build/torch_trainer" "$work/root" 50 >"$work/first"
"$work/build/torch_trainer" "$work/root" 30 >"$work/second"
grep -q '^goes on after step 40$' "$work/second" || fail "it said: $(cat "$work/second")"
loss() { sed -n 's/^step .* loss //p' "$1"; }
awk "BEGIN {exit !($(loss "$work/second") < 0.6)}" || fail "nothing was learnt: $(cat "$work/second")"
ckl cat @ model >"$work/model.json"
python3 - "$work/model.json" <<'PYTHON'
import json, sys
model = json.load(open(sys.argv[1]))
assert model["class"] == "moons::classifier", model["class"]
modules = {module["name"]: module for module in model["modules"]}
assert list(modules) == ["body", "body.0", "body.1", "body.2", "head"], list(modules)
assert modules["body.1"]["type"] == "torch::nn::ReLUImpl"
assert modules["body.2"]["attributes"] == {"p": "0.1", "inplace": "false"}
assert modules["head"]["attributes"]["parameter weight"] == [2, 16], modules["head"]
PYTHON
"$work/build/torch_trainer" "$work/root" 30 32 >"$work/third"
grep -q 'are of another model$' "$work/third" || fail "it said: $(cat "$work/third")"
ckl diff @~1 >"$work/diff"
grep -q '~ body.0 .*out_features16.*->.*out_features32' "$work/diff" || fail "$(cat "$work/diff")"
ckl fsck >/dev/null || fail "the ledger is not sound"

if /usr/bin/python3 -c 'import torch' 2>/dev/null; then
    /usr/bin/python3 - "$work/root/$(ckl path @ --latest | sed "s,^$work/root/,,")" <<'PYTHON'
import sys, torch
weights = {name: tuple(value.shape) for name, value in torch.jit.load(sys.argv[1]).state_dict().items()}
assert weights == {"body.0.weight": (32, 2), "body.0.bias": (32,), "head.weight": (2, 32),
                   "head.bias": (2,)}, weights
PYTHON
else
    echo "PyTorch is not installed: the weights were not read by it"
fi
echo "LibTorch: described, saved, gone on from"
