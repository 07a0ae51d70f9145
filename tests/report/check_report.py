"""Clicks through the page that `ckl report` makes, in a real browser: what it says is what the
ledger says, hostile names stay names, and nothing is asked of the network."""
import itertools
import json
import os
import pathlib
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
for name in ("CKL_ROOT", "CKL_RUN", "CKL_ACTOR"):
    os.environ.pop(name, None)

import browser as browsing  # noqa: E402
import histories  # noqa: E402

FAILURES = []


def check(holds, what):
    if not holds:
        FAILURES.append(what)
        print("FAILED:", what)


def equal(expected, found, what):
    check(expected == found, f"{what}: expected {str(expected)[:600]}, got {str(found)[:600]}")


# ---- what the page shows -------------------------------------------------------------------------

SET = """const field = document.getElementById(arguments[0]);
field.value = arguments[1];
field.dispatchEvent(new Event(arguments[2], {bubbles: true}));"""


def type_into(browser, field, text):
    browser.execute_script(SET, field, text, "input")


def choose_run(browser, run):
    browser.execute_script(SET, "run", run, "change")


ROWS = """return Array.from(document.querySelectorAll(arguments[0] + " tbody tr"),
    (row) => ({...row.dataset, text: row.innerText}));"""


def table(browser, selector):
    """The rows of a table, all of them."""
    for _ in range(200):
        more = browser.execute_script(
            "const more = document.querySelector('#compare-result .more');"
            "if (more) more.click(); return more !== null;")
        if not more:
            break
    return browser.execute_script(ROWS, selector)


def page_difference(browser, first, second):
    type_into(browser, "compare-a", first)
    type_into(browser, "compare-b", second)
    pair = browser.execute_script(
        "return document.getElementById('compare-result').dataset.pair")
    equal(f"{first} {second}", pair, "the states that are compared")
    entries = {}
    for part in ("model", "config"):
        read = json.loads if part == "config" else str
        entries[part] = [
            (row["name"], row["change"], read(row["from"]) if "from" in row else None,
             read(row["to"]) if "to" in row else None)
            for row in table(browser, f"#compare-{part}")]
    entries["data"] = [
        (row["name"], row["change"], row["from"], row["to"], json.loads(row["added"]),
         json.loads(row["removed"])) for row in table(browser, "#compare-data")]
    entries["changed"] = browser.execute_script(
        "return Array.from(document.querySelectorAll('.part-card:not(.same)'),"
        " (card) => card.dataset.part)")
    entries["uncertain"] = browser.execute_script(
        "return document.querySelectorAll('#compare-result .notice').length")
    return entries


def said(discarded):
    return {None: "null", False: "0", True: "1"}[discarded]


def ledger_difference(root, first, second):
    found = histories.ckl(root, "diff", first, second, "--limit", "1000000")
    return {
        "model": [(row["module"], row["change"], row["from"], row["to"]) for row in found["model"]],
        "config": [(row["path"], row["change"], row["from"], row["to"]) for row in found["config"]],
        "data": [(row["uid"], row["change"], said(row["discarded"]["from"]),
                  said(row["discarded"]["to"]), row["tags_added"], row["tags_removed"])
                 for row in found["data"]["samples"]],
        "changed": found["changed"],
        "uncertain": 0,
    }


# ---- the checks ----------------------------------------------------------------------------------

def check_comparisons(browser, root, most):
    """All pairs of some states, in both directions, are what `ckl diff` says."""
    with sqlite3.connect(f"file:{root}/ledger.db?mode=ro", uri=True) as ledger:
        hashes = [row[0] for row in ledger.execute("SELECT experiment FROM experiments")]
    chosen = random.Random(7).sample(list(itertools.permutations(hashes, 2)), most)
    differing = 0
    for first, second in chosen:
        expected = ledger_difference(root, first, second)
        found = page_difference(browser, first, second)
        equal(expected, found, f"diff {first} {second}")
        differing += len(expected["data"])
    check(differing > most, "the pairs hardly differ: they test nothing")
    print(f"{most} pairs of states are as `ckl diff` says, {differing} differences of samples")


def as_shown(uid):
    """How the page writes what a field cannot hold or nobody could see."""
    return re.sub("[\x00-\x1f]", lambda found: f"\\u{{{ord(found[0]):04x}}}", uid)


