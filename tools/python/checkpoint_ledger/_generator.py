"""Hashes without a ledger: the guide's ExperimentHashGenerator."""

import ctypes

from . import _structures as s
from . import _values
from ._library import (Handle, call, component_mask, components, encoded, library, taken_bytes,
                       text)


def compare_hashes(first, second):
    """In which components two hashes differ, as a set of names."""
    mask = ctypes.c_uint()
    call(library.ckl_compare_hashes, ctypes.byref(mask), encoded(first), encoded(second))
    return components(mask.value)


class Inputs:
    """The three components as the library has them; what is None is absent."""

    def __init__(self, model=None, config=None, data_state=None, description="full", pickler=None):
        self.model = (None if model is None
                      else _values.model_handle(model, description, pickler))
        self.config = None if config is None else _values.config_handle(config)
        self.data = None if data_state is None else _values.data_handle(data_state)

    def addresses(self):
        return [handle and handle.address for handle in (self.model, self.config, self.data)]


class ExperimentHashGenerator:
    """Makes experiment hashes: model 8 + config 8 + data 8 characters.

    description: "full" shows every change of a torch module's architecture; "guide" gives the
    guide's text and hash. ignore: JSON Pointers that are left out of configurations.
    """

    def __init__(self, description="full", ignore=()):
        self.description = description
        out = ctypes.c_void_p()
        call(library.ckl_hash_generator_new, ctypes.byref(out))
        self._handle = Handle(out, library.ckl_hash_generator_free, "hash generator")
        for path in [ignore] if isinstance(ignore, str) else ignore:
            self.ignore(path)

    @property
    def address(self):
        return self._handle.address

    def ignore(self, path):
        """Leaves a JSON Pointer out of configurations from here on."""
        call(library.ckl_hash_generator_ignore, self.address, encoded(path))

    def generate_hash(self, model=None, config=None, data_state=None) -> str:
        """The hash of the three; what is None gives the segment 00000000."""
        out = s.ckl_hash()
        inputs = Inputs(model, config, data_state, self.description)
        call(library.ckl_hash_generator_generate_hash, ctypes.byref(out), self.address,
             *inputs.addresses())
        return text(out.text)

    def has_changed(self, model=None, config=None, data_state=None):
        """(whether, in which components) the three differ from the last; then remembers them."""
        changed, mask = ctypes.c_bool(), ctypes.c_uint()
        inputs = Inputs(model, config, data_state, self.description)
        call(library.ckl_hash_generator_has_changed, ctypes.byref(changed), ctypes.byref(mask),
             self.address, *inputs.addresses())
        return changed.value, components(mask.value)

    def get_component_hashes(self) -> dict:
        """The segments of the last hash, by component, and all of them as 'combined'."""
        out = s.ckl_component_hashes()
        call(library.ckl_hash_generator_get_component_hashes, ctypes.byref(out), self.address)
        return {"model": text(out.model), "config": text(out.config), "data": text(out.data),
                "combined": text(out.combined.text)}

    def digest(self, component) -> str:
        """The whole SHA-256 of one component of the last hash."""
        out = ctypes.create_string_buffer(65)
        call(library.ckl_hash_generator_digest, out, self.address, component_mask(component))
        return text(out.value)

    compare_hashes = staticmethod(compare_hashes)

    def close(self):
        """Lets go of it; the last reference does so, too."""
        self._handle.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def canonical_text(model=None, config=None, data_state=None, *, description="full", lines=False,
                   ignored=()):
    """The text that is hashed, of exactly one component: to see why a hash changed."""
    inputs = Inputs(model, config, data_state, description)
    array, count = _values.text_array(ignored)
    options = s.ckl_canonical_options(lines, array, count)
    out, size = ctypes.c_void_p(), ctypes.c_size_t()
    call(library.ckl_canonical_text, ctypes.byref(out), ctypes.byref(size), *inputs.addresses(),
         ctypes.byref(options))
    return taken_bytes(out, size.value).decode("utf-8", "surrogatepass")
