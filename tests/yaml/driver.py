"""Talks to doc_dump: documents in, what the library made of them out."""
import json
import subprocess
import sys

SKIPPED = 77

try:
    import yaml
    from yaml import CSafeLoader, SafeLoader
except ImportError as reason:
    print("skipped: PyYAML with libyaml is missing (python3-yaml):", reason)
    sys.exit(SKIPPED)

INT64 = range(-(2**63), 2**63)


def ask(program, requests):
    """requests: (word, bytes); answers: (word, bytes)."""
    text = b"".join(b"%s %d\n%s" % (word.encode(), len(data), data) for word, data in requests)
    done = subprocess.run([program], input=text, stdout=subprocess.PIPE, check=False)
    answers, rest = [], done.stdout
    while rest:
        head, _, rest = rest.partition(b"\n")
        word, size = head.split()
        answers.append((word.decode(), rest[: int(size)]))
        rest = rest[int(size):]
    if done.returncode != 0 or len(answers) != len(requests):
        at = min(len(answers), len(requests) - 1)
        sys.exit(f"{program} ended with {done.returncode} at document {at}: {requests[at]!r}")
    return answers


def is_wide(number):
    """An integer outside int64 that is accepted: what JavaScript writes for a 17-digit double."""
    if abs(number) >= 10**21 or float(number) in (float("inf"), float("-inf")):
        return False
    digits = repr(abs(float(number)))
    mantissa, _, exponent = digits.partition("e")
    if not exponent:
        return False
    mantissa = mantissa.replace(".", "")
    written = mantissa + "0" * (int(exponent) + 1 - len(mantissa))
    return len(mantissa) == 17 and written == str(abs(number))


def same(left, right):
    """Equal with types, the sign of zero, and the order of members of mappings left aside."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return repr(left) == repr(right) if isinstance(left, float) else left == right


def from_json(text):
    return json.loads(text)
