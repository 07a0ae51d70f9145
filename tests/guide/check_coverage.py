#!/usr/bin/env python3
"""Runs the tests of the guide and fails when a line of guide.md that promises something is carried by
no assertion that held.

    check_coverage.py GUIDE NO_PROMISE PROGRAM...

Each program prints "guide: 40-45,247" for an assertion about those lines, after it held.
"""
import re
import subprocess
import sys


def lines_of(text):
    """The numbers that "40-45,247" means."""
    numbers = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        numbers.update(range(int(first), int(last or first) + 1))
    return numbers


def promises(guide, excepted):
    """The numbers of the lines that promise something."""
    found, in_code, in_import = set(), False, False
    for number, line in enumerate(guide.splitlines(), 1):
        text = line.strip()
        if text.startswith("```"):
            in_code = not in_code
            continue
        if in_code and text.startswith("from weightslab"):
            in_import = text.endswith("(")
            continue
        if in_import:
            in_import = text != ")"
            continue
        is_heading = not in_code and re.match(r"#+ ", line)
        only_brackets = re.fullmatch(r"[\])}(\[{,]*", text)
        if not is_heading and not only_brackets and number not in excepted:
            found.add(number)
    return found


def read_exceptions(path):
    excepted = set()
    for line in open(path, encoding="utf-8"):
        if line.strip() and not line.startswith("#"):
            numbers, _, reason = line.rstrip("\n").partition("\t")
            if not reason:
                sys.exit(f"{path}: no reason is given for {numbers}")
            excepted |= lines_of(numbers)
    return excepted


def carried_by(program):
    """The lines that the program's assertions carried."""
    command = ["bash", program] if program.endswith(".sh") else [program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{program} failed:\n{done.stdout}{done.stderr}")
    ranges = re.findall(r"^guide: (\S+)$", done.stdout, re.MULTILINE)
    if not ranges:
        sys.exit(f"{program} carries no line of the guide")
    return set().union(*(lines_of(each) for each in ranges))


def main():
    guide_path, exceptions_path, *programs = sys.argv[1:]
    guide = open(guide_path, encoding="utf-8").read()
    wanted = promises(guide, read_exceptions(exceptions_path))
    carried = set().union(*(carried_by(program) for program in programs))
    text = guide.splitlines()
    missing = sorted(wanted - carried)
    for number in missing:
        print(f"guide.md:{number}: no assertion carries: {text[number - 1].strip()}")
    beyond = sorted(number for number in carried if number > len(text) or not number)
    for number in beyond:
        print(f"an assertion carries line {number}, which the guide does not have")
    print(f"{len(wanted)} lines promise something, {len(wanted) - len(missing)} are carried")
    sys.exit(1 if missing or beyond else 0)


if __name__ == "__main__":
    main()
