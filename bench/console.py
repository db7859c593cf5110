#!/usr/bin/env python3
"""The console's budgets in Debian's chromium: first view, script, frames while 500 values change, a trend of ten years.

    tools/bench console [first-view] [frames] [trend]

All three by default. Browser, node and the load share the machine's cores; the browser is headless and draws in software.
Needs what the browser tests need (`tools/setup test`).
"""
import datetime
import json
import math
import multiprocessing
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import httpx
import paho.mqtt.client as mqtt
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/support"))

from artery_node import PROGRAM, Node  # noqa: E402

RUNS = 9
SIGNALS = 500
ASSETS = 5  # publish together, a message each
FRAMES_S = 15
YEARS = 10
MINUTE = 60


def share(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(part * len(ordered)) - 1)]


def spread(values, unit="ms"):
    return f"p50 {share(values, 0.5):.1f} {unit}, p95 {share(values, 0.95):.1f}, p99 {share(values, 0.99):.1f}, greatest {max(values):.1f}"


def cpu_of_renderers():
    """CPU seconds of the browser's renderer processes that belong to this program: of their main threads."""
    parents, seconds = {}, {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if b"--type=renderer" in (folder / "cmdline").read_bytes():
                fields = (folder / "task" / folder.name / "stat").read_text().rpartition(")")[2].split()
                seconds[int(folder.name)] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except OSError:
            continue  # it has ended meanwhile

    def is_ours(process):
        while process > 1 and process != os.getpid():
            process = parents.get(process, 0)
        return process == os.getpid()

    return sum(cpu for process, cpu in seconds.items() if is_ours(process))


def load_of_machine():
    return pathlib.Path("/proc/loadavg").read_text().split()[0]


# First view -----------------------------------------------------------------------------------------------------------

# Looks at every frame; what it finds there is painted with it, so that the next frame is behind the paint.
WATCH_FOR = """selector => {
    const look = () => {
        const found = [...document.querySelectorAll(selector)].some((one) => /\\d/.test(one.textContent));
        requestAnimationFrame(found ? () => { window.painted = performance.now(); } : look);
    };
    requestAnimationFrame(look);
}"""
PAINTED = "new Promise((done) => { const look = () => (window.painted ? done(window.painted) : setTimeout(look, 20)); look(); })"
SCRIPTS = """performance.getEntriesByType('resource').filter((one) => one.name.endsWith('.js'))
    .reduce((sum, one) => sum + one.encodedBodySize, 0)"""


def first_view(browser, folder):
    node = Node(folder).start()
    plant = pathlib.Path(PROGRAM).with_name("artery-plant")
    catalogue = subprocess.run([plant, "--catalogue"], capture_output=True, check=True).stdout
    subprocess.run([PROGRAM, "catalogue", "import", "-", "--url", node.http_url], input=catalogue, check=True, stdout=subprocess.DEVNULL)
    published = subprocess.Popen([plant, "--port", str(node.mqtt_port), "--history", "1h"], stderr=subprocess.DEVNULL)
    try:
        time.sleep(5)  # an hour of history is written, then it is live
        compartment = "acme/shenzhen/greenhouse/house1/compartment1"
        for what, path, selector in (("plant, how it is", "/plant", ".verdict b, .verdict.calm"),
                                     ("asset, its first value", f"/plant/{compartment}", "td.value"),
                                     ("trend of three, its first value", f"/trend?s={compartment}/air_temperature&s={compartment}/humidity"
                                      f"&s={compartment}/light&range=1h", "td.strong")):
            took, scripts = [], 0
            for _ in range(RUNS):
                context = browser.new_context(viewport={"width": 1400, "height": 900})  # with a cache of its own
                page = context.new_page()
                page.add_init_script(f"({WATCH_FOR})({json.dumps(selector)})")
                page.goto(node.http_url + path)
                took.append(page.evaluate(PAINTED))
                scripts = page.evaluate(SCRIPTS)
                context.close()
            print(f"  {what}: painted after {spread(took)} of {RUNS} cold loads; {scripts / 1000:.1f} kB of compressed script")
    finally:
        published.terminate()
        published.wait()
        node.stop_at_end()


# Frames ---------------------------------------------------------------------------------------------------------------

def publish(port, until):
    """Each of 500 signals ten times a second, from a process of its own."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    began = time.monotonic()
    for tick in range(10**9):
        if until.is_set():
            break
        for asset in range(ASSETS):
            values = {f"s{i:03}": round(50 + 40 * math.sin(tick / 20 + i), 2) for i in range(asset * 100, asset * 100 + SIGNALS // ASSETS)}
            client.publish("acme/wall", json.dumps(values))
        time.sleep(max(0, began + (tick + 1) / 10 - time.monotonic()))
    client.disconnect()


FRAMES = """async (ms) => {
    const tasks = [];
    const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((one) => one.duration)));
    observer.observe({ type: 'longtask' });
    let changes = 0;
    const watched = new MutationObserver(() => (changes += 1));
    watched.observe(document.querySelector('td.value'), { subtree: true, characterData: true, childList: true });
    const frames = [];
    let last = await new Promise(requestAnimationFrame);
    const began = last;
    while (last - began < ms) {
        const next = await new Promise(requestAnimationFrame);
        frames.push(next - last);
        last = next;
    }
    observer.disconnect();
    const rows = [...document.querySelectorAll('tbody tr')].map((row) => row.getBoundingClientRect());
    const seen = rows.filter((box) => box.top < innerHeight && box.bottom > 0).length;
    return { frames, tasks, changes, rows: rows.length, seen };
}"""


def frames(browser, folder):
    node = Node(folder).start()
    signals = [{"name": f"acme/wall/s{i:03}", "type": "f64", "unit": "Cel", "low": 0, "high": 100} for i in range(SIGNALS)]
    httpx.post(f"{node.http_url}/api/v1/catalogue", json={"assets": [], "signals": signals}).raise_for_status()
    until = multiprocessing.Event()
    publisher = multiprocessing.Process(target=publish, args=(node.mqtt_port, until))
    publisher.start()
    try:
        for width, height, zoom in ((1400, 900, 1), (3840, 2160, 1), (1400, 900, 0)):
            context = browser.new_context(viewport={"width": width, "height": height})
            page = context.new_page()
            page.goto(f"{node.http_url}/plant/acme/wall" if zoom else f"{node.http_url}/health")
            if zoom:
                page.get_by_role("row", name="s499").wait_for()
                time.sleep(5)  # the last hours of those in sight are loaded
            cpu = cpu_of_renderers()
            got = page.evaluate(FRAMES if zoom else FRAMES.replace("document.querySelector('td.value')", "document.body"), FRAMES_S * 1000)
            cpu = (cpu_of_renderers() - cpu) / FRAMES_S
            context.close()
            what = f"{got['rows']} values in {width} x {height}, {got['seen']} in sight" if zoom else "an empty page, for comparison"
            smooth = sum(one < 20 for one in got["frames"]) / len(got["frames"])
            print(f"  {what}: frames each {spread(got['frames'])}; {len(got['frames']) / FRAMES_S:.1f} a second, {smooth:.1%} within 20 ms; "
                  f"long tasks {len(got['tasks'])}, greatest {max(got['tasks'], default=0):.0f} ms; "
                  f"the first value changed {got['changes'] / FRAMES_S:.1f} times a second; "
                  f"{cpu:.0%} of a core for the page's own thread")
    finally:
        until.set()
        publisher.join()
        node.stop_at_end()


# Trend ----------------------------------------------------------------------------------------------------------------

# From a key to the first picture that is moved, and to the one with all its tiles.
STEP = """async (key) => {
    const plot = document.querySelector('[role=application]'), canvas = document.querySelector('.u-wrap canvas');
    const inked = () => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const wanted = getComputedStyle(document.querySelector('tbody .swatch')).backgroundColor.match(/\\d+/g).map(Number);
        for (let i = 0; i < data.length; i += 4) if (wanted.every((one, n) => Math.abs(data[i + n] - one) < 24)) return true;
        return false;
    };
    const before = location.search;
    const began = performance.now();
    plot.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    const moved = performance.now() - began;
    const kept = inked();
    while (location.search === before || !document.querySelector('.plot[aria-busy="false"]')) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return { moved, kept, whole: performance.now() - began };
}"""


def ten_years(node, end):
    """A value a minute of three signals, 15.8 million samples."""
    start = end - int(YEARS * 365.25 * 86400)
    with httpx.Client() as client:
        for chunk in range(start, end, 20_000 * MINUTE):
            lines = (f"years a={20 + 15 * math.sin(t / 5e6) + t * 7919 % 997 / 300:.2f},b={50 + t * 104729 % 1009 / 90:.2f},"
                     f"c={1000 + 900 * math.sin(t / 13751):.1f} {t}" for t in range(chunk, min(chunk + 20_000 * MINUTE, end), MINUTE))
            client.post(f"{node.http_url}/write?precision=s", content="\n".join(lines), timeout=60).raise_for_status()


def iso(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def trend(browser, folder):
    node = Node(folder).start()
    end = int(time.time()) // MINUTE * MINUTE
    ten_years(node, end)
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    for what, length, steps, key in (("ten years, a fifth on", YEARS * 31_557_600, 4, "ArrowLeft"), ("a year, a fifth on", 31_557_600, 30, "ArrowRight"),
                                     ("a year, a screen on", 31_557_600, 8, "PageDown"), ("a week, a screen on", 7 * 86400, 30, "PageDown"),
                                     ("from ten years inwards by half", YEARS * 31_557_600, 20, "+")):
        begin = end - (length if length > 31_557_600 else 9 * 31_557_600)
        page.goto(f"{node.http_url}/trend?s=years/a&s=years/b&s=years/c&from={iso(begin)}&to={iso(begin + length)}")
        page.locator('.plot[aria-busy="false"]').wait_for()
        taken = [page.evaluate(STEP, key) for _ in range(steps)]
        kept = sum(one["kept"] for one in taken)
        print(f"  {what}, {steps} times: the picture moved after {spread([one['moved'] for one in taken])} and was never empty in {kept} of {steps}; "
              f"all its tiles painted after {spread([one['whole'] for one in taken])}")
    context.close()
    node.stop_at_end()


def main():
    parts = {"first-view": first_view, "frames": frames, "trend": trend}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name in sys.argv[1:] or parts:
            print(f"{name} (load of the machine {load_of_machine()}, chromium {browser.version})", flush=True)
            with tempfile.TemporaryDirectory() as folder:
                parts[name](browser, folder)
        browser.close()


if __name__ == "__main__":
    main()
