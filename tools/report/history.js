/* What the page knows: texts, states, events, and for each component a tree of contents in which
 * each node has only what differs from the node above it. No drawing here. */
const DATA = JSON.parse(document.getElementById("history").textContent);
const TEXTS = DATA.texts;
const PARTS = ["model", "config", "data"];
const PART_TITLES = ["Model", "Config", "Data"];
const textOf = (index) => (index < 0 ? null : TEXTS[index]);

const states = DATA.states.map((row, index) => ({
  index,
  hash: row[0],
  nodes: [row[1], row[2], row[3]],
  dumped: row[4] !== 0,
  checkpoints: row[5],
  total: row[6],
  discarded: row[7],
  tagged: row[8],
  name: textOf(row[9]),
  note: textOf(row[10]),
  first: null, // the event that made it
  parent: null,
}));

const events = DATA.events.map((row, index) => ({
  index,
  seq: row[0],
  at: row[1],
  run: textOf(row[2]),
  kind: textOf(row[3]),
  state: row[4],
  from: row[5],
  superseded: row[6] !== 0,
  actor: textOf(row[7]),
  reason: textOf(row[8]),
  step: row[9],
  parts: [],
}));

const runs = DATA.runs.map((row) => ({
  name: textOf(row[0]),
  head: row[1],
  pending: PARTS.filter((_part, bit) => row[2] & (1 << bit)),
}));

/* In which components two states (-1: nothing) differ. */
function changedParts(from, to) {
  const before = from < 0 ? [-1, -1, -1] : states[from].nodes;
  const after = to < 0 ? [-1, -1, -1] : states[to].nodes;
  return [0, 1, 2].filter((part) => before[part] !== after[part]);
}

for (const event of events) {
  if (event.state < 0) continue;
  const state = states[event.state];
  if (event.state !== event.from) event.parts = changedParts(event.from, event.state);
  if (state.first !== null) continue;
  state.first = event;
  if (event.from >= 0 && event.from !== event.state && event.kind !== "switch")
    state.parent = states[event.from];
}
const moves = events.filter((event) => event.state >= 0 && event.state !== event.from);

/* ---- contents ---------------------------------------------------------------------------------- */

const NODE_HEAD = 4; // parent, state, rows in the ledger, whether what changes are about is there
const nodeRows = (node) => (node.length - NODE_HEAD) / 3;
const isWhole = (node) => nodeRows(node) === node[2];

/* The nodes from the root to this one. */
function chainOf(tree, index) {
  const chain = [];
  for (let at = index; at >= 0; at = tree[at][0]) chain.push(at);
  return chain.reverse();
}

/* What the last node of a chain has of the names (null: all): name -> [value, flag]. */
function contentOf(tree, chain, names) {
  const content = new Map();
  for (const index of chain) {
    const node = tree[index];
    for (let at = NODE_HEAD; at < node.length; at += 3) {
      if (names !== null && !names.has(node[at])) continue;
      if (node[at + 1] < 0) content.delete(node[at]);
      else content.set(node[at], [node[at + 1], node[at + 2]]);
    }
  }
  return content;
}

/* How many nodes two chains begin with together. */
function commonLength(first, second) {
  let common = 0;
  while (common < first.length && common < second.length && first[common] === second[common])
    common++;
  return common;
}

function namesOf(tree, indexes) {
  const names = new Set();
  for (const index of indexes)
    for (let at = NODE_HEAD; at < tree[index].length; at += 3) names.add(tree[index][at]);
  return names;
}

/* Whether the page has all that a comparison needs: everything on the way between the two, and for
 * each name that is touched there what it was before. */
function isCertain(tree, chains, common, names) {
  const lacks = (index, at) => !isWhole(tree[index]) && !(at === 0 && names !== null && tree[index][3]);
  if (names === null) return !chains.some((chain) => chain.some(lacks));
  if (chains.some((chain) => chain.some((index, at) => at >= common && lacks(index, at)))) return false;
  const shared = chains[0].slice(0, common);
  const last = shared.reduce((found, index, at) => (lacks(index, at) ? at : found), -1);
  if (last < 0) return true;
  const known = namesOf(tree, shared.slice(last + 1));
  return [...names].every((name) => known.has(name));
}

/* By code point, as the ledger sorts. */
function compareTexts(first, second) {
  const one = Array.from(first);
  const other = Array.from(second);
  for (let at = 0; at < one.length && at < other.length; at++)
    if (one[at] !== other[at]) return one[at].codePointAt(0) - other[at].codePointAt(0);
  return one.length - other.length;
}

/* Every name that two states have differently: [{name, from, to}], from and to [value, flag] or
 * null; `certain` is false when the page lacks something that may matter. */
function rawDifference(part, from, to) {
  const tree = DATA[PARTS[part]];
  const sides = [from, to].map((state) => (state < 0 ? -1 : states[state].nodes[part]));
  if (sides[0] === sides[1]) return { rows: [], certain: true };
  const chains = sides.map((side) => chainOf(tree, side));
  const common = commonLength(chains[0], chains[1]);
  const names = common === 0 ? null
    : namesOf(tree, [...chains[0].slice(common), ...chains[1].slice(common)]);
  const contents = chains.map((chain) => contentOf(tree, chain, names));
  const certain = isCertain(tree, chains, common, names);
  const rows = [];
  for (const name of new Set([...contents[0].keys(), ...contents[1].keys()])) {
    const one = contents[0].get(name) || null;
    const other = contents[1].get(name) || null;
    if (one && other && one[0] === other[0] && one[1] === other[1]) continue;
    rows.push({ name: TEXTS[name], from: one, to: other });
  }
  rows.sort((one, other) => compareTexts(one.name, other.name));
  return { rows, certain };
}

