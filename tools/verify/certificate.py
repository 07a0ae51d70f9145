"""Certificates of `ckl exposure`: what they say of each checkpoint is worked out again from the ledger.

A sample is active in a data state that has it, not discarded; of a tag, any sample that has it then.
Weights are exposed when it was active in a state that the run had on the way to them and that was
trained: the checkpoint's own, or one that a value was logged for between the first step and the
checkpoint's. Or when those that they came from were exposed. "unknown" stands between "not exposed" and
"exposed": for a state that nobody trained as far as is known, and where the way is not known.
"""
VERDICTS = ("not exposed", "unknown", "exposed")


class Active:
    """Whether the sample, or any with the tag, is active in a data state."""

    def __init__(self, db, uid, tag):
        self.db, self.known = db, {}
        self.sample = self.sets = None
        if uid is not None:
            row = db.execute("SELECT id FROM _sample WHERE uid = ?", (uid,)).fetchone()
            self.sample = row[0] if row else None
        else:
            self.sets = {number for number, in db.execute(
                "SELECT tagset FROM _tagset_tag JOIN _tag ON _tag.id = tag WHERE _tag.tag = ?", (tag,))}

    def way(self, component):
        """The edges from the root's to the state's own."""
        edges, passed = [], set()
        while component is not None:
            if component in passed:
                raise ValueError(f"data state {component} hangs below itself")
            passed.add(component)
            edge, component = self.db.execute(
                "SELECT edge, base FROM _data_state WHERE component = ?", (component,)).fetchone()
            edges.append(edge)
        return edges[::-1]

    def __call__(self, component):
        if component is None:
            return False
        if component not in self.known:
            now = {}
            for edge in self.way(component):
                rows = self.db.execute(
                    "SELECT sample, new_discarded, new_tagset FROM _edge_change WHERE edge = ?"
                    + ("" if self.sets is not None else " AND sample IS ?"),
                    (edge,) if self.sets is not None else (edge, self.sample))
                for sample, discarded, tagset in rows:
                    now[sample] = discarded == 0 and (self.sets is None or tagset in self.sets)
            self.known[component] = any(now.values())
        return self.known[component]


def judge(db, active, row, before):
    """The verdict of one checkpoint; `before`: that of what it came from, or None."""
    seq, run, experiment, step, first_step, origin = row
    start, = db.execute("SELECT ifnull(max(seq), 0) FROM _event WHERE run = ? AND seq < ? AND kind IN"
                        " ('checkpoint', 'switch', 'run', 'resume')", (run, seq)).fetchone()
    verdict = 0
    for state, data in db.execute(
            "SELECT DISTINCT it.id, it.data FROM _event JOIN _experiment AS it ON it.id = experiment"
            " WHERE run = ? AND seq BETWEEN ? AND ?", (run, start, seq)).fetchall():
        if not active(data):
            continue
        trained = state == experiment or db.execute(
            "SELECT 1 FROM _metric WHERE experiment = ? AND run = ? AND step BETWEEN ? AND ?",
            (state, run, first_step or 0, step)).fetchone() is not None
        verdict = max(verdict, 2 if trained else 1)
    if before is not None:
        verdict = max(verdict, before)
    elif origin != "start" and verdict == 0:
        verdict = 1
    return verdict


def check(found, db, certificate):
    """Compares each line with the ledger as it was when the certificate was made."""
    last = certificate["receipt"]["seq"]
    active = Active(db, certificate.get("uid"), certificate.get("tag"))
    told = {line["seq"]: line for line in certificate["checkpoints"]}
    verdicts = {}
    for number, seq, path, sha256, come_from, *row in db.execute(
            "SELECT id, event, path, lower(hex(sha256)), from_checkpoint, event, run, experiment, step,"
            " first_step, origin FROM _checkpoint WHERE event <= ? ORDER BY id", (last,)).fetchall():
        verdicts[number] = judge(db, active, row, verdicts.get(come_from))
        line = told.pop(seq, None)
        if line is None:
            found.add("certificate", "certificate", seq, f"does not speak of {path}")
        elif (line["path"], line["sha256"]) != (path, sha256):
            found.add("certificate", "certificate", seq, f"names other weights than {path}")
        elif line["verdict"] != VERDICTS[verdicts[number]]:
            found.add("certificate", "certificate", seq,
                      f"says '{line['verdict']}' of {path}: it is {VERDICTS[verdicts[number]]}")
    for seq in told:
        found.add("certificate", "certificate", seq, "speaks of weights that were never saved")
