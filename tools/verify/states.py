"""Data states: a walk over the tree of edges, with one state in memory.

A sample is held as a small number, its place in the order of uids; what it is in the state as another
one. The canonical text is kept in blocks, and SHA-256 where each of them begins: a state that differs
little from the one before costs the blocks behind its first change.
"""
import hashlib
import struct

from .derived import compare
from .texts import as_bytes, field

BLOCK = 512
ABSENT = 0


class Samples:
    """One data state, which edges change."""

    def __init__(self, db):
        self.uids, self.numbers = [], []
        for uid, number in db.execute("SELECT CAST(uid AS BLOB), id FROM _sample ORDER BY uid, id"):
            self.uids.append(uid)
            self.numbers.append(number)
        self.places = {number: place for place, number in enumerate(self.numbers)}
        self.sets = dict(db.execute("SELECT id, tags FROM _tagset"))
        self.codes = {(None, None): ABSENT}  # discarded and set, as a small number
        self.values = [(None, None)]
        self.sides = [field(-1) + field(b"")]  # in the digest of an edge
        self.ends = [b""]  # in the canonical text
        self.counts = [len(self.uids)]
        self.now = [ABSENT] * len(self.uids)
        self.blocks = [b""] * (len(self.uids) // BLOCK + 1)
        self.starts = [None] * len(self.blocks)
        self.dirty = set(range(len(self.blocks)))

    def code(self, discarded, tagset):
        """None: no sample can be like this."""
        known = self.codes.get((discarded, tagset))
        if known is None and discarded in (0, 1) and tagset in self.sets:
            known = self.codes[discarded, tagset] = len(self.values)
            text = as_bytes(self.sets[tagset])
            self.values.append((discarded, tagset))
            self.sides.append(field(discarded) + field(text))
            self.ends.append(b":d%d:t%s" % (discarded, text))
            self.counts.append(0)
        return known

    def put(self, place, code):
        self.counts[self.now[place]] -= 1
        self.counts[code] += 1
        self.now[place] = code
        self.dirty.add(place // BLOCK)

    def clear(self):
        self.counts = [len(self.now)] + [0] * (len(self.counts) - 1)
        self.now = [ABSENT] * len(self.now)
        self.dirty = set(range(len(self.blocks)))

    def write(self, block):
        """Each record with a bar before it: the first one of the whole text goes without."""
        start, parts = block * BLOCK, []
        for uid, code in zip(self.uids[start:start + BLOCK], self.now[start:start + BLOCK]):
            if code != ABSENT:
                if b"\\" in uid or b"|" in uid:
                    uid = uid.replace(b"\\", b"\\\\").replace(b"|", b"\\|")
                parts += (b"|", uid, self.ends[code])
        self.blocks[block] = b"".join(parts)

    def digest(self):
        for block in self.dirty:
            self.write(block)
        first = min(self.dirty, default=len(self.blocks) - 1)
        self.dirty = set()
        running, begun = self.starts[first] or (hashlib.sha256(), False)
        running = running.copy()
        for block in range(first, len(self.blocks)):
            self.starts[block] = (running.copy(), begun)
            text = self.blocks[block]
            running.update(text if begun else text[1:])
            begun = begun or bool(text)
        return running.digest()

    def totals(self):
        """Samples, discarded ones, tagged ones."""
        present = list(zip(self.values, self.counts))[1:]
        return (sum(count for _, count in present),
                sum(count for (discarded, _), count in present if discarded),
                sum(count for (_, tagset), count in present if tagset != 1))


class Walk:
    """From each root down every edge, and back."""

    def __init__(self, found, db, heads):
        self.found, self.db = found, db
        self.heads = heads  # run by data state
        self.samples = Samples(db)
        self.digests = dict(db.execute("SELECT id, digest FROM _component WHERE kind = 'data'"))
        self.edges, self.first, self.states, self.moved = {}, {}, [], []
        for row in db.execute("SELECT id, from_state, to_state, change_count, digest FROM _data_edge"
                              " ORDER BY id"):
            self.edges.setdefault(row[1], []).append(row)
            self.first.setdefault(row[2], row[0])

    # ---- one edge

    def rows(self, edge):
        return self.db.execute("SELECT sample, old_discarded, old_tagset, new_discarded, new_tagset"
                               " FROM _edge_change WHERE edge = ? ORDER BY sample", (edge,))

    def forward(self, row):
        """Takes an edge. The result: what to put back where it did not begin at the state."""
        edge, _, _, change_count, digest = row
        samples, running, mends, parts, count, astray = self.samples, hashlib.sha256(), [], [], 0, 0
        for sample, old_discarded, old_set, new_discarded, new_set in self.rows(edge):
            count += 1
            place = samples.places.get(sample)
            old = samples.code(old_discarded, old_set)
            new = samples.code(new_discarded, new_set)
            if place is None or old is None or new is None or old == new:
                astray += 1
                continue
            uid = samples.uids[place]
            parts += (struct.pack(">Q", len(uid)), uid, samples.sides[old], samples.sides[new])
            if len(parts) > 8192:
                running.update(b"".join(parts))
                parts = []
            if samples.now[place] != old:
                astray += 1
                mends.append((place, samples.now[place]))
            samples.put(place, new)
        running.update(b"".join(parts))
        if running.digest() != digest or count != change_count:
            self.found.add("content", "_data_edge", edge, f"its rows in _edge_change ({count}), with"
                           " _sample and _tagset, do not give its digest and its change_count")
        if astray:
            self.found.add("content", "_data_edge", edge, f"{astray} of its rows in _edge_change do not"
                           " begin at the state that it comes from, or change nothing")
        return mends

    def back(self, row, mends):
        samples = self.samples
        for sample, old_discarded, old_set, _, _ in self.rows(row[0]):
            place, old = samples.places.get(sample), samples.code(old_discarded, old_set)
            if place is not None and old is not None:
                samples.put(place, old)
        for place, code in reversed(mends):
            samples.put(place, code)

    # ---- one state

    def look(self, row, root, depth, told):
        """The result: whether the state is what was recorded."""
        edge, base, state = row[:3]
        good = self.samples.digest() == self.digests.get(state)
        if not good and not told:
            self.found.add("content", "_component", state, "this data state, made from its edges"
                           " (_data_edge, _edge_change, _sample, _tagset), does not hash to its digest")
        total, discarded, tagged = self.samples.totals()
        self.states.append({"component": state, "edge": edge, "base": base, "root": root, "depth": depth,
                            "total": total, "discarded": discarded, "tagged": tagged})
        for run in self.heads.get(state, ()):
            self.compare_run(run)
        return good

    def compare_run(self, run):
        """What the head of a run differs in from the root, as _run_sample must have it."""
        expected = []
        for place, (now, root) in enumerate(zip(self.samples.now, self.root)):
            if now != root:
                discarded, tagset = self.samples.values[now]
                expected.append({"run": run, "sample": self.samples.numbers[place],
                                 "discarded": discarded, "tagset": tagset})
        compare(self.found, self.db, "_run_sample", expected, f"WHERE run = {run}")

    # ---- all of them

    def tree(self, root):
        """All that hangs on one root; its edge comes from nothing."""
        stack = []
        self.enter(stack, root)
        while stack:
            row, mends, below, good = stack[-1]
            edge = next(below, None)
            if edge is None:
                stack.pop()
                if stack:
                    self.back(row, mends)
            elif self.first[edge[2]] == edge[0]:
                self.enter(stack, edge)
            else:
                self.back(edge, self.attempt(edge, good))
        self.samples.clear()

    def enter(self, stack, row):
        mends = self.forward(row)
        if not stack:
            self.root = list(self.samples.now)
        good = not stack or stack[-1][3]
        root = stack[0][0][2] if stack else row[2]
        good = self.look(row, root, len(stack), not good) and good
        stack.append((row, mends, iter(self.edges.get(row[2], ())), good))

    def attempt(self, row, good):
        """An edge that is no part of the tree must come to its state, too."""
        mends = self.forward(row)
        if good and self.samples.digest() != self.digests.get(row[2]):
            self.found.add("content", "_data_edge", row[0],
                           "does not lead to the data state that it names (_edge_change)")
        return mends


def check_states(found, db, replay):
    heads = {}
    for run, in db.execute("SELECT id FROM _run"):
        state = replay.data.get(replay.runs[run]["head"]) if run in replay.runs else None
        if state is None:
            compare(found, db, "_run_sample", [], f"WHERE run = {run}")
        else:
            heads.setdefault(state, []).append(run)
    walk = Walk(found, db, heads)
    for row in walk.edges.get(None, ()):
        if walk.first[row[2]] == row[0]:
            walk.tree(row)
        else:
            found.add("content", "_data_edge", row[0], "begins a data state that had begun already")
    compare(found, db, "_data_state", walk.states)
    for row in sorted(walk.digests.keys() - {state["component"] for state in walk.states}):
        found.add("content", "_component", row, "no way leads to this data state in _data_edge")