const changeOf = (row) => (row.from === null ? "added" : row.to === null ? "removed" : "changed");

function describeEntry(row) {
  return {
    name: row.name,
    change: changeOf(row),
    from: row.from && TEXTS[row.from[0]],
    to: row.to && TEXTS[row.to[0]],
  };
}

/* Ignored values do not count unless they counted on one side; and a value that did not change is
 * no difference when only whether it counts changed. */
function countsAsConfig(row) {
  if (row.to === null) return row.from[1] === 0;
  if (row.from !== null && row.from[0] === row.to[0]) return false;
  return !(row.to[1] !== 0 && (row.from === null || row.from[1] !== 0));
}

/* Tags as they are stored: sorted, joined by commas, with a backslash before \ | , and : */
function splitTags(text) {
  const tags = [];
  let tag = "";
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\\" && at + 1 < text.length) tag += text[++at];
    else if (text[at] === ",") {
      tags.push(tag);
      tag = "";
    } else tag += text[at];
  }
  if (text.length > 0) tags.push(tag);
  return tags;
}

function describeSample(row) {
  const before = row.from ? splitTags(TEXTS[row.from[0]]) : [];
  const after = row.to ? splitTags(TEXTS[row.to[0]]) : [];
  const sample = {
    uid: row.name,
    from: row.from && row.from[1],
    to: row.to && row.to[1],
    tags: row.to && after,
    added: after.filter((tag) => !before.includes(tag)),
    removed: before.filter((tag) => !after.includes(tag)),
  };
  if (sample.from === null) sample.change = "added";
  else if (sample.to === null) sample.change = "removed";
  else if (sample.from !== sample.to) sample.change = sample.to ? "discarded" : "restored";
  else if (sample.added.length > 0 && sample.removed.length > 0) sample.change = "retagged";
  else sample.change = sample.added.length > 0 ? "tagged" : "untagged";
  return sample;
}

function countSamples(samples) {
  const counts = { added: 0, removed: 0, discarded: 0, restored: 0, tagged: 0, untagged: 0 };
  for (const sample of samples) {
    if (sample.from === null) counts.added++;
    else if (sample.to === null) counts.removed++;
    else {
      if (sample.from < sample.to) counts.discarded++;
      if (sample.from > sample.to) counts.restored++;
      if (sample.added.length > 0) counts.tagged++;
      if (sample.removed.length > 0) counts.untagged++;
    }
  }
  return counts;
}

const differences = new Map(); // the last ones that were asked for

/* What differs between two states; from -1: all of `to`. */
function difference(from, to) {
  const key = from + " " + to;
  if (differences.has(key)) return differences.get(key);
  const model = rawDifference(0, from, to);
  const config = rawDifference(1, from, to);
  const data = rawDifference(2, from, to);
  const samples = data.rows.map(describeSample);
  const found = {
    parts: changedParts(from, to),
    model: model.rows.map(describeEntry),
    config: config.rows.filter(countsAsConfig).map(describeEntry),
    samples,
    counts: countSamples(samples),
    certain: [model.certain, config.certain, data.certain],
  };
  if (differences.size > 200) differences.clear();
  differences.set(key, found);
  return found;
}

/* ---- samples ----------------------------------------------------------------------------------- */

let sampleIndex = null; // uid -> [node, place in it, …]

function samplePlaces() {
  if (sampleIndex !== null) return sampleIndex;
  sampleIndex = new Map();
  DATA.data.forEach((node, index) => {
    for (let at = NODE_HEAD; at < node.length; at += 3) {
      const uid = TEXTS[node[at]];
      if (sampleIndex.has(uid)) sampleIndex.get(uid).push(index, at);
      else sampleIndex.set(uid, [index, at]);
    }
  });
  return sampleIndex;
}

/* What happened to a sample: [{event, …describeSample}], oldest first; null when the page does not
 * have it. A node stands behind the one above it, so one pass knows what each state has. */
function biography(uid) {
  const places = samplePlaces().get(uid);
  if (places === undefined) return null;
  const own = new Map();
  for (let at = 0; at < places.length; at += 2) own.set(places[at], places[at + 1]);
  const values = [];
  DATA.data.forEach((node, index) => {
    if (own.has(index)) {
      const at = own.get(index);
      values.push(node[at + 1] < 0 ? null : [node[at + 1], node[at + 2]]);
    } else values.push(node[0] < 0 ? null : values[node[0]]);
  });
  const valueOf = (state) =>
    state < 0 || states[state].nodes[2] < 0 ? null : values[states[state].nodes[2]];
  const story = [];
  for (const event of moves) {
    const row = { name: uid, from: valueOf(event.from), to: valueOf(event.state) };
    if (row.from === row.to) continue;
    if (row.from && row.to && row.from[0] === row.to[0] && row.from[1] === row.to[1]) continue;
    story.push({ event, ...describeSample(row) });
  }
  return story;
}

/* The first samples whose uid begins with, then those that contain, what was typed. */
function matchingSamples(typed, most) {
  const begin = [];
  const inside = [];
  for (const uid of samplePlaces().keys()) {
    if (uid.startsWith(typed)) begin.push(uid);
    else if (inside.length < most && uid.includes(typed)) inside.push(uid);
    if (begin.length >= most) break;
  }
  return begin.concat(inside).slice(0, most);
}

/* States by the beginning of their hash, or what their name contains. */
function matchingStates(typed, most) {
  const wanted = typed.trim();
  const found = [];
  for (let index = states.length - 1; index >= 0 && found.length < most; index--) {
    const state = states[index];
    if (state.hash.startsWith(wanted) || (state.name !== null && state.name.includes(wanted)))
      found.push(state);
  }
  return found;
}
