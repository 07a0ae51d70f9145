/* Any two states, and only what differs between them. */
const ROWS_FIRST = 50;

const compared = { a: null, b: null };

function findState(typed) {
  const wanted = typed.trim();
  if (wanted === "") return null;
  const named = states.find((state) => state.name === wanted || state.hash === wanted);
  if (named !== undefined) return named;
  const found = matchingStates(wanted, 2);
  return found.length === 1 && wanted.length >= 4 ? found[0] : null;
}

/* A table that shows its first rows, and more when asked. */
function longTable(id, titles, items, makeRow) {
  const body = make("tbody", null, ...items.slice(0, ROWS_FIRST).map(makeRow));
  const table = make("table", { class: "rows even", id },
    make("thead", null, make("tr", null, ...titles.map((title) => make("th", { scope: "col" }, title)))), body);
  const holder = make("div", { class: "scroll" }, table);
  if (items.length <= ROWS_FIRST) return holder;
  let drawn = ROWS_FIRST;
  const more = make("button", { type: "button", class: "link more" });
  const label = () => { more.textContent = "Show more of the other " + (items.length - drawn).toLocaleString("en"); };
  more.addEventListener("click", () => {
    body.append(...items.slice(drawn, drawn + 1000).map(makeRow));
    drawn = Math.min(items.length, drawn + 1000);
    if (drawn === items.length) more.remove();
    else label();
  });
  label();
  return make("div", null, holder, more);
}

const nothing = () => make("span", { class: "soft" }, "\u2014");

function entryRow(entry) {
  return make("tr", { "data-name": entry.name, "data-change": entry.change, "data-from": entry.from, "data-to": entry.to },
    make("th", { scope: "row" }, code(entry.name)),
    make("td", null, entry.from === null ? nothing() : code(entry.from)),
    make("td", null, entry.to === null ? nothing() : code(entry.to)));
}

function sampleRow(sample) {
  return make("tr", { "data-name": sample.uid, "data-change": sample.change, "data-from": String(sample.from),
    "data-to": String(sample.to), "data-added": JSON.stringify(sample.added), "data-removed": JSON.stringify(sample.removed) },
    make("th", { scope: "row" }, code(sample.uid)),
    make("td", null, sample.change),
    make("td", null, ...sample.added.map((tag) => make("span", { class: "tag plus" }, "+", words(tag))),
      ...sample.removed.map((tag) => make("span", { class: "tag minus" }, "\u2212", words(tag)))));
}

function partCard(part, found) {
  const rows = [found.model, found.config, found.samples][part];
  const differs = found.parts.includes(part);
  const counts = part === 2 ? COUNT_ORDER.filter((name) => found.counts[name] > 0)
    .map((name) => found.counts[name].toLocaleString("en") + " " + name).join(", ")
    : plural(rows.length, "difference");
  const card = make("div", { class: "part-card" + (differs ? "" : " same"), "data-part": PARTS[part] },
    make("div", { class: "heading" }, make("h3", null, smallSign(part), PART_TITLES[part]),
      make("span", { class: "soft" }, differs ? counts : "the same")));
  if (!found.certain[part])
    card.append(make("p", { class: "notice" }, "Part of this was left out of the page to keep it small. The whole answer: ckl diff A B."));
  else if (differs && rows.length === 0)
    card.append(make("p", { class: "soft" }, part === 0 ? "An architecture without description: other bytes."
      : "Only in what is ignored, or in how it is written."));
  if (rows.length > 0)
    card.append(part === 2 ? longTable("compare-data", ["Sample", "What", "Tags"], rows, sampleRow)
      : longTable("compare-" + PARTS[part], [part === 0 ? "Module" : "Path", "A", "B"], rows, entryRow));
  return card;
}

function drawCompared() {
  const result = byId("compare-result");
  const { a, b } = compared;
  if (a === null || b === null) {
    result.replaceChildren(make("p", { class: "soft" }, "Choose A and B above, in the lineage, or from a change of the timeline."));
    result.removeAttribute("data-pair");
    return;
  }
  const found = difference(a.index, b.index);
  const about = (state) => make("div", { class: "about" }, hashOf(state),
    state.name === null ? null : words(state.name, "badge"),
    make("span", { class: "soft" }, state.first === null ? "" : " " + timeText(state.first.at)),
    state.note === null ? null : make("p", { class: "note" }, ...lines(state.note)));
  result.setAttribute("data-pair", a.hash + " " + b.hash);
  result.replaceChildren(make("div", { class: "card" },
    make("div", { class: "sides-about" }, about(a), make("span", { class: "soft", "aria-hidden": "true" }, "\u2192"), about(b)),
    ...[0, 1, 2].map((part) => partCard(part, found))));
}

/* From elsewhere on the page. */
function chooseSide(side, state) {
  compared[side] = state;
  byId("compare-" + side).value = state.hash;
  drawCompared();
}
function chooseCompared(a, b, goThere) {
  chooseSide("a", a);
  chooseSide("b", b);
  if (goThere) byId("compare").scrollIntoView({ block: "start" });
}

function startCompare() {
  for (const side of ["a", "b"]) {
    const input = byId("compare-" + side);
    input.addEventListener("input", () => {
      byId("compare-states").replaceChildren(...matchingStates(input.value, 12).map((state) =>
        make("option", { value: state.hash }, (state.name === null ? "" : visible(state.name) + "  ") +
          (state.first === null ? "" : timeText(state.first.at)))));
      compared[side] = findState(input.value);
      drawCompared();
    });
  }
  byId("compare-swap").addEventListener("click", () => {
    const { a, b } = compared;
    compared.a = b;
    compared.b = a;
    byId("compare-a").value = b === null ? "" : b.hash;
    byId("compare-b").value = a === null ? "" : a.hash;
    drawCompared();
  });
  byId("compare-form").addEventListener("submit", (event) => event.preventDefault());
  const last = shown[shown.length - 1];
  if (last !== undefined && shown[0].state !== last.state) chooseCompared(states[shown[0].state], states[last.state], false);
  else drawCompared();
}
