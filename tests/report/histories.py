"""Histories to make pages of: one with names that would run as code, break out of a script or hide
what they are, and one with many states."""
import json
import os
import subprocess

CKL = os.environ["CKL"]

# Each sets window.pwned, or asks the network, where it is taken for markup or for code.
HOSTILE = [
    "</script><script>window.pwned=1</script>",
    "<img src=x onerror=\"window.pwned=1\">",
    "<img src=\"http://127.0.0.1:9/pixel\">",
    "\"><svg onload=window.pwned=1>",
    "'-(window.pwned=1)-'",
    "javascript:window.pwned=1",
    "<!--<script>",
    "&lt;b&gt;&amp;",
    "{{data}}${window.pwned=1}",
    "__proto__",
    "constructor",
    "toString",
    "line\u2028separator\u2029paragraph",
    "right\u202eot\u202c left",
    "zero\u200bwidth\ufeff",
    "tab\tnewline\nbell\x07",
    "back\\slash|pipe,comma:colon",
    "\U0001f9ea\u00e9\u4e2d\u0645\u0631\u062d",
    "  spaces  ",
    "x" * 1000,
]


def ckl(root, *words, given=None, run=None):
    """Calls the command; its JSON. The command must succeed."""
    line = [CKL, "-C", str(root), "--json"] + (["--run", run] if run else []) + list(words)
    done = subprocess.run(line, input=given, capture_output=True, text=True, encoding="utf-8",
                          timeout=120, env={**os.environ, "CKL_PAGER": ""})
    if done.returncode != 0:
        raise AssertionError(f"{line}: {done.returncode}: {done.stderr}")
    return json.loads(done.stdout) if done.stdout.strip() else None


def give(root, run=None, reason="because", **parts):
    """Records components given as Python values."""
    words = ["update", "--reason", reason]
    for name, value in parts.items():
        path = os.path.join(root, f"given_{name}.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(value, file)
        words += [f"--{name}", path]
    return ckl(root, *words, run=run)


def model_of(width, modules=3, extra=()):
    return {"class": HOSTILE[0],
            "modules": [{"name": f"layer_{n}", "type": "Linear",
                         "attributes": {"in": width, "out": n}} for n in range(modules)] +
                       [{"name": name, "type": "Odd", "attributes": {"text": name}}
                        for name in extra]}


def config_of(rate, **more):
    return {"lr": rate, "list": [1, 2, {"deep": rate}], "empty": {},
            "hostile": {name: HOSTILE[0] for name in HOSTILE if "\x07" not in name}, **more}


def hostile_history(root):
    """Several runs, branches, returns, data states with little in common, and odd names."""
    os.makedirs(root, exist_ok=True)
    uids = [f"sample_{n:03}" for n in range(40)] + HOSTILE
    tags = {uids[0]: [HOSTILE[0], "plain"], uids[41]: HOSTILE[:5], uids[50]: [HOSTILE[16]]}
    give(root, model=model_of(4), config=config_of(0.1),
         data={"uids": uids, "discarded": [uids[2], uids[42]], "tags": tags})
    first = ckl(root, "status")["experiment"]
    for name in HOSTILE:
        ckl(root, "discard", "--reason", name, "--", name)
    for name in HOSTILE[:8] + HOSTILE[16:19]:
        ckl(root, "tag", "--reason", name, "--", name, uids[3], uids[4], HOSTILE[1])
    ckl(root, "untag", "--", HOSTILE[16], uids[4])
    ckl(root, "restore", "--", uids[2], HOSTILE[0], HOSTILE[13])
    give(root, config=config_of(0.05), reason=HOSTILE[0])
    give(root, model=model_of(8, 2, HOSTILE[:4]), reason=HOSTILE[3])
    middle = ckl(root, "status")["experiment"]
    ckl(root, "name", middle, "best-one")
    ckl(root, "note", middle, "\n".join(HOSTILE[:6]))
    ckl(root, "dump")
    for step in range(1, 60):
        ckl(root, "metric", "--step", str(step), f"loss={1 / step}", f"{HOSTILE[0]}={step}")
    ckl(root, "metric", "--step", "60", "loss=nan")
    ckl(root, "switch", first)
    give(root, config=config_of(0.2, added=[HOSTILE[1]]))
    for step in range(20, 80):
        ckl(root, "metric", "--step", str(step), f"loss={2 / step}")
    ckl(root, "ignore", "/lr")
    give(root, config=config_of(0.3, added=[HOSTILE[1], 2]))
    ckl(root, "switch", middle)
    ckl(root, "run", "new", "branch.1", "--from", middle)
    ckl(root, "discard", uids[5], uids[6], run="branch.1")
    give(root, data={"uids": [f"new_{n}" for n in range(30)] + uids[:3],
                     "tags": {"new_1": ["fresh"]}}, run="branch.1", reason="other data")
    give(root, config={"alone": True},
         data={"uids": [f"far_{n}" for n in range(25)], "discarded": ["far_3"]}, run="far")
    ckl(root, "tag", "odd", "far_1", "far_2", run="far")
    give(root, data={"uids": uids, "discarded": [uids[2]], "tags": tags}, run="near")
    ckl(root, "restore", uids[2], run="near")
    return uids


def main():
    import sys
    hostile_history(sys.argv[1])


if __name__ == "__main__":
    main()
