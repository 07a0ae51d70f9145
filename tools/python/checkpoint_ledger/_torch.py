"""Models as PyTorch has them: descriptions, weights, and what else training needs to go on.

torch is imported only where a torch object is at hand. A description needs named_modules() and no
torch; a file of weights is read by plain torch.load, also with weights_only=True.
"""

import inspect
import pickle
import random
import re
import sys
import types

from . import errors

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def torch_module():
    """torch, if somebody imported it; else None."""
    return sys.modules.get("torch")


# ---- descriptions --------------------------------------------------------------------------------


def describe(model, description="full"):
    """The description of a model, as ckl_model_parse reads it."""
    if not callable(getattr(model, "named_modules", None)):
        raise errors.InvalidValueError(
            f"a model is a torch.nn.Module, a description (a dict) or bytes, not "
            f"{type(model).__name__}")
    if description not in ("full", "guide"):
        raise errors.InvalidValueError(f"no description '{description}'",
                                       "there are 'full' and 'guide'")
    if description == "guide":
        modules = [{"name": name, "type": type(module).__name__, "attributes": _guide(module)}
                   for name, module in model.named_modules() if name]
        return {"class": type(model).__name__, "modules": modules}
    owners = {}
    modules, attributes = [], {}
    for name, module in model.named_modules():
        if name:
            modules.append({"name": name, "type": _type_name(module),
                            "attributes": _attributes(name, module, owners)})
        else:
            attributes = _attributes(name, module, owners)
    return {"class": _type_name(model), "attributes": attributes, "modules": modules}


def _guide(module):
    """What the guide's text says of a module."""
    if hasattr(module, "in_features"):
        return {"in": module.in_features, "out": module.out_features}
    if hasattr(module, "in_channels"):
        return {"in": module.in_channels, "out": module.out_channels,
                "k": _as_list(module.kernel_size), "s": _as_list(module.stride)}
    if hasattr(module, "num_features"):
        return {"nf": module.num_features}
    return {}


def _as_list(value):
    return list(value) if isinstance(value, (tuple, list)) else value


def _type_name(module):
    """The class: torch's own by its name, others with their module, which may have namesakes."""
    kind = type(module)
    if kind.__module__.split(".")[0] in ("torch", "__main__"):
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def _attributes(name, module, owners):
    """Everything that makes the module what it is: settings, parameters, buffers."""
    attributes = {}
    shown = _ADDRESS.sub("", module.extra_repr()) if hasattr(module, "extra_repr") else ""
    if shown:
        attributes["repr="] = shown
    for key in _setting_names(module):
        plain = _plain_setting(getattr(module, key))
        if plain is not None:
            attributes[f"{key}="] = plain
    for group in ("_parameters", "_buffers"):
        for key, tensor in sorted((getattr(module, group, None) or {}).items()):
            full = f"{name}.{key}" if name else key
            attributes[f"{group[1:-1]} {key}="] = _tensor(tensor, full, owners)
    return attributes


def _setting_names(module):
    """The attributes that are architecture and not running state: what a constructor takes by the
    same name, what the class declares constant, and of torch's own modules all that is public."""
    kept = vars(module)
    names = set(getattr(type(module), "__constants__", ()))
    for kind in type(module).__mro__:
        if "__init__" in vars(kind) and kind is not object:
            try:
                names.update(inspect.signature(kind.__init__).parameters)
            except (TypeError, ValueError):
                continue
    if type(module).__module__.startswith("torch.nn."):
        names.update(kept)
    return sorted(key for key in names
                  if key in kept and not key.startswith("_") and key not in ("training", "device"))


