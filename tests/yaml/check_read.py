"""What the library reads from YAML equals what PyYAML's CSafeLoader reads, over a generated corpus.
Where PyYAML accepts and the library refuses, the reason must be one of the documented ones.
usage: check_read.py DOC_DUMP; CKL_CORPUS: how many documents; CKL_SEED"""
import datetime
import math
import os
import random
import re
import sys
from collections import Counter

from driver import INT64, CSafeLoader, ask, from_json, is_wide, same, yaml

CORE = "tag:yaml.org,2002:"
READ = {CORE + name for name in
        "null bool int float str timestamp seq map set merge value".split()}

# reason: what the message must contain
REASONS = {
    "duplicate": "duplicate key",
    "key": "a key must be text",
    "finite": "not a finite number",
    "int64": "integer outside int64",
    "binary": "'!!binary'",
    "tag": "is not one that is read here",
    "nul": "NUL in text",
    "cycle": "a cycle",
    "merged set": "'<<' needs a mapping",
    "value": "has a meaning of its own",
    "depth": "nesting deeper than 128",
    "number tag": "' is not a",
    "tag of a mapping": "does not fit a mapping",
}


def number_is_odd(node):
    """`!!int` or `!!float` on what Python's int() and float() take but YAML 1.1 has not."""
    if node.tag not in (CORE + "int", CORE + "float"):
        return False
    return CSafeLoader("").resolve(yaml.ScalarNode, node.value, (True, False)) != node.tag


def reasons_of_graph(node, integer_keys, open_nodes, seen, reasons):
    if id(node) in open_nodes:
        reasons.add("cycle")
        return
    if id(node) in seen:
        return
    if not isinstance(node, yaml.ScalarNode):
        seen.add(id(node))
    if node.tag == CORE + "binary":
        reasons.add("binary")
    elif node.tag not in READ:
        reasons.add("tag")
    if isinstance(node, yaml.ScalarNode):
        if number_is_odd(node):
            reasons.add("number tag")
        if node.tag == CORE + "value":
            reasons.add("value")
        if "\0" in node.value:
            reasons.add("nul")
        if node.tag in (CORE + "int", CORE + "float"):  # also where PyYAML leaves the value out
            try:
                normalised(CSafeLoader("").construct_object(node), integer_keys, reasons)
            except (ValueError, IndexError):
                reasons.add("number tag")
        return
    open_nodes = open_nodes | {id(node)}
    if len(open_nodes) > 128:
        reasons.add("depth")
        return
    if isinstance(node, yaml.SequenceNode):
        for member in node.value:
            reasons_of_graph(member, integer_keys, open_nodes, seen, reasons)
        return
    if node.tag not in (CORE + "map", CORE + "set"):
        reasons.add("tag of a mapping")
    keys = Counter()
    for key, value in node.value:
        if key.tag != CORE + "value":
            reasons_of_graph(key, integer_keys, open_nodes, seen, reasons)
        reasons_of_graph(value, integer_keys, open_nodes, seen, reasons)
        if key.tag == CORE + "merge":
            members = value.value if isinstance(value, yaml.SequenceNode) else [value]
            if any(member.tag == CORE + "set" for member in members):
                reasons.add("merged set")
        elif key.tag in (CORE + "str", CORE + "value"):
            keys[key.value] += 1
        elif integer_keys and key.tag == CORE + "int":
            try:
                keys[str(CSafeLoader("").construct_yaml_int(key))] += 1
            except (ValueError, IndexError):
                pass
        else:
            reasons.add("key")
    if any(count > 1 for count in keys.values()):
        reasons.add("duplicate")


def normalised(value, integer_keys, reasons, inside=frozenset()):
    """The value as JSON; what has no place in it goes into `reasons`."""
    if id(value) in inside:
        return None
    if isinstance(value, (dict, list)):
        inside = inside | {id(value)}
    if isinstance(value, (dict, set)):
        pairs = {}
        for key in value:
            normalised(key, integer_keys, reasons)
            if isinstance(key, int) and not isinstance(key, bool) and integer_keys:
                text = str(key)
            elif isinstance(key, str):
                text = key
            else:
                reasons.add("key")
                text = str(key)
            if text in pairs:
                reasons.add("duplicate")
            pairs[text] = None if isinstance(value, set) else normalised(
                value[key], integer_keys, reasons, inside)
        return sorted(pairs) if isinstance(value, set) else pairs
    if isinstance(value, list):
        return [normalised(member, integer_keys, reasons, inside) for member in value]
    if isinstance(value, float) and not math.isfinite(value):
        reasons.add("finite")
    if isinstance(value, int) and not isinstance(value, bool):
        if value not in INT64 and not is_wide(value):
            reasons.add("int64")
    if isinstance(value, (datetime.date, datetime.datetime)):
        return str(value)
    return value


