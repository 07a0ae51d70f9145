/* The timeline: a lane for each component, a mark for each change, and what is known of the chosen
 * one. Its axis is also that of the charts of samples. */
const LANE = 46;
const GAP = 10; // marks nearer than this become one

/* The changes that are shown, with their place on the whole axis. */
function shownMoves() {
  return moves.filter((event) => isShown(event.run));
}
let shown = [];
let places = new Map(); // event -> 0 to 1

function layOut() {
  shown = shownMoves();
  places = new Map();
  const first = shown.length > 0 ? shown[0].at : 0;
  const last = shown.reduce((most, event) => Math.max(most, event.at), first);
  const least = shown.reduce((most, event) => Math.min(most, event.at), first);
  shown.forEach((event, at) => {
    const byTime = last > least ? (event.at - least) / (last - least) : 0.5;
    const byOrder = shown.length > 1 ? at / (shown.length - 1) : 0.5;
    places.set(event, view.axis === "time" ? byTime : byOrder);
  });
  return { least, last };
}

/* The texts below the axis: [{at: 0 to 1, text}]. */
function axisTicks(from, to, count) {
  if (shown.length === 0) return [];
  if (view.axis === "order") {
    const found = ticks(1 + from * (shown.length - 1), 1 + to * (shown.length - 1), count)
      .filter((value) => Number.isInteger(value) && value >= 1);
    return found.map((value) => ({ at: shown.length > 1 ? (value - 1) / (shown.length - 1) : 0.5,
      text: value.toLocaleString("en") }));
  }
  const { least, last } = layOut();
  const low = least + from * (last - least);
  const high = least + to * (last - least);
  const steps = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 43200, 86400, 172800,
    604800, 2592000, 7776000, 31536000].map((seconds) => seconds * 1000);
  const step = steps.find((one) => (high - low) / one <= count) || steps[steps.length - 1] * 5;
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high; at += step)
    found.push({ at: last > least ? (at - least) / (last - least) : 0.5,
      text: step >= 86400000 ? dayText(at) : clockText(at, step < 60000) });
  return found.length > 0 ? found : [{ at: (from + to) / 2, text: timeText((low + high) / 2) }];
}

const axisText = (place) => {
  const nearestEvent = shown[Math.round(place * (shown.length - 1))];
  if (nearestEvent === undefined) return "";
  return view.axis === "order"
    ? "change " + (Math.round(place * (shown.length - 1)) + 1).toLocaleString("en") + ", " + timeText(nearestEvent.at)
    : timeText(layOut().least + place * (layOut().last - layOut().least));
};

/* ---- drawing ----------------------------------------------------------------------------------- */

/* Changes of one lane, those that stand on each other together. */
function binLane(part, x) {
  const marks = shown.filter((event) => event.parts.includes(part))
    .map((event) => ({ x: places.get(event), event }))
    .filter((mark) => mark.x >= view.from - 1e-9 && mark.x <= view.to + 1e-9);
  return binMarks(marks, x, GAP);
}

function drawBin(group, part, bin, y, most) {
  const events = bin.marks.map((mark) => mark.event);
  const chosen = events.includes(view.event);
  const holder = draw("g", { class: "bin" + (chosen ? " chosen" : ""), "data-seq": events[0].seq,
    "data-count": events.length });
  if (events.length === 1)
    holder.append(sign(part, bin.place, y, 11, events[0].kind === "switch"));
  else {
    const height = 10 + (LANE - 18) * Math.sqrt(events.length / most);
    holder.append(draw("rect", { class: "sign on-" + PARTS[part], x: bin.place - 3, width: 6, rx: 3,
      y: y - height / 2, height }));
  }
  if (chosen) holder.append(draw("circle", { class: "ring", cx: bin.place, cy: y, r: 11 }));
  holder.append(draw("rect", { class: "hit", x: bin.place - 8, y: y - LANE / 2, width: 16, height: LANE }));
  holder.addEventListener("pointerenter", (event) => {
    const area = holder.getBoundingClientRect();
    showTip(event.clientX, area.top, events.length === 1 ? eventTip(events[0]) : [
      make("strong", null, plural(events.length, "change")),
      make("span", { class: "soft" }, timeText(events[0].at) + " to " + timeText(events[events.length - 1].at)),
      make("span", { class: "soft" }, "zoom in to see each"),
    ]);
  });
  holder.addEventListener("pointerleave", hideTip);
  holder.addEventListener("click", () => change({ event: events[events.indexOf(view.event) + 1] || events[0] }));
  group.append(holder);
}

