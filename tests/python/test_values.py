"""Values from Python hash as the vectors say, as json.dumps does, and as the command does.

CKL_VALUES: how many random values (10,000); CKL_COMMANDS: how many of them the command hashes, too.
"""

import argparse
import collections
import concurrent.futures
import dataclasses
import datetime
import enum
import hashlib
import json
import math
import os
import pathlib
import random
import struct
import subprocess
import time
import unittest

from support import CKL, SOURCE, Case, cl, warned

VALUES = int(os.environ.get("CKL_VALUES", "10000"))
COMMANDS = int(os.environ.get("CKL_COMMANDS", "10000"))


def segment(text):
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:8]


def canonical(config):
    return json.dumps(config, sort_keys=True)


class Vectors(unittest.TestCase):
    """tests/golden/hash_vectors.json, with the inputs read by Python's json."""

    LIMITS = {"P-cfg-051", "P-cfg-060", "P-cfg-078"}  # over the limits of what is recorded

    def test_all(self):
        vectors = json.loads((SOURCE / "tests/golden/hash_vectors.json").read_text())
        checked = 0
        for vector in vectors:
            with self.subTest(vector["id"]):
                checked += self.check(vector)
        self.assertGreater(checked, 160)

    def check(self, vector):
        kind = vector["kind"]
        if kind == "compare":
            return self.check_compare(vector)
        if vector["id"] in self.LIMITS or vector.get("error") == "duplicate key":
            return 0  # a dict has no duplicate keys
        if "recipe" in vector:
            value = self.cook(vector["recipe"])
        else:
            value = json.loads(vector["input"])
        generator = cl.ExperimentHashGenerator()
        name = {"config": "config", "data": "data_state", "model": "model"}[kind]
        if vector.get("error") in ("integer outside int64", "not a finite number"):
            with warned() as texts:  # in Python these become text
                generator.generate_hash(**{name: value})
            self.assertTrue(texts)
            return 1
        if "error" in vector:
            with self.assertRaises(cl.InvalidValueError):
                generator.generate_hash(**{name: value})
            return 1
        generator.generate_hash(**{name: value})
        self.assertEqual(generator.digest(kind), vector["sha256"])
        self.assertEqual(generator.get_component_hashes()[kind], vector["segment"])
        return 1

    def check_compare(self, vector):
        if "error" in vector:
            with self.assertRaises(cl.InvalidValueError):
                cl.compare_hashes(vector["a"], vector["b"])
        else:
            self.assertEqual(cl.compare_hashes(vector["a"], vector["b"]), set(vector["changed"]))
        return 1

    @staticmethod
    def cook(recipe):
        uids = [recipe["uid_format"].format(i=i) for i in range(recipe["n"])]
        by_mod = recipe["tags_by_mod"]
        discarded = {uid for i, uid in enumerate(uids)
                     if i % recipe["discard_mod"] == recipe["discard_rem"]}
        tags = {uid: by_mod[i % len(by_mod)] for i, uid in enumerate(uids)}
        if recipe["order"] == "descending":
            uids.reverse()
        return {"uids": uids, "discarded": discarded,
                "tags": {uid: one for uid, one in tags.items() if one}}


ALPHABET = 'abzAZ09 _-./\\"\'\t\n\r\b\f\x01\x1f\x7f:,|éßü\u05d0\u2028日本\uff5e\ud7ff\ue000😀𐍈'