def _plain_setting(value):
    """A setting as text that is the same in every process; None when it is none."""
    if isinstance(value, (bool, int, float, str)):
        return repr(value)
    if value is None:
        return "None"
    if isinstance(value, (tuple, list, set, frozenset)):
        members = [_plain_setting(one) for one in value]
        if None in members:
            return None
        ordered = sorted(members) if isinstance(value, (set, frozenset)) else members
        return f"({', '.join(ordered)})"
    if isinstance(value, dict):
        members = {str(key): _plain_setting(one) for key, one in value.items()}
        if None in members.values():
            return None
        return "{" + ", ".join(f"{key}: {one}" for key, one in sorted(members.items())) + "}"
    if inspect.isroutine(value) or inspect.isclass(value):
        return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', '')}"
    if type(value).__module__.split(".")[0] == "torch" and type(value).__name__ in (
            "dtype", "Size", "memory_format", "layout"):
        return str(value)
    return None


def _tensor(tensor, full, owners):
    """Type and shape; a parameter that two modules share says with whom."""
    if tensor is None:
        return "None"
    owner = owners.setdefault(id(tensor), full)
    if owner != full:
        return f"is {owner}"
    kind = str(tensor.dtype).replace("torch.", "")
    return f"{kind}({', '.join(str(size) for size in tensor.shape)})"


# ---- what training needs to go on ----------------------------------------------------------------


def random_state():
    """The state of every random-number generator of this process, in types that load anywhere."""
    state = {"python": random.getstate()}
    numpy = sys.modules.get("numpy")
    if numpy is not None and hasattr(numpy, "random"):
        kind, keys, position, has_gauss, cached = numpy.random.get_state()
        state["numpy"] = (kind, keys.tolist(), int(position), int(has_gauss), float(cached))
    torch = torch_module()
    if torch is not None:
        state["torch"] = torch.get_rng_state()
        if torch.cuda.is_available():
            state["cuda"] = torch.cuda.get_rng_state_all()
    return state


def set_random_state(state):
    """Puts the generators where random_state() found them."""
    version, keys, gauss = state["python"]
    random.setstate((version, tuple(keys), gauss))
    if "numpy" in state:
        import numpy
        kind, keys, *rest = state["numpy"]
        numpy.random.set_state((kind, numpy.array(keys, dtype="uint32"), *rest))
    if "torch" in state:
        import torch
        torch.set_rng_state(state["torch"].cpu())
        if "cuda" in state and torch.cuda.is_available():
            torch.cuda.set_rng_state_all([one.cpu() for one in state["cuda"]])


def training_state(model, optimizer=None, loader=None, extra=None, random_numbers=True):
    """All that a file of weights holds: a dict with "model" and what else was given."""
    state = {"model": model.state_dict()}
    if optimizer is not None:
        state["optimizer"] = _states(optimizer)
    if loader is not None:
        state["loader"] = loader.state_dict()
    if extra is not None:
        state["extra"] = extra
    if random_numbers:
        state["random"] = random_state()
    return state


def _states(keepers):
    """The state of an optimizer, or of several (schedulers, scalers) by name."""
    if isinstance(keepers, dict):
        return {name: one.state_dict() for name, one in keepers.items()}
    return keepers.state_dict()


def check_loader(loader):
    """A loader must be able to say where it is."""
    if loader is not None and not hasattr(loader, "state_dict"):
        raise errors.InvalidValueError(
            f"{type(loader).__name__} has no state_dict(): where it is cannot be saved",
            "wrap it: loader = ResumableLoader(loader)")


def write_state(file, state):
    """Writes it to an open binary file: with torch.save where torch is in use, else as a pickle."""
    torch = torch_module()
    if torch is not None:
        torch.save(state, file)
    else:
        pickle.dump(state, file, protocol=4)


# What files of weights need: tensors and containers, nothing that does anything else.
_HARMLESS = {
    ("collections", "OrderedDict"), ("torch", "Size"), ("torch", "device"),
    ("torch._utils", "_rebuild_tensor"), ("torch._utils", "_rebuild_tensor_v2"),
    ("torch._utils", "_rebuild_parameter"), ("torch._utils", "_rebuild_qtensor"),
}


class _DataUnpickler(pickle.Unpickler):
    """Reads data only: for torch before 2.0, whose weights_only knows no numbers, and for none."""

    def find_class(self, module, name):
        harmless = (module, name) in _HARMLESS or (
            module == "torch" and (name.endswith("Storage") or _is_type(name)))
        if harmless:
            return super().find_class(module, name)
        raise errors.RefusedError(
            f"the file of weights wants to run {module}.{name}",
            "if you trust whoever wrote it: weights_only=False", "CKL_REFUSED")


