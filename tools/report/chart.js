/* Line charts: calm, with changes as fine marks on them. */

/* Round numbers from low to high, about `count` of them. */
function ticks(low, high, count) {
  const span = high - low;
  if (!(span > 0)) return [low];
  const raw = span / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= raw);
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-9; at += step)
    found.push(Number(at.toPrecision(12)));
  return found;
}

function logTicks(low, high) {
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    if (10 ** power >= low * 0.999 && 10 ** power <= high * 1.001) found.push(10 ** power);
  return found.length >= 2 ? found : ticks(low, high, 3).filter((value) => value > 0);
}

function tickText(value) {
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e6 || size < 1e-3)) return value.toExponential(0).replace("e+", "e");
  return size >= 1e4 ? value / 1000 + "k" : String(value);
}

/* [low, high] of all finite numbers that `pick` finds in the points. */
function extent(lines, pick) {
  let low = Infinity;
  let high = -Infinity;
  for (const line of lines)
    for (const point of line.points) {
      const value = pick(point);
      if (typeof value !== "number") continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  return low <= high ? [low, high] : [0, 1];
}

/* A line is broken where it has no number, and where it begins again further left: a branch. */
function linePaths(points, x, y, stepped) {
  const paths = [];
  let path = "";
  let last = null;
  for (const point of points) {
    if (typeof point.y !== "number" || (last !== null && point.x < last.x)) {
      if (path !== "") paths.push(path);
      path = "";
      last = null;
      if (typeof point.y !== "number") continue;
    }
    const px = x(point.x).toFixed(1);
    const py = y(point.y).toFixed(1);
    path += path === "" ? `M${px} ${py}` : stepped ? `H${px}V${py}` : `L${px} ${py}`;
    last = point;
  }
  if (path !== "") paths.push(path);
  return paths;
}

/* Marks that would stand on each other become one. */
function binMarks(marks, x, least) {
  const bins = [];
  for (const mark of [...marks].sort((one, other) => one.x - other.x)) {
    const place = x(mark.x);
    const last = bins[bins.length - 1];
    if (last !== undefined && place - last.first < least) last.marks.push(mark);
    else bins.push({ first: place, marks: [mark] });
  }
  for (const bin of bins) bin.place = x(bin.marks[0].x);
  return bins;
}

/* The parts that the changes of a bin are about. */
const partsOf = (changes) => [0, 1, 2].filter((part) =>
  changes.some((change) => change.parts.includes(part)));

/* options: title, note, lines [{label, points: [{x, y, state}], stepped}], marks [{x, from, state,
 * parts}], xText(x), xTicks(low, high, count), log, range [low, high] of x or null, height. */
function lineChart(options) {
  const holder = make("figure", { class: "figure" });
  const title = make("figcaption", null, words(options.title, "figure-title"),
    options.note ? make("span", { class: "soft" }, options.note) : null);
  const stage = make("div", { class: "stage" });
  holder.append(title, stage);
  whenResized(stage, () => stage.replaceChildren(plot(options, stage.clientWidth)));
  return holder;
}

function makeScales(options, width) {
  const box = { left: 46, right: width - 10, top: options.marks.length > 0 ? 22 : 10,
    bottom: options.height - 22 };
  const [xLow, xHigh] = options.range || extent(options.lines, (point) => point.x);
  let [yLow, yHigh] = extent(options.lines, (point) => point.y);
  const log = options.log && yLow > 0;
  if (!log && options.stepped) yLow = Math.min(yLow, 0);
  if (yLow === yHigh) [yLow, yHigh] = log ? [yLow / 2, yHigh * 2] : [yLow - (options.stepped ? 0 : 0.5), yHigh + 1];
  const to = (value) => (log ? Math.log10(value) : value);
  if (!log && !options.stepped) {
    const air = (yHigh - yLow) * 0.05;
    [yLow, yHigh] = [yLow >= 0 ? Math.max(0, yLow - air) : yLow - air, yHigh + air];
  }
  const x = (value) => box.left + (box.right - box.left) *
    (xHigh === xLow ? 0.5 : (value - xLow) / (xHigh - xLow));
  const y = (value) => box.bottom - (box.bottom - box.top) *
    (to(value) - to(yLow)) / (to(yHigh) - to(yLow));
  return { box, x, y, xLow, xHigh, yTicks: log ? logTicks(yLow, yHigh) : ticks(yLow, yHigh, 4) };
}

function drawAxes(svg, options, scales) {
  const { box, x, y } = scales;
  for (const value of scales.yTicks) {
    svg.append(draw("line", { class: "rule", x1: box.left, x2: box.right, y1: y(value), y2: y(value) }));
    svg.append(draw("text", { class: "tick end", x: box.left - 8, y: y(value) + 4 }, tickText(value)));
  }
  const count = Math.max(2, Math.floor((box.right - box.left) / 80));
  for (const value of options.xTicks(scales.xLow, scales.xHigh, count)) {
    const place = x(value.at === undefined ? value : value.at);
    svg.append(draw("text", { class: "tick middle", x: Math.min(Math.max(place, box.left + 8), box.right - 14),
      y: options.height - 4 }, value.text === undefined ? options.xText(value) : value.text));
  }
}

function drawMarks(svg, options, scales) {
  const { box, x } = scales;
  const inside = options.marks.filter((mark) => mark.x >= scales.xLow && mark.x <= scales.xHigh);
  const bins = binMarks(inside, x, 12);
  for (const bin of bins) {
    if (bins.length > 12) { // rules down to the values would hide them
      const height = Math.min(14, 4 + 2 * Math.log2(bin.marks.length));
      svg.append(draw("line", { class: "mark many", x1: bin.place, x2: bin.place, y1: box.top - 5, y2: box.top - 5 - height }));
      continue;
    }
    const parts = partsOf(bin.marks);
    svg.append(draw("line", { class: "mark", x1: bin.place, x2: bin.place, y1: box.top - 4, y2: box.bottom }));
    parts.forEach((part, at) => svg.append(sign(part, bin.place + (at - (parts.length - 1) / 2) * 9, 11, 7)));
  }
  return bins;
}

function plot(options, width) {
  const svg = draw("svg", { width, height: options.height, class: "plot", tabindex: 0, role: "img",
    "aria-label": visible(options.title) + (options.note ? ", " + options.note : "") });
  const scales = makeScales(options, width);
  drawAxes(svg, options, scales);
  const bins = drawMarks(svg, options, scales);
  options.lines.forEach((line, at) => {
    const paths = linePaths(line.points, scales.x, scales.y, options.stepped);
    paths.forEach((path, pass) => svg.append(draw("path", { d: path,
      class: "curve" + (pass < paths.length - 1 ? " past" : "") + (at > 0 ? " other" : "") })));
    if (paths.length === 0 || line.points.length === 1)
      for (const point of line.points)
        if (typeof point.y === "number")
          svg.append(draw("circle", { class: "spot", cx: scales.x(point.x), cy: scales.y(point.y), r: 3 }));
  });
  followPointer(svg, options, scales, bins);
  return svg;
}

/* All points with a number, by place, for the pointer and the arrow keys. */
function placesOf(options, scales) {
  const places = [];
  for (const line of options.lines)
    for (const point of line.points)
      if (typeof point.y === "number" && point.x >= scales.xLow && point.x <= scales.xHigh)
        places.push({ line, point, x: scales.x(point.x), y: scales.y(point.y) });
  return places.sort((one, other) => one.x - other.x);
}

function nearest(places, x, y) {
  let best = null;
  let least = Infinity;
  for (const place of places) {
    const far = Math.abs(place.x - x) * 4 + Math.abs(place.y - y) * 0.3;
    if (far < least) [least, best] = [far, place];
  }
  return best;
}

function followPointer(svg, options, scales, bins) {
  const rule = draw("line", { class: "cross", y1: scales.box.top, y2: scales.box.bottom, visibility: "hidden" });
  const spot = draw("circle", { class: "spot", r: 4, visibility: "hidden" });
  let places = null;
  let current = -1;
  svg.append(rule, spot);
  const show = (place) => {
    const area = svg.getBoundingClientRect();
    for (const [name, value] of [["x1", place.x], ["x2", place.x], ["visibility", "visible"]])
      rule.setAttribute(name, value);
    for (const [name, value] of [["cx", place.x], ["cy", place.y], ["visibility", "visible"]])
      spot.setAttribute(name, value);
    const bin = bins.find((one) => Math.abs(one.place - place.x) < 7);
    showTip(area.left + place.x, area.top + place.y, pointTip(options, place, bin));
  };
  const hide = () => {
    rule.setAttribute("visibility", "hidden");
    spot.setAttribute("visibility", "hidden");
    hideTip();
  };
  const ready = () => { places = places || placesOf(options, scales); return places.length > 0; };
  svg.addEventListener("pointermove", (event) => {
    if (!ready()) return;
    const area = svg.getBoundingClientRect();
    const place = nearest(places, event.clientX - area.left, event.clientY - area.top);
    current = places.indexOf(place);
    show(place);
  });
  svg.addEventListener("pointerleave", hide);
  svg.addEventListener("blur", hide);
  svg.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20 }[event.key];
    if (by === undefined || !ready()) return;
    event.preventDefault();
    current = Math.min(places.length - 1, Math.max(0, current + by));
    show(places[current]);
  });
}

function pointTip(options, place, bin) {
  const state = place.point.state >= 0 ? states[place.point.state] : null;
  const lines = [
    make("strong", null, numberText(place.point.y)),
    make("span", { class: "soft" }, options.xText(place.point.x)),
  ];
  if (options.lines.length > 1) lines.push(make("span", null, words(place.line.label)));
  if (state !== null) lines.push(hashOf(state));
  if (bin === undefined) return lines;
  if (bin.marks.length > 1) lines.push(make("span", { class: "line" }, plural(bin.marks.length, "change") + " here"));
  else if (bin.marks[0].state >= 0)
    for (const line of summarize(bin.marks[0].from, bin.marks[0].state))
      lines.push(make("span", { class: "line" }, smallSign(line.part), make("bdi", null, line.text)));
  return lines;
}