function drawTimeline() {
  const stage = byId("timeline-chart");
  const width = stage.clientWidth;
  const narrow = width < 560;
  const left = narrow ? 14 : 84;
  const height = LANE * 3 + 40;
  layOut();
  const x = (place) => left + 12 + (width - left - 26) * (place - view.from) / (view.to - view.from || 1);
  const svg = draw("svg", { width, height, class: "plot lanes", tabindex: 0, role: "group",
    "aria-label": "Timeline: " + plural(shown.length, "change") + ". Arrow keys go from one to the next." });
  [0, 1, 2].forEach((part) => {
    const y = 8 + LANE * part + LANE / 2;
    svg.append(draw("line", { class: "lane on-" + PARTS[part], x1: left, x2: width - 4, y1: y, y2: y }));
    svg.append(narrow
      ? draw("text", { class: "tick", x: 2, y: y - 14 }, PART_TITLES[part])
      : draw("text", { class: "lane-name", x: 24, y: y + 4 }, PART_TITLES[part]));
    if (!narrow) svg.append(sign(part, 9, y, 10));
    const bins = binLane(part, x);
    const most = bins.reduce((greatest, bin) => Math.max(greatest, bin.marks.length), 8);
    for (const bin of bins) drawBin(svg, part, bin, y, most);
  });
  for (const tick of axisTicks(view.from, view.to, Math.max(2, Math.floor(width / (view.axis === "time" ? 130 : 90))))) {
    if (tick.at < view.from - 1e-9 || tick.at > view.to + 1e-9) continue;
    const place = Math.min(Math.max(x(tick.at), left + 10), width - 16);
    svg.append(draw("text", { class: "tick middle", x: place, y: height - 8 }, tick.text));
  }
  if (shown.length === 0)
    svg.append(draw("text", { class: "empty", x: left + 12, y: 20 }, "Nothing was recorded yet."));
  const focused = document.activeElement !== null && stage.contains(document.activeElement);
  const zoom = addZoom(svg, x, width, height);
  stage.replaceChildren(svg);
  svg.append(zoom);
  svg.addEventListener("keydown", timelineKey);
  if (focused) svg.focus({ preventScroll: true });
}

/* ---- zoom -------------------------------------------------------------------------------------- */

function zoomTo(from, to) {
  const least = Math.max(1e-6, 2 / Math.max(2, shown.length));
  const middle = (from + to) / 2;
  const half = Math.max(to - from, least) / 2;
  const low = Math.min(Math.max(0, middle - half), Math.max(0, 1 - 2 * half));
  change({ from: low, to: Math.min(1, low + 2 * half) });
}

/* By the pointer: what is dragged over fills the chart. */
function addZoom(svg, x, width, height) {
  const band = draw("rect", { class: "band", y: 0, height: height - 26, visibility: "hidden" });
  const placeOf = (px) => view.from + (px - x(view.from)) / (x(view.to) - x(view.from)) * (view.to - view.from);
  let start = null;
  svg.addEventListener("pointerdown", (event) => {
    start = event.button === 0 ? event.clientX - svg.getBoundingClientRect().left : null;
  });
  svg.addEventListener("pointermove", (event) => {
    if (start === null) return;
    const now = event.clientX - svg.getBoundingClientRect().left;
    if (Math.abs(now - start) < 6) return;
    band.setAttribute("visibility", "visible");
    band.setAttribute("x", Math.min(start, now));
    band.setAttribute("width", Math.abs(now - start));
  });
  const end = (event) => {
    const from = start;
    start = null;
    band.setAttribute("visibility", "hidden");
    const now = event.clientX - svg.getBoundingClientRect().left;
    if (from === null || Math.abs(now - from) < 6) return;
    hideTip();
    zoomTo(placeOf(Math.min(from, now)), placeOf(Math.max(from, now)));
  };
  svg.addEventListener("pointerup", end);
  svg.addEventListener("pointerleave", () => { start = null; band.setAttribute("visibility", "hidden"); });
  svg.addEventListener("dblclick", () => change({ from: 0, to: 1 }));
  return band;
}

function zoomBy(factor) {
  const chosen = view.event !== null && places.has(view.event) ? places.get(view.event) : null;
  const middle = chosen !== null && chosen >= view.from && chosen <= view.to ? chosen : (view.from + view.to) / 2;
  const half = (view.to - view.from) * factor / 2;
  zoomTo(Math.max(0, middle - half), Math.min(1, middle + half));
}