def expected(data, integer_keys):
    """(accepted by PyYAML, the value, reasons to refuse)"""
    reasons = set()
    try:
        value = yaml.load(data, CSafeLoader)
        node = yaml.compose(data, CSafeLoader)
    except RecursionError:
        return True, None, {"cycle", "depth"}
    except Exception:  # PyYAML also lets KeyError, ValueError and the like out
        return False, None, reasons
    if node is not None:
        reasons_of_graph(node, integer_keys, frozenset(), set(), reasons)
    value = normalised(value, integer_keys, reasons)
    return True, value, reasons


# ---- the corpus ----

SCALARS = """~ null Null NULL nUll yes Yes YES no No NO on On ON off Off OFF true True TRUE false False
FALSE y n Y N tRue 0 -0 +0 1 -1 +1 12 012 -012 0o17 08 09 0_7 0_8 0b101 -0b1_0 0b 0b2 0b_ 0x1F 0xfg
-0x_1 0x 1_000 1__0_ _1 1:30 -1:30 1:60 1:5:09 190:20:30 0:30 1:30: 1_0:30 9223372036854775807
9223372036854775808 -9223372036854775808 -9223372036854775809 12345678901234567000
-12345678901234567000 18446744073709551616 0x7fffffffffffffff 0xffffffffffffffff 1e5 1e-5 1E5 1.0e5
1.0e+5 1.5E-3 1.e+5 .5 -.5 +.5 .5e-3 5. 1. 1._5 1_000.5 -1_0.0_1 0.1 0.30000000000000004 1.0e+400
-1.0e+309 1.0e-400 4.9e-324 1:30.5 -1:30.5 1:60.5 190:20:30.15 1:30. 0:1.0 .inf -.inf +.Inf .INF .iNf
.nan .NaN .NAN -.nan . .. ... .e5 ._1 .0_1 2001-01-01 2001-1-1 2001-13-01 2001-02-29 2000-02-29
1900-02-29 0000-01-01 9999-12-31 2001-12-14t21:59:43.10-05:00 2001-12-14T21:59:43.1 2001-1-1T1:00:00
2001-12-15T02:59:43.1Z 2001-12-14T21:59:43+5 2001-12-14T21:59:43-05:30 2001-12-14T21:59:43+24:00
2001-12-14T21:59:43-23:59 2001-12-14T24:00:00 2001-12-14T21:60:00 2001-12-14T21:59:60
2001-12-14T21:59:43.1234567 2001-12-14T21:59:43. 2001-12-14T21:59 2001-12-14T21:59:43+5:0
2001-12-14T21:59:43Zx << = =a <<< a foo bar_baz img-001 a:b :a a/b C:\\x 1a a1 1.2.3 127.0.0.1 1-2
\u00e9 \u65e5\u672c \U0001f600 \u00a0 \ufeffx a\u0085b \u2028""".split()
SPACED = ["2001-12-14 21:59:43.10 -5", "2001-12-14 21:59:43", "2001-12-14\t21:59:43 Z",
          "2001-12-14  21:59:43.5  +02:30", "2001-12-14 21:59:43 +99", "a b", "yes no", "1 2", ""]
ALPHABET = "0123456789_:.-+eExXbo~=<>yntTZ \t#'\"\\,[]{}&*!|%@`?\u00e9\x85\x7f"
TAGS = """!!str !!int !!float !!bool !!null !!seq !!map !!set !!binary !!timestamp !!omap !!pairs !!merge
!!value !!python/none !foo !e!x ! !<tag:yaml.org,2002:int> !<x>""".split()
KEYS = "a b c d e lr name x1 key".split()


