"""config.yaml and data_state.yaml read back equal, types included, with both loaders of PyYAML and
with the library itself, for nasty values in every place.
usage: check_emit.py DOC_DUMP; CKL_CORPUS: how many values; CKL_SEED"""
import json
import os
import random
import struct
import sys

from driver import CSafeLoader, SafeLoader, ask, from_json, same, yaml

NASTY = ["1e-05", "1e+16", "yes", "null", "~", "012", "1_000", "=", "<<", "2001-01-01", "0x1F",
         "1:30", "a: b", "a:b", ":a", "a:", "# no", "a #b", "a#b", "'", '"', "''", "'a'", '"a"',
         "a\nb", "\na", "a\n", "\n", "a\n\n b", "\t", "a\tb", "\ta", "a\t", "\U0001f600", "\x7f",
         "\x85", "a\x85b", "\u2028", "a\u2029b", "\ufeff", "a\ufeff", " a", "a ", " ", "  ", "",
         "a  b", "x" * 5000, "word " * 1000, "k" * 127, "k" * 128, "k" * 129, "k" * 1024, "k" * 1025,
         "\u65e5\u672c" * 50, "a\n" * 200, "y", "n", "Y", "N", "on", "OFF", "True", "NULL", ".inf",
         "-.inf", ".nan", "1.0", "-1", "+1", "0", "1.", ".5", "0b1", "0o7", "1e5", "---", "--- a",
         "...", "- a", "-", "? a", "?", "[a]", "{a}", "a, b", "[", "]", "{", "}", ",", "*a", "&a",
         "!a", "!!str a", "%a", "@a", "`a", "|", ">", "|\n a", "\\", "\\n", "a\\", "\r", "a\rb",
         "\r\n", "\x01", "\x1b[0m", "\x80", "\x9f", "\xa0", "\xad", "\u200b", "\u202e", "\ud7ff",
         "\ue000", "\ufffd", "\ufffe", "\uffff", "\U00010000", "\U0010ffff", "e\u0301", "\u05d0",
         "2001-12-14 21:59:43", "2001-12-14T21:59:43Z", "12:30:45", "0.1.2", "127.0.0.1", "/a/b",
         "C:\\x", "cuda:0", "http://x/y?z=1#f", "a=b", "1 2", "a b", "img_001.png", "_x", "None",
         "nan", "inf", "Infinity", "0777", "08", "1_0.5", "<", "=a", "<<<", "a  # b", "a :b",
         "key: |", "\u2028a", "a \u2028 b", "'\n'", "x\n  y", "\n\n", " \n ", "a\n b", "\t\n"]
CHARACTERS = "ab01:#-?,[]{}&*!|>'\"%@`=<~. \t\n\r\\/_\x00"[:-1] + "\x7f\x85\xa0\u2028\ufeff\u65e5\U0001f600"
NUMBERS = [0, -1, 1, 2**63 - 1, -(2**63), 12345678901234567000, 0.0, -0.0, 1.0, 0.1, 1e-05, 1e16,
           -1e-05, 1e22, 5e-324, 1.7976931348623157e308, 1.5e-07, 123456789012345680.0, 1e15, 1e100,
           0.0001, -2.5e-8, 100.0]


def text(dice):
    if dice.random() < 0.5:
        return dice.choice(NASTY)
    return "".join(dice.choice(CHARACTERS) for _ in range(dice.randint(0, 12)))


def value(dice, depth):
    kind = dice.random()
    if depth > 0 and kind < 0.2:
        return [value(dice, depth - 1) for _ in range(dice.randint(0, 12))]
    if depth > 0 and kind < 0.45:
        return {text(dice): value(dice, depth - 1) for _ in range(dice.randint(0, 5))}
    if kind < 0.75:
        return text(dice)
    if kind < 0.85:
        return dice.choice(NUMBERS)
    if kind < 0.95:
        number = struct.unpack("<d", dice.randbytes(8))[0]
        return number if number - number == 0 else dice.randint(-(2**63), 2**63 - 1)
    return dice.choice([None, True, False])