def _is_type(name):
    torch = torch_module()
    return torch is not None and isinstance(getattr(torch, name, None), torch.dtype)


def _load_legacy(file, **options):
    return _DataUnpickler(file, **options).load()


def read_state(path, map_location=None, weights_only=True):
    """What write_state wrote; with weights_only nothing in the file can run."""
    torch = torch_module()
    if torch is None:
        with open(path, "rb") as file:
            return (_DataUnpickler if weights_only else pickle.Unpickler)(file).load()
    if weights_only and int(torch.__version__.split(".")[0]) < 2:
        reader = types.SimpleNamespace(Unpickler=_DataUnpickler, load=_load_legacy)
        return torch.load(path, map_location=map_location, pickle_module=reader)
    return torch.load(path, map_location=map_location, weights_only=weights_only)


def restore(state, model=None, optimizer=None, loader=None, random_numbers=True):
    """Gives everything back, in the order in which nothing disturbs the random numbers."""
    if model is not None:
        model.load_state_dict(state["model"])
    if optimizer is not None:
        _part(state, "optimizer")
        if isinstance(optimizer, dict):
            for name, one in optimizer.items():
                one.load_state_dict(state["optimizer"][name])
        else:
            optimizer.load_state_dict(state["optimizer"])
    if random_numbers and "random" in state:
        set_random_state(state["random"])
    if loader is not None:
        loader.load_state_dict(_part(state, "loader"))


def _part(state, name):
    if name not in state:
        raise errors.NotFoundError(f"the checkpoint holds no {name}",
                                   f"it was saved without {name}=", "CKL_NOT_FOUND")
    return state[name]


class ResumableLoader:
    """A torch DataLoader that can say where it is, and go on from there.

    Restored in the middle of an epoch it draws that epoch's order again, passes over the batches
    that were trained on, and then puts the random numbers where they were. Samples that it passes
    over are loaded once more.
    """

    def __init__(self, loader):
        self.loader = loader
        self.epoch = 0
        self.batch = 0
        self._start = None
        self._resume = None

    def __len__(self):
        return len(self.loader)

    def __getattr__(self, name):
        if name == "loader":  # not there yet: while it is unpickled or copied
            raise AttributeError(name)
        return getattr(self.loader, name)

    def _generators(self):
        """The loader's own generators, which no global state covers."""
        holders = (self.loader, getattr(self.loader, "sampler", None),
                   getattr(getattr(self.loader, "batch_sampler", None), "sampler", None))
        found = []
        for holder in holders:
            generator = getattr(holder, "generator", None)
            if generator is not None and all(generator is not one for one in found):
                found.append(generator)
        return found

    def _random(self):
        return {"process": random_state(),
                "own": [one.get_state() for one in self._generators()]}

    def _set_random(self, state):
        set_random_state(state["process"])
        for generator, own in zip(self._generators(), state["own"]):
            generator.set_state(own)

    def __iter__(self):
        resume, self._resume = self._resume, None
        if resume is None:
            self.batch = 0
            self._start = self._random()
        else:
            self._set_random(self._start)
        batches = iter(self.loader)
        for _ in range(self.batch if resume else 0):
            next(batches)
        if resume is not None:
            self._set_random(resume)
        return self._batches(batches)

    def _batches(self, batches):
        for batch in batches:
            self.batch += 1
            yield batch
        self.epoch += 1
        self.batch = 0
        self._start = None

    def state_dict(self):
        return {"epoch": self.epoch, "batch": self.batch, "start": self._start,
                "now": self._random()}

    def load_state_dict(self, state):
        self.epoch, self.batch = state["epoch"], state["batch"]
        self._start = state["start"]
        self._resume = state["now"] if self._start is not None else None
        if self._resume is None:
            for generator, own in zip(self._generators(), state["now"]["own"]):
                generator.set_state(own)