class Maker:
    """Random nested values of Python's and JSON's types."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def text(self):
        return "".join(self.random.choice(ALPHABET) for _ in range(self.random.randrange(9)))

    def real(self):
        while True:
            kind = self.random.randrange(4)
            if kind == 0:
                value = round(self.random.uniform(-10, 10), self.random.randrange(6))
            elif kind == 1:
                value = self.random.choice([0.1, -0.0, 1e16, 1e-5, 5e-324, 1.5e300, 1e22, 3.0])
            else:
                value = struct.unpack("<d", self.random.randbytes(8))[0]
            if math.isfinite(value):
                return value

    def whole(self):
        return self.random.choice([0, 1, -1, 2**63 - 1, -2**63, self.random.randrange(-999, 999),
                                   self.random.getrandbits(62)])

    def value(self, depth):
        kind = self.random.randrange(10 if depth < 4 else 6)
        if kind < 2:
            return self.text()
        if kind < 3:
            return self.real()
        if kind < 4:
            return self.whole()
        if kind < 6:
            return self.random.choice([True, False, None])
        if kind < 8:
            return [self.value(depth + 1) for _ in range(self.random.randrange(4))]
        return self.map(depth + 1)

    def map(self, depth=0):
        return {self.text(): self.value(depth) for _ in range(self.random.randrange(6))}


def as_python(value, choose):
    """The same value with tuples for some lists."""
    if isinstance(value, list):
        kind = tuple if choose.random() < 0.5 else list
        return kind(as_python(one, choose) for one in value)
    if isinstance(value, dict):
        return {key: as_python(one, choose) for key, one in value.items()}
    return value


class RandomValues(Case):
    def test_equal_to_json_dumps_and_to_the_command(self):
        made = [Maker(seed).map() for seed in range(VALUES)]
        generator = cl.ExperimentHashGenerator()
        hashes = []
        for seed, config in enumerate(made):
            found = generator.generate_hash(config=as_python(config, random.Random(seed)))
            self.assertEqual(found[8:16], segment(canonical(config)), (seed, config))
            hashes.append(found)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            told = list(pool.map(self.by_command, range(min(VALUES, COMMANDS)), made))
        for seed, (config, found) in enumerate(zip(made, told)):
            self.assertEqual(found, hashes[seed], (seed, config))

    def by_command(self, seed, config):
        path = pathlib.Path(self.folder, f"{seed % 64}-{seed}.json")
        path.write_text(json.dumps(config, ensure_ascii=seed % 2 == 0), encoding="utf-8")
        done = subprocess.run([CKL, "hash", "--json", "--config", path], capture_output=True,
                              check=True, cwd=self.folder)
        path.unlink()
        return json.loads(done.stdout)["experiment"]


class Colour(enum.IntEnum):
    RED = 7


@dataclasses.dataclass
class Settings:
    lr: float
    layers: tuple


class Conversions(unittest.TestCase):
    """What Python has and JSON lacks."""

    def same(self, first, second, warnings=()):
        generator = cl.ExperimentHashGenerator()
        with warned() as texts:
            found = generator.generate_hash(config=first)
        self.assertEqual(found, generator.generate_hash(config=second))
        self.assertEqual(len(texts), len(warnings), texts)
        for text, wanted in zip(texts, warnings):
            self.assertIn(wanted, text)

    def test_containers(self):
        self.same({"a": (1, 2), "b": {3, 1, 2}, "c": frozenset("ba")},
                  {"a": [1, 2], "b": [1, 2, 3], "c": ["a", "b"]})
        self.same(collections.OrderedDict(b=1, a={"y": 1, "x": [()]}), {"a": {"x": [[]], "y": 1},
                                                                        "b": 1})
        self.same(collections.ChainMap({"a": 1}, {"b": 2}), {"a": 1, "b": 2})

    def test_a_set_is_the_same_in_every_process(self):
        members = {"x", 3, 2.5, None, True, ("a", 1), "é"}
        text = cl.canonical_text(config={"s": members})
        self.assertEqual(text, cl.canonical_text(config={"s": set(sorted(members, key=repr))}))

    def test_keys(self):
        self.same({7: "a", None: "b", True: "c", 2.5: "d"},
                  {"7": "a", "null": "b", "true": "c", "2.5": "d"})
        with self.assertRaisesRegex(cl.InvalidValueError, "two keys have the text '1'"):
            cl.canonical_text(config={1: "a", "1": "b"})

    def test_str_of_what_json_lacks(self):
        self.same({"path": pathlib.PurePosixPath("/a/b"), "day": datetime.date(2024, 5, 6),
                   "z": 1 + 2j, "e": Colour.RED, "b": b"raw"},
                  {"path": "/a/b", "day": "2024-05-06", "z": "(1+2j)", "e": 7, "b": "raw"})

    def test_what_differs_in_every_process_is_said(self):
        with warned() as texts:
            cl.canonical_text(config={"loss": object()})
        self.assertEqual(len(texts), 1)
        self.assertIn("/loss", texts[0])

    def test_numbers_that_json_lacks_become_text_with_a_warning(self):
        self.same({"a": math.inf, "b": [-math.inf], "c": math.nan},
                  {"a": "inf", "b": ["-inf"], "c": "nan"}, ["/a", "/b/0", "/c"])
        self.same({"a": 2**63, "b": -2**63 - 1, "c": 2**63 - 1},
                  {"a": str(2**63), "b": str(-2**63 - 1), "c": 2**63 - 1}, ["/a", "/b"])

    def test_objects_with_attributes(self):
        self.same(argparse.Namespace(lr=0.1), {"lr": 0.1})
        self.same(Settings(0.1, (2, 3)), {"lr": 0.1, "layers": [2, 3]})

    def test_refused(self):
        looped = {}
        looped["self"] = looped
        deep = {}
        for _ in range(300):
            deep = {"d": deep}
        for config, pattern in ((looped, "in itself"), (deep, "128"), ({"a\0": 1}, "NUL"),
                                ({"a": "\ud800"}, "Unicode"), ([1], "dict"), ("text", "dict")):
            with self.subTest(pattern), self.assertRaisesRegex(cl.InvalidValueError, pattern):
                cl.canonical_text(config=config)

    def test_numpy(self):
        try:
            import numpy
        except ImportError:
            self.skipTest("no NumPy")
        self.same({"f": numpy.float64(0.1), "h": numpy.float32(0.5), "i": numpy.int32(7),
                   "u": numpy.uint64(2**63 - 1), "b": numpy.bool_(True), "s": numpy.str_("é"),
                   "a": numpy.arange(4).reshape(2, 2), numpy.int64(3): 1},
                  {"f": 0.1, "h": 0.5, "i": 7, "u": 2**63 - 1, "b": True, "s": "é",
                   "a": [[0, 1], [2, 3]], "3": 1})
        state = {"uids": numpy.array([3, 1, 2]), "discarded": {numpy.int64(1)},
                 "tags": {numpy.int64(3): numpy.array(["x", "y"])}}
        self.assertEqual(cl.canonical_text(data_state=state), "1:d1:t|2:d0:t|3:d0:tx,y")


class DataStates(unittest.TestCase):
    def test_the_guides_form(self):
        state = {"uids": ["sample_001", "sample_002", "sample_003"], "discarded": {"sample_002"},
                 "tags": {"sample_001": ["validated", "augmented"], "sample_003": ["test"]}}
        self.assertEqual(cl.canonical_text(data_state=state, lines=True).splitlines(),
                         ["sample_001:d0:taugmented,validated", "sample_002:d1:t",
                          "sample_003:d0:ttest"])

    def test_forms_of_the_parts(self):
        wanted = cl.canonical_text(data_state={"uids": ["1", "2"], "discarded": ["1"],
                                               "tags": {"2": ["a", "b"]}})
        for state in ({"uids": (1, 2), "discarded": {1}, "tags": {2: {"b", "a"}}},
                      {"uids": range(1, 3), "discarded": frozenset([1]), "tags": {2: ("a", "b")}},
                      {"uids": iter(["2", "1"]), "discarded": iter([1]), "tags": {2: iter("ab")}}):
            self.assertEqual(cl.canonical_text(data_state=state), wanted)
        self.assertEqual(cl.canonical_text(data_state={"uids": ["a"], "discarded": None,
                                                       "tags": None}), "a:d0:t")

    def test_refused(self):
        for state, pattern in (({"uids": ["a", "a"]}, "duplicate uid 'a'"),
                               ({"uids": [""]}, "empty"),
                               ({"uids": [None]}, "uid is text"), ({"tags": {}}, "uids"),
                               ({"uids": ["a"], "tags": {"a": "one"}}, "list of tags"),
                               ({"uids": ["1"], "tags": {1: ["a"], "1": ["b"]}}, "two uids"),
                               ({"uids": "abc"}, "list of uids"), ({"uids": [True]}, "uid is text"),
                               ({"uids": ["a"], "more": 1}, "more")):
            with self.assertRaisesRegex(cl.InvalidValueError, pattern):
                cl.canonical_text(data_state=state)

    def test_a_million_samples(self):
        uids = [f"sample_{i:07d}" for i in range(1_000_000)]
        random.Random(1).shuffle(uids)
        state = {"uids": uids, "discarded": set(uids[::10]),
                 "tags": {uid: ["hard", "seen"] for uid in uids[::20]}}
        begun = time.perf_counter()
        found = cl.ExperimentHashGenerator().generate_hash(data_state=state)
        print(f"a data state of 1,000,000 samples: {time.perf_counter() - begun:.2f} s")
        lines = (f"{uid}:d{int(uid in state['discarded'])}:t{','.join(state['tags'].get(uid, ()))}"
                 for uid in sorted(uids))
        self.assertEqual(found[16:], segment("|".join(lines)))


if __name__ == "__main__":
    unittest.main()
