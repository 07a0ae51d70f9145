/* What everything on the page is made with. Text of the ledger reaches the document by textContent
 * and attributes only. */
const byId = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";

/* Control characters, marks of direction and lone surrogates can make a name look like another: they
 * are shown by number. (The joiners that scripts and emoji need stay.) */
const HIDDEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu;
const visible = (text) =>
  text.replace(HIDDEN, (one) => "\\u{" + one.codePointAt(0).toString(16).padStart(4, "0") + "}");

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "click") node.addEventListener("click", value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== null && child !== undefined) node.append(child);
  return node;
}
const make = (tag, attributes, ...children) =>
  fill(document.createElement(tag), attributes, children);
const draw = (tag, attributes, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

/* Words of the ledger: isolated, so that their direction stays theirs. */
const words = (text, kind) => make("bdi", { class: kind || null }, visible(text));
const shorten = (text, most) =>
  Array.from(text).length <= most ? text : Array.from(text).slice(0, most - 1).join("") + "\u2026";
const code = (text) => {
  const node = words(shorten(text, 160), "code");
  if (shorten(text, 160) !== text) node.title = visible(text);
  return node;
};
/* Text of several lines. */
const lines = (text) => text.split("\n").flatMap((line) => [words(line), make("br")]).slice(0, -1);
const plural = (count, one, many) =>
  count.toLocaleString("en") + " " + (count === 1 ? one : many || one + "s");

/* ---- numbers and times ------------------------------------------------------------------------- */

function numberText(value) {
  if (typeof value !== "number") return String(value);
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-4 || size >= 1e7)) return value.toExponential(3);
  if (Number.isInteger(value)) return value.toLocaleString("en");
  return String(Number(value.toPrecision(6)));
}

const two = (number) => String(number).padStart(2, "0");
function dayText(at) {
  const time = new Date(at);
  return time.getUTCFullYear() + "-" + two(time.getUTCMonth() + 1) + "-" + two(time.getUTCDate());
}
function clockText(at, seconds) {
  const time = new Date(at);
  return two(time.getUTCHours()) + ":" + two(time.getUTCMinutes()) +
    (seconds ? ":" + two(time.getUTCSeconds()) : "");
}
const timeText = (at) => dayText(at) + " " + clockText(at, true);

/* ---- states ------------------------------------------------------------------------------------ */

const shortHash = (state) => state.hash.slice(0, 8) + "\u2009" + state.hash.slice(8, 16) + "\u2009" +
  state.hash.slice(16);

/* The hash in its three parts, in the colours of their lanes. */
function hashOf(state) {
  return make("span", { class: "hash", title: state.hash },
    ...PARTS.map((part, index) => {
      const segment = state.hash.slice(index * 8, index * 8 + 8);
      return make("span", { class: "on-" + part }, segment);
    }));
}

/* The sign of a component: square, diamond, disc. Told apart by form as well as by colour. */
function sign(part, x, y, size, hollow) {
  const attributes = { class: "sign on-" + PARTS[part] + (hollow ? " hollow" : "") };
  const half = size / 2;
  if (part === 0)
    return draw("rect", { ...attributes, x: x - half * 0.88, y: y - half * 0.88,
      width: size * 0.88, height: size * 0.88, rx: 1.5 });
  if (part === 1)
    return draw("path", { ...attributes,
      d: `M${x} ${y - half * 1.15}L${x + half * 1.15} ${y}L${x} ${y + half * 1.15}` +
        `L${x - half * 1.15} ${y}Z` });
  return draw("circle", { ...attributes, cx: x, cy: y, r: half });
}
const smallSign = (part) =>
  draw("svg", { class: "small-sign", width: 14, height: 14, viewBox: "0 0 14 14",
    "aria-hidden": "true" }, sign(part, 7, 7, 9));
const partLabel = (part) =>
  make("span", { class: "part" }, smallSign(part), PART_TITLES[part].toLowerCase());

const COUNT_ORDER = ["added", "removed", "discarded", "restored", "tagged", "untagged"];

/* "hidden, output" or "lr 0.05 -> 0.02" or "3 discarded": one text for each component. */
function summarize(from, to) {
  const found = difference(from, to);
  const lines = [];
  for (const part of found.parts) {
    const rows = part === 0 ? found.model : part === 1 ? found.config : found.samples;
    let text = "";
    if (part === 2)
      text = COUNT_ORDER.filter((name) => found.counts[name] > 0)
        .map((name) => found.counts[name].toLocaleString("en") + " " + name).join(", ");
    else if (rows.length > 3 || from < 0)
      text = plural(rows.length, part === 0 ? "module" : "value");
    else
      text = rows.map((row) => part === 0
        ? shorten(visible(row.name), 24)
        : shorten(visible(row.name), 28) + " " +
          (row.from === null ? "" : shorten(visible(row.from), 16) + " ") + "\u2192 " +
          (row.to === null ? "removed" : shorten(visible(row.to), 16))).join(", ");
    if (!found.certain[part]) text = text === "" ? "changed (left out of this page)" : text + ", or more";
    lines.push({ part, text: text === "" ? "changed" : text });
  }
  return lines;
}

const KINDS = {
  update: "Update", discard: "Discard", restore: "Restore", tag: "Tag", untag: "Untag",
  switch: "Switched back", run: "New run", resume: "Resumed", merge: "Merged", import: "Imported",
};
const kindText = (kind) => KINDS[kind] || visible(kind);

/* ---- the tip ----------------------------------------------------------------------------------- */

const tip = byId("tip");
function showTip(x, y, children) {
  tip.replaceChildren(...children);
  tip.hidden = false;
  const width = tip.offsetWidth;
  const height = tip.offsetHeight;
  const left = Math.min(Math.max(8, x + 14), document.documentElement.clientWidth - width - 8);
  const above = y - height - 14;
  tip.style.left = left + "px";
  tip.style.top = (above > 8 ? above : y + 18) + "px";
}
const hideTip = () => { tip.hidden = true; };

function eventTip(event) {
  return [
    make("strong", null, kindText(event.kind)),
    make("span", { class: "soft" }, timeText(event.at)),
    ...summarize(event.from, event.state).map((line) =>
      make("span", { class: "line" }, smallSign(line.part), make("bdi", null, line.text))),
    event.actor === null ? null : make("span", { class: "soft" }, words(event.actor)),
    event.reason === null ? null : make("q", null, words(shorten(event.reason, 120))),
  ].filter((child) => child !== null);
}

/* ---- choosing ---------------------------------------------------------------------------------- */

/* What the page shows now. `listeners` are told when one of them changes. */
const view = { run: null, axis: "order", from: 0, to: 1, scale: "linear", event: null };
const listeners = [];
const onChange = (names, listener) => listeners.push({ names, listener });
function change(values) {
  const changed = Object.keys(values).filter((name) => view[name] !== values[name]);
  Object.assign(view, values);
  for (const { names, listener } of listeners)
    if (names.some((name) => changed.includes(name))) listener();
}
const isShown = (run) => view.run === null || view.run === run;

/* Buttons of which one is pressed. */
function pressOne(group, name, chosen) {
  for (const button of group.querySelectorAll("button"))
    button.setAttribute("aria-pressed", String(button.dataset[name] === chosen));
}

/* Calls `render` now, and again when the width of `node` changes. */
function whenResized(node, render) {
  let width = -1;
  new ResizeObserver(() => {
    if (node.clientWidth === width) return;
    width = node.clientWidth;
    render();
  }).observe(node);
}