class Writer:
    """Writes random documents; most are valid YAML, and say something else than they seem to."""

    def __init__(self, dice):
        self.dice = dice
        self.anchors = []
        self.named = 0

    def chance(self, percent):
        return self.dice.random() * 100 < percent

    def words(self):
        kind = self.dice.random()
        if kind < 0.55:
            return self.dice.choice(SCALARS)
        if kind < 0.65:
            return self.dice.choice(SPACED)
        if kind < 0.85:
            text = list(self.dice.choice(SCALARS + SPACED))
            for _ in range(self.dice.randint(1, 2)):
                at = self.dice.randint(0, len(text))
                text[at:at + self.dice.randint(0, 1)] = self.dice.choice(ALPHABET)
            return "".join(text)
        return "".join(self.dice.choice(ALPHABET) for _ in range(self.dice.randint(1, 6)))

    def scalar(self):
        text = self.words()
        style = self.dice.random()
        if style < 0.7:
            return text.strip() if self.chance(90) else text
        if style < 0.83:
            return "'" + text.replace("'", "''") + "'"
        escapes = ["", "\\n", "\\t", "\\x41", "\\u00e9", "\\U0001F600", "\\N", "\\_", "\\L", "\\/",
                   "\\e", " \n  "]
        if self.chance(4):
            escapes = ["\\0", "\\ud800", "\\q", "\\x", "\\U00110000"]
        return '"' + re.sub(r'(["\\])', r"\\\1", text) + self.dice.choice(escapes) + '"'

    def prefix(self, collection):
        text = ""
        if self.chance(6):
            self.named += 1
            name = f"n{self.named}" if self.chance(97) else "n1"
            self.anchors.append(name)
            text += f"&{name} "
        if self.chance(2 if collection else 5):
            text += self.dice.choice(TAGS) + " "
        return text

    def alias(self):
        return "*" + (self.dice.choice(self.anchors) if self.chance(98) else "nowhere") + " "

    def key(self, index):
        if self.chance(4):
            return self.scalar().replace("\n", "") or "''"
        if self.chance(4):
            return str(self.dice.randint(0, 20))
        if self.anchors and self.chance(1):
            return self.alias()
        name = self.dice.choice(KEYS)
        return name if self.chance(3) else f"{name}{index}"

    def flow(self, depth):
        if self.anchors and self.chance(6):
            return self.alias()
        if depth <= 0 or self.chance(50):
            return self.prefix(False) + self.scalar()
        prefix = self.prefix(True)
        count = self.dice.randint(0, 4)
        if self.chance(50):
            return prefix + "[" + ", ".join(self.flow(depth - 1) for _ in range(count)) + "]"
        pairs = [f"{self.key(at)}: {self.flow(depth - 1)}" for at in range(count)]
        if self.chance(12):
            pairs.insert(self.dice.randint(0, count), self.merge())
        return prefix + "{" + ", ".join(pairs) + "}"

    def merge(self):
        if self.anchors and self.chance(70):
            if self.chance(60):
                return "<<: " + self.alias()
            return "<<: [" + self.alias() + ", " + self.alias() + "]"
        return "<<: " + self.dice.choice(["{a0: 1, z: 2}", "[{a0: 1}, {a0: 2, q: 3}]", "1", "[]",
                                          "[{a: 1}, 2]", "!!set {a0, w}", "{<<: {a1: 3}, y: 0}"])

    def set(self):
        return "!!set {" + ", ".join(self.key(at) for at in range(self.dice.randint(0, 4))) + "}"

    def text_block(self, indent):
        head = self.dice.choice("|>") + self.dice.choice(["", "", "-", "+", "2", "2-"])
        lines = [self.words() for _ in range(self.dice.randint(0, 4))]
        body = "".join("\n" + ((" " * indent + "  " + line) if line else "") for line in lines)
        return head + body

    def value(self, depth, indent):
        """What follows "key:" or "-": on the same line, or on lines of its own."""
        kind = self.dice.random()
        if self.anchors and self.chance(5):
            return " " + self.alias()
        if depth > 0 and kind < 0.4:
            prefix = self.prefix(True)
            return " " + prefix + "\n" + self.block(depth - 1, indent + 2)
        if kind < 0.55:
            return " " + self.flow(depth)
        if kind < 0.6:
            return " " + self.set()
        if kind < 0.68:
            return " " + self.prefix(False) + self.text_block(indent)
        comment = "  # why" if self.chance(8) else ""
        return " " + self.prefix(False) + self.scalar() + comment

    def block(self, depth, indent):
        space = " " * indent
        count = self.dice.randint(1, 5)
        lines = []
        if self.chance(35):
            lines = [f"{space}-{self.value(depth, indent)}" for _ in range(count)]
        else:
            for at in range(count):
                if self.chance(3):
                    lines.append(f"{space}? {self.key(at)}\n{space}:{self.value(depth, indent)}")
                else:
                    lines.append(f"{space}{self.key(at)}:{self.value(depth, indent)}")
            if self.chance(14):
                lines.insert(self.dice.randint(0, count), space + self.merge())
        if self.chance(5):
            lines.insert(0, space + "# a comment")
        return "\n".join(lines)

    def document(self):
        self.anchors, self.named = [], 0
        kind = self.dice.random()
        if kind < 0.25:
            text = "v: " + self.prefix(False) + self.scalar()
        elif kind < 0.5:
            text = self.flow(3)
        else:
            text = self.block(3, 0)
        if self.chance(5):
            text = "---\n" + text
        if self.chance(2):
            text += "\n--- x"
        if self.chance(2):
            text = "%YAML 1." + self.dice.choice("12") + "\n---\n" + text
        if self.chance(2):
            text = "%TAG !e! tag:yaml.org,2002:\n---\n" + text.replace("!foo", "!e!int")
        if self.chance(60):
            text += "\n"
        return self.encoded(text)

    def encoded(self, text):
        form = self.dice.random()
        if form < 0.02:
            return b"\xef\xbb\xbf" + text.encode()
        if form < 0.04:
            return text.encode("utf-16")
        data = text.encode()
        if form < 0.08 and data:
            at = self.dice.randrange(len(data))
            data = data[:at] + bytes([self.dice.randrange(256)]) + data[at + 1:]
        return data


