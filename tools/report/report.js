/* Puts the page together: its opening, the chooser of the run, light and dark. */

const EVERY_RUN = "";

function drawOpening() {
  const heads = runs.filter((run) => isShown(run.name));
  const made = events.filter((event) => isShown(event.run));
  const reached = new Set(made.map((event) => event.state).filter((state) => state >= 0));
  const head = heads.length === 1 && heads[0].head >= 0 ? states[heads[0].head] : null;
  const facts = [
    ["States", reached.size],
    ["Changes", moves.filter((event) => isShown(event.run)).length],
    ["Checkpoints", made.filter((event) => event.kind === "checkpoint").length],
  ];
  if (heads.length > 1) facts.unshift(["Runs", heads.length]);
  if (head !== null && head.total >= 0)
    facts.push(["Samples", head.total], ["Discarded", head.discarded], ["Tagged", head.tagged]);
  byId("facts").replaceChildren(...facts.map(([name, value]) =>
    make("div", null, make("dt", null, name), make("dd", null, value.toLocaleString("en")))));
  const times = made.map((event) => event.at);
  const least = times.reduce((one, other) => Math.min(one, other), Infinity);
  const most = times.reduce((one, other) => Math.max(one, other), -Infinity);
  const pending = heads.length === 1 ? heads[0].pending : [];
  byId("period").replaceChildren(made.length === 0 ? "Nothing was recorded yet." :
    timeText(least) + " to " + timeText(most) + " UTC",
    pending.length === 0 ? "" : " \u00b7 pending: " + pending.join(", "));
}

function drawLeftOut() {
  const names = { events: "older events", words: "reasons and notes", model: "rows of modules",
    config: "rows of configuration values", data: "rows of samples", metric_lines: "metrics",
    metric_marks: "marks of changes on metrics" };
  const missing = Object.keys(names).filter((name) => DATA.left_out[name] > 0)
    .map((name) => DATA.left_out[name].toLocaleString("en") + " " + names[name]);
  byId("left-out").hidden = missing.length === 0;
  byId("left-out").textContent = "Left out to keep this page small: " + missing.join(", ") +
    ". The ledger has them all.";
}

function startChooser() {
  const chooser = byId("run");
  if (runs.length > 1) chooser.append(make("option", { value: EVERY_RUN }, "all runs"));
  for (const run of runs) chooser.append(make("option", { value: run.name }, visible(run.name)));
  const own = runs.find((run) => run.name === DATA.run) || runs[0];
  view.run = own === undefined ? null : own.name;
  chooser.value = view.run === null ? EVERY_RUN : view.run;
  chooser.addEventListener("change", () =>
    change({ run: chooser.value === EVERY_RUN ? null : chooser.value, from: 0, to: 1, event: null }));
  byId("run").closest("label").hidden = runs.length < 2;
  onChange(["run"], drawOpening);
}

function startTheme() {
  const button = byId("theme");
  const dark = () => (document.documentElement.dataset.theme
    ? document.documentElement.dataset.theme === "dark"
    : window.matchMedia("(prefers-color-scheme: dark)").matches);
  const label = () => { button.textContent = dark() ? "\u2600" : "\u263e"; };
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = dark() ? "light" : "dark";
    label();
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", label);
  label();
}

document.title = visible(DATA.root) + ": history";
byId("brand").append(words(DATA.root));
byId("title").append(words(DATA.root));
byId("foot").append("Made by ckl ", DATA.version, " on ", timeText(DATA.made_at), " UTC",
  DATA.all_runs ? "" : ", of one run; ckl report --all has all of them", ". Times are UTC.");
startTheme();
startChooser();
drawOpening();
drawLeftOut();
startTimeline();
startLineage();
startMetrics();
startSamples();
startCompare();
window.addEventListener("scroll", hideTip, { passive: true });
document.documentElement.dataset.ready = "yes";
