"""A headless Chromium for the tests of the page, which skip themselves where there is none."""
import json
import sys

SKIP = 77


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIP)


def open_browser(width=1280, height=1000):
    """A driver whose console and network are recorded, or the end of the test with 77."""
    try:
        from selenium import webdriver
        from selenium.common.exceptions import WebDriverException
        from selenium.webdriver.chrome.service import Service
    except ImportError as missing:
        skip(f"no python3-selenium ({missing})")
    import os
    import shutil
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if binary is None or driver is None:
        skip("no chromium, or no chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for word in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage",
                 f"--window-size={width},{height}", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update"):
        options.add_argument(word)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium's own does not work for root
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    try:
        browser = webdriver.Chrome(service=Service(driver), options=options)
    except WebDriverException as reason:
        skip(f"chromium does not start here: {str(reason).splitlines()[0]}")
    browser.set_page_load_timeout(120)
    browser.set_script_timeout(120)
    return browser


def open_page(browser, path):
    """Opens a page, and forgets what was logged before it."""
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get(f"file://{path}")
    ready = browser.execute_script("return document.documentElement.dataset.ready")
    if ready != "yes":
        raise AssertionError(f"the page did not start: {browser.get_log('browser')}")


def console(browser):
    """What went wrong, as the browser tells it: a blocked script or request is in it, too."""
    return [line["message"] for line in browser.get_log("browser")
            if line["level"] in ("SEVERE", "WARNING")]


def requests(browser):
    """The addresses that were asked for since the page was opened, itself left out."""
    urls = []
    for line in browser.get_log("performance"):
        message = json.loads(line["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            url = message["params"]["request"]["url"]
            if not url.startswith(("data:", "file:")) or url.endswith((".js", ".css")):
                urls.append(url)
    return urls