FIXED = [b"", b"\n", b"# only a comment", b"---", b"--- \n...\n", b"a: 1\n---\nb: 2", b"[]", b"{}",
         b"&a [*a]", b"&a {b: *a}", b"*a", b"[&a 1, &a 2]", b"- &x <<\n- *x", b"{=: 1}", b"[=]",
         b"a: =", b"{<<: {a: 1}, <<: {a: 2}}", b"a: {<<: [{b: 1}, {b: 2, c: 3}], c: 4}",
         b"x: &x {a: 1}\ny: {<<: *x, a: 2}\nz: {a: 3, <<: *x}", b"'<<': {a: 1}", b"a: <<",
         b"! 12", b"! '12'", b"! \"12\\n\"", b"! \"yes\\n\"", b"! \"~\\n\"", b"! '*'", b"! '&'",
         b"! [1]", b"! {a: 1}", b"! \"2001-01-01\\n\"", b"!!set {a, b, a}", b"!!set {b, a: 5}",
         b"!!set {1, 2}", b"!!set [a]", b"!!map []", b"!!seq {}", b"!!str {=: a}", b"!!int {=: 3}",
         b"!!float 1", b"!!float 1e5", b"!!float inf", b"!!float 0x10", b"!!int ' 12 '", b"!!int --5",
         b"!!int 1:99", b"!!int ''", b"!!float ''", b"!!bool yEs", b"!!bool 1", b"!!null x",
         b"!!timestamp 2001-1-1", b"!!timestamp x", b"!!str 2001-01-01", b"!!str", b"!!null",
         b"? [a]\n: 1", b"? {a: 1}\n: 1", b"{2001-01-01: 1}", b"{1: a, '1': b}", b"{null: 1}",
         b"{1: a, 2: b}", b"{yes: 1}", b"{1.5: 1}", b"{12345678901234567000: 1}", b"a: b: c",
         b"\ta: 1", b"a: 'x", b"[1, 2", b"{a: 1", b"a: \x00b", b"a: \xff", b"a: \xed\xa0\x80",
         b"a: \x01", b'"\\0"', b'"\\ud83d\\ude00"', b"a: *b", b"!<> x", b"!e!x 1", b"%FOO\n---\na"]


def complaint(word, data, answer):
    accepted, value, reasons = expected(data, word == "keys")
    said, text = answer
    message = text.decode("utf-8", "replace")
    if said == "error":
        if accepted and not any(REASONS[reason] in message for reason in reasons):
            return f"refused: {message}, but PyYAML reads {value!r}"
        if not re.search(r"line \d+, column \d+: ", message):
            return f"no place in: {message}"
        return None
    if not accepted:
        return f"accepted as {message}, but PyYAML refuses it"
    if reasons - {"number tag"}:
        return f"accepted as {message}, in spite of {reasons}"
    return None if same(from_json(text), value) else f"read as {message}, but PyYAML reads {value!r}"


def main():
    count = int(os.environ.get("CKL_CORPUS", "4000"))
    writer = Writer(random.Random(int(os.environ.get("CKL_SEED", "20240611"))))
    documents = [writer.document() for _ in range(count)]
    documents += [scalar.encode() for scalar in SCALARS + SPACED]
    documents += [b"- " + scalar.encode() for scalar in SCALARS + SPACED]
    documents += [b"{" + scalar.encode() + b": 1}" for scalar in SCALARS + SPACED]
    documents += FIXED
    requests = [(word, data) for data in documents for word in ("yaml", "keys")]
    answers = ask(sys.argv[1], requests)
    bad = 0
    for (word, data), answer in zip(requests, answers):
        what = complaint(word, data, answer)
        if what is not None:
            bad += 1
            print(f"{word} {data!r}\n    {what}")
    accepted = sum(answer[0] != "error" for answer in answers)
    print(f"{len(documents)} documents, {len(answers)} readings, {accepted} accepted, {bad} differ")
    if accepted < len(answers) // 3:
        sys.exit("too few documents were accepted for this to say much")
    sys.exit(1 if bad else 0)


main()