def split_tags(text):
    tags = re.findall(r"(?:\\.|[^,\\])+", text or "", flags=re.DOTALL)
    return [re.sub(r"\\(.)", r"\1", tag, flags=re.DOTALL) for tag in tags]


def check_samples(browser, root, uids):
    """What the page tells of a sample is what the view sample_changes has."""
    with sqlite3.connect(f"file:{root}/ledger.db?mode=ro", uri=True) as ledger:
        rows = 0
        for uid in uids:
            expected = [
                (row[0], row[1], row[2], said(row[3]), said(row[4]), split_tags(row[5]),
                 split_tags(row[6]), row[7])
                for row in ledger.execute(
                    "SELECT seq, run, change, discarded_from, discarded_to, tags_added,"
                    " tags_removed, actor FROM sample_changes WHERE uid = ? ORDER BY seq", (uid,))]
            type_into(browser, "find-uid", as_shown(uid))
            found = [
                (int(row["seq"]), row["run"], row["change"], row["from"], row["to"],
                 json.loads(row["added"]), json.loads(row["removed"]), row["actor"])
                for row in table(browser, "#find-story")]
            equal(expected, found, f"the life of {uid!r}")
            rows += len(expected)
    check(rows > len(uids), "the samples hardly changed: they test nothing")
    type_into(browser, "find-uid", "nobody-has-this")
    equal("no", browser.execute_script(
        "return document.querySelector('#find-result p').dataset.found"), "an unknown sample")
    print(f"{len(uids)} samples are as the view says, {rows} rows")


def check_runs(browser, root):
    """Each run shows its own changes; all runs show all."""
    with sqlite3.connect(f"file:{root}/ledger.db?mode=ro", uri=True) as ledger:
        moves = dict(ledger.execute("SELECT run, count(*) FROM changes GROUP BY run"))
    for run, expected in list(moves.items()) + [("", sum(moves.values()))]:
        choose_run(browser, run)
        label = browser.execute_script(
            "return document.querySelector('#timeline-chart svg').getAttribute('aria-label')")
        equal(f"Timeline: {expected} change{'' if expected == 1 else 's'}",
              label.split(".")[0], f"the timeline of run {run!r}")
    print(f"{len(moves)} runs show their changes")


