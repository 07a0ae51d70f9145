/* Samples: how many were discarded and tagged along the timeline, and the life of one of them. */
const STORY_MAX = 500;

/* One line for each run that is shown: what its head had after each change. */
function sampleLines(value) {
  const lines = new Map();
  for (const event of shown) {
    const state = states[event.state];
    if (state.total < 0) continue;
    if (!lines.has(event.run)) lines.set(event.run, []);
    lines.get(event.run).push({ x: places.get(event), y: state[value], state: state.index });
  }
  return [...lines].slice(-LINES_MAX).map(([label, points]) => ({ label, points })).reverse();
}

/* The last value before the view begins still holds there. */
function cutLine(line) {
  const before = line.points.filter((point) => point.x < view.from);
  const inside = line.points.filter((point) => point.x >= view.from && point.x <= view.to);
  const held = before.length > 0 ? [{ ...before[before.length - 1], x: view.from }] : [];
  const points = held.concat(inside);
  if (points.length > 0) points.push({ ...points[points.length - 1], x: view.to });
  return { ...line, points };
}

/* Many points on one pixel are thinned to the least and the most of each bucket. */
function thin(line, most) {
  if (line.points.length <= most) return line;
  const size = Math.ceil(line.points.length * 2 / most);
  const points = [];
  for (let at = 0; at < line.points.length; at += size) {
    const bucket = line.points.slice(at, at + size);
    const least = bucket.reduce((one, other) => (other.y < one.y ? other : one));
    const greatest = bucket.reduce((one, other) => (other.y > one.y ? other : one));
    points.push(...(least.x <= greatest.x ? [least, greatest] : [greatest, least]));
  }
  return { ...line, points };
}

function drawSamples() {
  layOut();
  const chart = (title, value) => {
    const lines = sampleLines(value).map(cutLine).filter((line) => line.points.length > 0);
    if (lines.length === 0) return null;
    const last = lines[0].points[lines[0].points.length - 1];
    return lineChart({
      title,
      note: lines.length > 1 ? plural(lines.length, "run") : "now " + last.y.toLocaleString("en") + " of " +
        states[last.state].total.toLocaleString("en"),
      lines: lines.map((line) => thin(line, 1500)),
      marks: [],
      height: 170,
      log: false,
      range: [view.from, view.to],
      stepped: true,
      xText: axisText,
      xTicks: (low, high, count) => axisTicks(low, high, count).filter((tick) => tick.at >= low && tick.at <= high),
    });
  };
  const charts = [chart("Discarded", "discarded"), chart("Tagged", "tagged")].filter((one) => one !== null);
  if (charts.length === 0) charts.push(make("p", { class: "soft" }, "No data state was recorded."));
  byId("samples-charts").replaceChildren(...charts);
}

/* ---- one sample -------------------------------------------------------------------------------- */

function storyRow(entry) {
  const { event } = entry;
  const tags = [...entry.added.map((tag) => make("span", { class: "tag plus" }, "+", words(tag))),
    ...entry.removed.map((tag) => make("span", { class: "tag minus" }, "\u2212", words(tag)))];
  return make("tr", { "data-seq": event.seq, "data-change": entry.change, "data-added": JSON.stringify(entry.added),
    "data-removed": JSON.stringify(entry.removed), "data-from": String(entry.from), "data-to": String(entry.to),
    "data-actor": event.actor, "data-run": event.run },
    make("td", { class: "nowrap soft" }, timeText(event.at)),
    make("td", null, make("strong", null, entry.change), " ", ...tags),
    make("td", null, event.actor === null ? "\u2014" : words(event.actor)),
    make("td", null, event.reason === null ? make("span", { class: "soft" }, "\u2014") : words(event.reason)),
    make("td", null, words(event.run), hashOf(states[event.state])));
}

function leftOutSamples() {
  return DATA.left_out.data === 0 ? "" : " " + plural(DATA.left_out.data, "row") +
    " of samples were left out of this page: ckl sample UID asks the ledger.";
}

/* A field cannot hold a line break, nor show a mark of direction: such uids are written as they are
 * shown. */
function uidOf(typed) {
  if (samplePlaces().has(typed) || !typed.includes("\\u{")) return typed;
  for (const uid of samplePlaces().keys()) if (visible(uid) === typed) return uid;
  return typed;
}

function showSample(typed) {
  const result = byId("find-result");
  const uid = uidOf(typed);
  const story = uid === "" ? null : biography(uid);
  if (uid === "") {
    result.replaceChildren();
    return;
  }
  if (story === null) {
    const near = matchingSamples(uid, 8);
    result.replaceChildren(make("p", { class: "soft", "data-found": "no" }, "No sample is called ", words(shorten(uid, 80)), ".",
      near.length > 0 ? " Perhaps:" : leftOutSamples()),
      make("p", { class: "suggestions" }, ...near.map((other) => make("button", { type: "button", class: "link",
        click: () => { byId("find-uid").value = visible(other); showSample(other); } }, words(shorten(other, 60))))));
    return;
  }
  const drawn = story.slice(-STORY_MAX);
  result.replaceChildren(make("div", { class: "card" },
    make("h3", { "data-uid": uid }, words(uid)),
    make("p", { class: "soft" }, plural(story.length, "change") + (drawn.length < story.length
      ? ", the last " + drawn.length + " shown" : "") + "." + leftOutSamples()),
    make("div", { class: "scroll" }, make("table", { class: "rows", id: "find-story" },
      make("thead", null, make("tr", null, ...["When", "What", "Who", "Why", "Run and state after"].map((title) =>
        make("th", { scope: "col" }, title)))),
      make("tbody", null, ...drawn.map(storyRow))))));
}

function startSamples() {
  onChange(["run", "axis", "from", "to"], drawSamples);
  drawSamples();
  const input = byId("find-uid");
  input.addEventListener("input", () => {
    byId("find-uids").replaceChildren(...matchingSamples(input.value, 12).map((uid) => make("option", { value: visible(uid) })));
    showSample(input.value);
  });
  byId("find-form").addEventListener("submit", (event) => {
    event.preventDefault();
    showSample(input.value);
  });
}
