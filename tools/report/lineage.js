/* Lineage: every state and where it came from, as a graph of which only what is seen is drawn. */
const ROW = 40;
const COLUMN = 15;
const COLUMNS_MAX = 14;

let rows = []; // {state, column, lines: [[from column, to column], …]} newest first
let columnCount = 1;
let chosenRow = -1;

/* The states of the chosen run and, so that no line ends nowhere, those they came from. */
function shownStates() {
  const wanted = new Set();
  for (const event of events) {
    if (!isShown(event.run) || event.state < 0) continue;
    for (let state = states[event.state]; state !== null && !wanted.has(state); state = state.parent)
      wanted.add(state);
  }
  const order = (state) => (state.first === null ? -1 : state.first.seq);
  return [...wanted].sort((one, other) => order(other) - order(one) || other.index - one.index);
}

/* Each column waits for a state; a state takes the columns that wait for it, and leaves its own to
 * its parent. */
function layOutLineage() {
  const waiting = [];
  rows = shownStates().map((state) => {
    let column = waiting.indexOf(state);
    if (column < 0) column = waiting.indexOf(null);
    if (column < 0) column = waiting.length;
    const lines = [];
    waiting.forEach((other, at) => {
      if (other !== null) lines.push([at, other === state ? column : at, other === state]);
    });
    waiting.forEach((other, at) => { if (other === state) waiting[at] = null; });
    waiting[column] = state.parent;
    while (waiting.length > 0 && waiting[waiting.length - 1] === null) waiting.pop();
    return { state, column, lines, hasParent: state.parent !== null };
  });
  columnCount = Math.min(COLUMNS_MAX, 1 + rows.reduce((most, row) =>
    Math.max(most, row.column, ...row.lines.map((line) => line[0])), 0));
  chosenRow = Math.min(chosenRow, rows.length - 1);
}

const columnPlace = (column) => 12 + Math.min(column, COLUMNS_MAX - 1) * COLUMN;

/* The part of the graph that stands beside row `at`. */
function drawGraph(at) {
  const row = rows[at];
  const svg = draw("svg", { class: "graph", width: 16 + columnCount * COLUMN, height: ROW, "aria-hidden": "true" });
  const middle = ROW / 2;
  for (const [from, to, ends] of row.lines) {
    const x = columnPlace(from);
    const end = columnPlace(to);
    svg.append(draw("path", { class: "branch", d: ends
      ? (x === end ? `M${x} 0V${middle}` : `M${x} 0C${x} ${middle} ${end} 2 ${end} ${middle}`)
      : `M${x} 0V${ROW}` }));
  }
  const x = columnPlace(row.column);
  if (row.hasParent) svg.append(draw("path", { class: "branch", d: `M${x} ${middle}V${ROW}` }));
  const isHead = runs.some((run) => run.head === row.state.index);
  svg.append(draw("circle", { class: "node" + (row.state.dumped ? " dumped" : "") + (isHead ? " head" : ""),
    cx: x, cy: middle, r: isHead ? 6 : 4.5 }));
  return svg;
}

function lineageRow(at) {
  const { state } = rows[at];
  const event = state.first;
  const heads = runs.filter((run) => run.head === state.index && isShown(run.name));
  const choose = (side, label) => make("button", { type: "button", class: "side", tabindex: -1,
    "data-side": side, "aria-label": "Compare as " + label, click: (click) => {
      click.stopPropagation();
      chooseSide(side, state);
    } }, label);
  const row = make("div", { class: "state-row" + (at === chosenRow ? " chosen" : ""), role: "option",
    id: "state-" + state.index, "aria-selected": String(at === chosenRow), "data-hash": state.hash,
    click: () => { chooseRow(at); } },
    drawGraph(at),
    make("span", { class: "state-name" }, hashOf(state),
      state.name === null ? null : words(shorten(state.name, 32), "badge"),
      ...heads.map((run) => make("span", { class: "badge head" }, words(run.name)))),
    make("span", { class: "state-what" }, ...(event === null ? [] :
      event.parts.map((part) => smallSign(part))),
      make("bdi", { class: "soft" }, event === null ? "known before" : summarize(
        state.parent === null ? -1 : state.parent.index, state.index).map((line) => line.text).join(" \u00b7 "))),
    make("span", { class: "state-when soft" }, event === null ? "" : timeText(event.at)),
    make("span", { class: "sides" }, choose("a", "A"), choose("b", "B")));
  row.style.top = at * ROW + "px";
  return row;
}

/* Only the rows that are seen, and a few more, are in the document. */
function drawLineage() {
  const list = byId("lineage-list");
  const first = Math.max(0, Math.floor(list.scrollTop / ROW) - 5);
  const end = Math.min(rows.length, Math.ceil((list.scrollTop + list.clientHeight) / ROW) + 5);
  const space = make("div", { class: "space" });
  space.style.height = rows.length * ROW + "px";
  for (let at = first; at < end; at++) space.append(lineageRow(at));
  if (rows.length === 0) space.append(make("p", { class: "soft" }, "No state was recorded yet."));
  list.replaceChildren(space);
  if (chosenRow >= 0) list.setAttribute("aria-activedescendant", "state-" + rows[chosenRow].state.index);
}

function chooseRow(at) {
  const list = byId("lineage-list");
  chosenRow = at;
  if (at * ROW < list.scrollTop) list.scrollTop = at * ROW;
  if ((at + 1) * ROW > list.scrollTop + list.clientHeight) list.scrollTop = (at + 1) * ROW - list.clientHeight;
  drawLineage();
  const event = rows[at].state.first;
  if (event !== null && places.has(event)) chooseEvent(event);
}

function lineageKey(key) {
  const page = Math.max(1, Math.floor(byId("lineage-list").clientHeight / ROW) - 1);
  const to = { ArrowDown: chosenRow + 1, ArrowUp: chosenRow - 1, Home: 0, End: rows.length - 1,
    PageDown: Math.min(rows.length - 1, chosenRow + page), PageUp: Math.max(0, chosenRow - page) }[key.key];
  if (to !== undefined) {
    if (rows[to] !== undefined) chooseRow(to);
  } else if ((key.key === "a" || key.key === "b") && chosenRow >= 0 && !key.ctrlKey && !key.metaKey)
    chooseSide(key.key, rows[chosenRow].state);
  else return;
  key.preventDefault();
}

function startLineage() {
  const list = byId("lineage-list");
  let waits = false;
  const begin = () => {
    layOutLineage();
    list.style.height = Math.min(rows.length, 11) * ROW + 2 + "px";
    list.scrollTop = 0;
    chosenRow = -1;
    drawLineage();
  };
  list.addEventListener("scroll", () => {
    if (waits) return;
    waits = true;
    requestAnimationFrame(() => { waits = false; drawLineage(); });
  });
  list.addEventListener("keydown", lineageKey);
  onChange(["run"], begin);
  begin();
  whenResized(list, drawLineage);
  window.addEventListener("beforeprint", () => {
    list.style.height = Math.min(rows.length, 40) * ROW + "px";
    drawLineage();
  });
  window.addEventListener("afterprint", begin);
}