/* ---- choosing a change ------------------------------------------------------------------------- */

/* Chooses an event, and moves the view there when it is outside. */
function chooseEvent(event) {
  const place = places.get(event);
  const span = view.to - view.from;
  const outside = place !== undefined && (place < view.from || place > view.to);
  const from = outside ? Math.min(Math.max(0, place - span / 2), 1 - span) : view.from;
  change({ event, from, to: from + span });
}

function timelineKey(key) {
  const at = shown.indexOf(view.event);
  const to = { ArrowLeft: at < 0 ? shown.length - 1 : at - 1, ArrowRight: at + 1, Home: 0,
    End: shown.length - 1 }[key.key];
  if (to !== undefined && shown[to] !== undefined) chooseEvent(shown[to]);
  else if (key.key === "+" || key.key === "=") zoomBy(0.5);
  else if (key.key === "-") zoomBy(2);
  else if (key.key === "0") change({ from: 0, to: 1 });
  else if (key.key === "Escape") change({ event: null });
  else return;
  key.preventDefault();
}

/* Who, when, why, what. */
function drawDetail() {
  const card = byId("timeline-detail");
  const event = view.event;
  if (event === null) {
    card.replaceChildren(make("p", { class: "soft" }, "Choose a mark to see who changed what, when and why."));
    return;
  }
  const at = shown.indexOf(event);
  const step = (by, label, sign) => make("button", { type: "button", class: "quiet", "aria-label": label,
    disabled: shown[at + by] === undefined, click: () => chooseEvent(shown[at + by]) }, sign);
  const fact = (name, ...value) => [make("dt", null, name), make("dd", null, ...value)];
  card.replaceChildren(
    make("div", { class: "heading" },
      make("h3", { "data-seq": event.seq }, kindText(event.kind), event.superseded ? make("span", { class: "badge" }, "never dumped") : null),
      make("div", { class: "tools" }, step(-1, "The change before", "\u2190"), step(1, "The next change", "\u2192"),
        make("button", { type: "button", class: "link", disabled: event.from < 0,
          click: () => chooseCompared(states[event.from], states[event.state], true) }, "Compare"))),
    make("dl", { class: "facts-list" },
      ...fact("What", ...summarize(event.from, event.state).map((line) =>
        make("div", { class: "line" }, smallSign(line.part), make("bdi", null, line.text)))),
      ...fact("When", timeText(event.at) + " UTC"),
      ...fact("Who", event.actor === null ? "\u2014" : words(event.actor)),
      ...fact("Why", event.reason === null ? make("span", { class: "soft" }, "no reason was given") : words(event.reason)),
      ...fact("Run", words(event.run), make("span", { class: "soft" }, "  event " + event.seq)),
      ...fact("State", event.from < 0 ? make("span", { class: "soft" }, "nothing") : hashOf(states[event.from]),
        " \u2192 ", hashOf(states[event.state]),
        states[event.state].name === null ? null : make("span", null, "  ", words(states[event.state].name, "badge")))));
}

function startTimeline() {
  const legend = byId("timeline-legend");
  legend.append(...[0, 1, 2].map(partLabel),
    make("span", { class: "part" }, draw("svg", { class: "small-sign", width: 14, height: 14,
      "aria-hidden": "true" }, sign(2, 7, 7, 9, true)), "went back to a known state"),
    make("span", { class: "part" }, draw("svg", { class: "small-sign", width: 14, height: 14,
      "aria-hidden": "true" }, draw("rect", { class: "sign on-text", x: 4, y: 0, width: 6, height: 14, rx: 3 })),
      "several changes"));
  for (const button of byId("axis").querySelectorAll("button"))
    button.addEventListener("click", () => change({ axis: button.dataset.axis, from: 0, to: 1 }));
  for (const button of byId("zoom").querySelectorAll("button"))
    button.addEventListener("click", () => {
      if (button.dataset.zoom === "all") change({ from: 0, to: 1 });
      else zoomBy(button.dataset.zoom === "in" ? 0.5 : 2);
    });
  onChange(["run", "axis", "from", "to", "event"], () => {
    pressOne(byId("axis"), "axis", view.axis);
    drawTimeline();
  });
  onChange(["run", "event"], drawDetail);
  drawDetail();
  whenResized(byId("timeline-chart"), drawTimeline);
}