def deep(levels):
    tree = {"v": "yes"}
    for level in range(levels):
        tree = {f"k{level}": tree} if level % 2 else {"l": [tree]}
    return tree


def configs(dice, count):
    yield {}
    yield {"a": {}, "b": [], "c": ""}
    yield {word: word for word in NASTY}
    yield {word: {word: [word, {word: word}]} for word in NASTY}
    yield {"v": NASTY}
    yield {"v": [[word] for word in NASTY]}
    yield {"v": NUMBERS, "w": [[number] for number in NUMBERS]}
    yield {"v": [[], [[]], [{}], [[[1]]], [{"a": [{}]}]]}
    yield deep(80)
    yield {"long": list(range(1000)), "floats": [0.9, 0.999]}
    for _ in range(count):
        yield {text(dice): value(dice, 4) for _ in range(dice.randint(0, 6))}


def states(dice, count):
    def form(uids):
        uids = [uid for uid in dict.fromkeys(uids) if 0 < len(uid.encode()) <= 1024]
        tags = [word for word in NASTY if 0 < len(word.encode()) <= 256]
        return {"uids": uids, "discarded": [uid for uid in uids if dice.random() < 0.3],
                "tags": {uid: dice.sample(tags, dice.choice([1, 2, 3, 8, 9, 30]))
                         for uid in uids if dice.random() < 0.4}}

    yield {"uids": [], "discarded": [], "tags": {}}
    yield {"uids": ["a"], "discarded": ["a"], "tags": {"a": ["hard"]}}
    yield form(NASTY)
    yield form([str(number) for number in range(2000)])
    for _ in range(count):
        yield form([text(dice) for _ in range(dice.randint(0, 20))])


def sorted_state(state):
    return {"uids": sorted(state["uids"]), "discarded": sorted(state["discarded"]),
            "tags": {uid: sorted(tags) for uid, tags in state["tags"].items()}}


def complaint(wanted, answer):
    said, written = answer
    if said != "ok":
        return f"{said}: {written!r}"
    try:
        for loader in (SafeLoader, CSafeLoader):
            found = yaml.load(written, loader)
            if not same(found, wanted):
                return f"{loader.__name__} reads {found!r} from {written!r}"
    except Exception as reason:
        return f"{loader.__name__}: {reason} in {written!r}"
    keys = list(found)
    if keys != sorted(keys) and "uids" not in found:
        return f"keys are not sorted: {keys}"
    if b"\t" in written or any(byte < 32 and byte != 10 for byte in written):
        return f"control characters in {written!r}"
    return None


def main():
    dice = random.Random(int(os.environ.get("CKL_SEED", "20240611")))
    count = int(os.environ.get("CKL_CORPUS", "1500"))
    cases = [("config", tree, tree) for tree in configs(dice, count)]
    cases += [("state", state, sorted_state(state)) for state in states(dice, count // 5)]
    answers = ask(sys.argv[1], [(word, json.dumps(given).encode()) for word, given, _ in cases])
    again = ask(sys.argv[1], [("yaml", written) for _, written in answers])
    shuffled = ask(sys.argv[1], [
        (word, json.dumps(dict(dice.sample(list(given.items()), len(given)))).encode())
        for word, given, _ in cases])
    bad = 0
    for (word, given, wanted), answer, read, other in zip(cases, answers, again, shuffled):
        what = complaint(wanted, answer)
        if what is None and not same(from_json(read[1]) if read[0] == "ok" else read, wanted):
            what = f"the library reads {read!r}"
        if what is None and other != answer:
            what = f"another order of keys gives {other!r}"
        if what is not None:
            bad += 1
            print(f"{word} {given!r}\n    {what}")
    print(f"{len(cases)} values written and read back by two loaders and the library, {bad} differ")
    sys.exit(1 if bad else 0)


main()