def check_keyboard(browser, root):
    """Arrow keys go from change to change, and the card says who, when, why and what."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    choose_run(browser, "main")
    with sqlite3.connect(f"file:{root}/ledger.db?mode=ro", uri=True) as ledger:
        rows = ledger.execute("SELECT seq, actor, reason FROM changes WHERE run = 'main'"
                              " ORDER BY seq DESC LIMIT 4").fetchall()
    for seq, actor, reason in rows:
        browser.find_element(By.CSS_SELECTOR, "#timeline-chart svg").send_keys(Keys.ARROW_LEFT)
        card = browser.find_element(By.ID, "timeline-detail")
        equal(str(seq), card.find_element(By.TAG_NAME, "h3").get_attribute("data-seq"),
              "the change that the arrow key chose")
        check(actor in card.text, f"the card does not say who: {card.text!r}")
        check("event " + str(seq) in card.text, "the card does not name the event")
        if reason is not None:
            check(reason[:20] in card.text, f"the card does not say why: {card.text!r}")
    card.find_element(By.XPATH, ".//button[text()='Compare']").click()
    check(browser.execute_script("return document.getElementById('compare-result').dataset.pair"),
          "Compare compares nothing")
    lineage = browser.find_element(By.ID, "lineage-list")
    lineage.send_keys(Keys.HOME, Keys.ARROW_DOWN, "a", Keys.ARROW_DOWN, "b")
    chosen = browser.execute_script(
        "return Array.from(document.querySelectorAll('.state-row'), (row) => row.dataset.hash)")
    equal(f"{chosen[1]} {chosen[2]}", browser.execute_script(
        "return document.getElementById('compare-result').dataset.pair"),
        "the states that the lineage chose")
    print("arrow keys, the card and the lineage work")


def check_charts(browser, root):
    """Metrics are drawn with the number of their values; hovering says one of them."""
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By
    choose_run(browser, "main")
    with sqlite3.connect(f"file:{root}/ledger.db?mode=ro", uri=True) as ledger:
        expected = sorted(ledger.execute(
            "SELECT metric, count(*) FROM metrics WHERE run = 'main' GROUP BY metric").fetchall())
    found = sorted(
        (figure.find_element(By.CLASS_NAME, "figure-title").text,
         int(re.search(r"([\d,]+) values?", figure.text).group(1).replace(",", "")))
        for figure in browser.find_elements(By.CSS_SELECTOR, "#metrics-charts .figure"))
    equal(expected, found, "metrics and how many values they have")
    svg = browser.find_element(By.CSS_SELECTOR, "#metrics-charts svg")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})",
                           svg)
    tip = browser.find_element(By.ID, "tip")
    for attempt in range(30):  # it hides while the page still scrolls
        ActionChains(browser).move_to_element_with_offset(svg, attempt % 3, 0).perform()
        if tip.is_displayed():
            break
        time.sleep(0.1)
    check(tip.is_displayed() and "step " in tip.text, f"no tip on a chart: {tip.text!r}")
    check(len(browser.find_elements(By.CSS_SELECTOR, "#metrics-charts .mark")) > 0,
          "no change is marked on a metric")
    check(len(browser.find_elements(By.CSS_SELECTOR, "#samples-charts .curve")) > 0,
          "no line of discarded samples")
    print(f"{len(found)} metrics are drawn")


def check_calm(browser, what):
    """Nothing ran that should not, nothing was asked, nothing went wrong."""
    equal(None, browser.execute_script("return window.pwned === undefined ? null : window.pwned"),
          f"{what}: the flag that hostile names set")
    equal(0, browser.execute_script(
        "return document.querySelectorAll('img, iframe, object, embed, link[rel=stylesheet]').length"),
        f"{what}: elements that names made")
    equal(2, browser.execute_script("return document.scripts.length"), f"{what}: scripts")
    equal([], browsing.console(browser), f"{what}: the console")
    equal([], browsing.requests(browser), f"{what}: requests")


def check_widths(browser):
    """Nothing hangs over the edge, wide or narrow, light or dark."""
    for width in (1280, 390):
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
        found = browser.execute_script("return document.documentElement.scrollWidth")
        check(found <= width, f"the page is {found} wide at {width}")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    colours = set()
    for _ in range(2):
        browser.execute_script("document.getElementById('theme').click()")
        colours.add(browser.execute_script("return getComputedStyle(document.body).backgroundColor"))
    equal(2, len(colours), "colours of light and dark")


def check_policy(text):
    """The page itself: one file, a policy that lets nothing else in, no address of a network."""
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text).group(1)
    check("default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy,
          f"the policy is {policy}")
    # The namespace of SVG is a name that nobody asks for.
    outside = text.split('id="history">')[0] + text.split("</script>")[-2]
    addresses = set(re.findall(r"https?://[^\"' ]+", outside)) - {"http://www.w3.org/2000/svg"}
    equal(set(), addresses, "addresses in the page")
    data = re.search(r'id="history">(.*?)</script>', text, flags=re.DOTALL).group(1)
    for character in "<>&\u2028\u2029":
        check(character not in data, f"{character!r} stands in the data as it is")
    json.loads(data)


def make_page(root, name, *words):
    path = os.path.join(root, name)
    done = histories.ckl(root, "report", "-o", path, *words)
    equal(os.path.getsize(path), done["bytes"], "bytes of the page")
    return path


def check_hostile(browser, work):
    root = os.path.join(work, "</title><b>hostile")
    uids = histories.hostile_history(root)
    path = make_page(root, "page.html", "--all")
    with open(path, encoding="utf-8") as page:
        check_policy(page.read())
    # A name that is safe in an address: the browser is given no other chance to go wrong.
    shutil.copy(path, os.path.join(work, "hostile.html"))
    browsing.open_page(browser, os.path.join(work, "hostile.html"))
    check_runs(browser, root)
    check_comparisons(browser, root, 60)
    check_samples(browser, root, uids[:8] + uids[40:] + ["new_1", "far_1", "far_9"])
    check_keyboard(browser, root)
    check_charts(browser, root)
    check_widths(browser)
    check_calm(browser, "hostile names")


def check_left_out(browser, work):
    """Where there is no room for all samples, the page is small, right in what it has, and says
    what it lacks."""
    root = os.path.join(work, "large")
    os.makedirs(root)
    uids = [f"{n:05}" + "<" * 200 for n in range(6000)] + [f"{n:05}" for n in range(6000, 12000)]
    listed = os.path.join(root, "uids.txt")
    with open(listed, "w", encoding="utf-8") as file:
        file.write("\n".join(uids))
    give = histories.give(root, config={"a": 1}, data={"uids": uids})
    first = give["experiment"]
    tagged = histories.ckl(root, "tag", "odd", uids[0], uids[1], uids[7000])["experiment"]
    histories.ckl(root, "discard", "--from", listed)
    restored = histories.ckl(root, "restore", uids[2], uids[7001])
    last = histories.ckl(root, "tag", "even", uids[2])["experiment"]
    path = os.path.join(root, "page.html")
    done = histories.ckl(root, "report", "-o", path)
    check(done["bytes"] < 20_000_000, f"the page has {done['bytes']} bytes")
    check(done["left_out"]["samples"] >= 12000, f"left out: {done['left_out']}")
    browsing.open_page(browser, path)
    for one, other in ((first, tagged), (tagged, first), (restored["experiment"], last)):
        equal(ledger_difference(root, one, other), page_difference(browser, one, other),
              "a difference that is in the page")
    equal(1, page_difference(browser, tagged, last)["uncertain"], "a notice of what is left out")
    notice = browser.execute_script("return document.getElementById('left-out').innerText")
    check("rows of samples" in notice, f"the page does not say what it lacks: {notice!r}")
    check_calm(browser, "a large ledger")
    print(f"a page of {done['bytes']:,} bytes lacks {done['left_out']['samples']:,} rows, and says so")


def check_demo(browser, work):
    root = os.path.join(work, "demo")
    subprocess.run([os.environ["CKL_DEMO"], root, os.environ["IRIS"]], check=True, timeout=300,
                   stdout=subprocess.DEVNULL)
    browsing.open_page(browser, make_page(root, "page.html"))
    check_comparisons(browser, root, 12)
    check_samples(browser, root, ["versicolor_021", "virginica_007", "setosa_001"])
    check_charts(browser, root)
    check_calm(browser, "the demo")
    check_policy_holds(browser)


INTRUDE = """const script = document.createElement("script");
script.textContent = "window.pwned = 2";
const image = document.createElement("img");
image.src = "http://127.0.0.1:9/pixel";
const button = document.createElement("button");
button.setAttribute("onclick", "window.pwned = 3");
document.body.append(script, image, button);
button.click();"""


def check_policy_holds(browser):
    """Even what stands in the document as code does not run: the policy forbids it. That ends the
    calm of this page."""
    browser.execute_script(INTRUDE)
    time.sleep(0.3)
    equal(None, browser.execute_script("return window.pwned === undefined ? null : window.pwned"),
          "the flag, set by code in the page")
    refused = " ".join(browsing.console(browser))
    for directive in ("script-src", "img-src"):
        check(directive in refused, f"the browser did not refuse by {directive}: {refused!r}")


def check_the_checks(browser, work):
    """In a page that does what ours must not, every check of calm sees it."""
    path = os.path.join(work, "careless.html")
    with open(path, "w", encoding="utf-8") as page:
        page.write("<html data-ready=yes><body>" + "".join(histories.HOSTILE[:4]) +
                   "<script>console.error('oops')</script>")
    browsing.open_page(browser, path)
    time.sleep(0.3)
    check(browser.execute_script("return window.pwned") == 1, "the flag cannot be seen")
    check(browsing.console(browser) != [], "the console cannot be seen")
    check(browsing.requests(browser) != [], "requests cannot be seen")


def check_nothing(browser, work):
    """A ledger that has next to nothing."""
    root = os.path.join(work, "small")
    os.makedirs(root)
    histories.give(root, config={"a": 1})
    browsing.open_page(browser, make_page(root, "page.html"))
    check_calm(browser, "one state")


def main():
    browser = browsing.open_browser()
    with tempfile.TemporaryDirectory() as work:
        try:
            check_hostile(browser, work)
            check_left_out(browser, work)
            check_demo(browser, work)
            check_nothing(browser, work)
            check_the_checks(browser, work)
        finally:
            browser.quit()
    if FAILURES:
        print(f"{len(FAILURES)} failed")
        return 1
    print("all hold")
    return 0


if __name__ == "__main__":
    sys.exit(main())
