/* Metrics of the chosen run as lines over steps, with the changes of its states on them. */
const LINES_MAX = 12; // of one chart, when all runs are shown
const CHARTS_MAX = 40;

const metrics = DATA.metrics.map((line) => {
  const points = [];
  for (let at = 0; at < line.points.length; at += 3)
    points.push({ x: line.points[at], y: line.points[at + 1], state: line.points[at + 2] });
  const marks = [];
  for (let at = 0; at < line.marks.length; at += 3)
    marks.push({ x: line.marks[at], from: line.marks[at + 1], state: line.marks[at + 2],
      parts: changedParts(line.marks[at + 1], line.marks[at + 2]) });
  return { run: textOf(line.run), name: textOf(line.name), count: line.count,
    strange: line.strange, points, marks };
});

function metricNote(lines) {
  const count = lines.reduce((sum, line) => sum + line.count, 0);
  const drawn = lines.reduce((sum, line) => sum + line.points.length, 0);
  const strange = lines.reduce((sum, line) => sum + line.strange, 0);
  const numbers = lines[lines.length - 1].points.filter((point) => typeof point.y === "number");
  const last = numbers.length > 0 && lines.length === 1 ? "last " + numberText(numbers[numbers.length - 1].y) + " \u00b7 " : "";
  return last + plural(count, "value") + (drawn < count ? ", the extremes of each bucket drawn" : "") +
    (strange > 0 ? ", " + strange.toLocaleString("en") + " not a number" : "");
}

function drawMetrics() {
  const groups = new Map();
  for (const line of metrics) {
    if (!isShown(line.run)) continue;
    if (!groups.has(line.name)) groups.set(line.name, []);
    groups.get(line.name).push(line);
  }
  const charts = [...groups].slice(0, CHARTS_MAX).map(([name, all]) => {
    const lines = all.slice(-LINES_MAX);
    return lineChart({
      title: name,
      note: metricNote(lines) + (all.length > lines.length ? ", the last " + LINES_MAX + " of " + all.length + " runs" : ""),
      lines: lines.map((line) => ({ label: line.run, points: line.points })).reverse(),
      marks: lines.length === 1 ? lines[0].marks : [],
      height: 210,
      log: view.scale === "log",
      range: null,
      stepped: false,
      xText: (x) => "step " + x.toLocaleString("en"),
      xTicks: (low, high, count) => ticks(low, high, count).filter(Number.isInteger)
        .map((at) => ({ at, text: tickText(at) })),
    });
  });
  byId("metrics-charts").replaceChildren(...charts);
  byId("metrics-hint").textContent = charts.length === 0
    ? "No metric was logged" + (view.run === null ? "." : " in this run.")
    : "Values over steps. Where the state changed there is a mark; what was trained before going back is pale." +
      (groups.size > CHARTS_MAX ? " The first " + CHARTS_MAX + " of " + groups.size + " metrics." : "");
}

function startMetrics() {
  for (const button of byId("scale").querySelectorAll("button"))
    button.addEventListener("click", () => change({ scale: button.dataset.scale }));
  onChange(["run", "scale"], () => {
    pressOne(byId("scale"), "scale", view.scale);
    drawMetrics();
  });
  drawMetrics();
}
