#!/usr/bin/env python3
"""Plots and aggregates of years of a signal with a sample every second, over HTTP: what tiles are for.

    ARTERY_PROGRAM=build/release/artery python3 bench/years.py [YEARS]

Writes the years by line protocol (a year is 31.5 million samples and about half a minute), lets history come to rest, and then
asks at random places: the plot at 1,000 columns of the whole, of a month, a day and an hour, aggregates by day, and a day's
samples as JSON. Latencies are what a client on loopback sees, and what the node itself counted (as in start_and_query.py). Bytes
per sample are those of history's files. Python 3.11, nothing else.
"""
import http.client
import pathlib
import random
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from artery_node import Node  # noqa: E402
from growth import ask, cpu  # noqa: E402
from start_and_query import latencies, resident  # noqa: E402

YEAR_S = 365 * 86_400
START_S = 1_577_836_800  # 2020
LINES = 50_000           # of one request
SPANS = {"all of it": None, "a month": 30 * 86_400, "a day": 86_400, "an hour": 3600}


def walk(chance):
    """A temperature of one decimal, as text, long enough to look like no period."""
    values, at = [], 200
    for _ in range(1_000_003):
        at += chance.choice((-1, 0, 0, 0, 1))
        at += (at < 150) - (at > 350)
        values.append(f"{at / 10}")
    return values


def fill(node, years):
    values = walk(random.Random(1))
    connection = http.client.HTTPConnection("127.0.0.1", node.http_port)
    for begin in range(0, years * YEAR_S, LINES):
        rows = [f"kiln temperature={values[i % len(values)]} {START_S + i}" for i in range(begin, begin + LINES)]
        connection.request("POST", "/write?precision=s", body="\n".join(rows))
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 204, answer.status


def measured(connection, name):
    connection.request("GET", "/metrics")
    for line in connection.getresponse().read().decode().splitlines():
        if line.startswith(f"{name} "):
            return float(line.split()[1])
    raise SystemExit(f"{name} is not measured")


def come_to_rest(node):
    """Until nothing was merged for ten seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", node.http_port)
    seen, since = None, time.monotonic()
    while time.monotonic() - since < 10:
        now = measured(connection, "artery_history_compactions_total"), measured(connection, "artery_history_segments")
        if now != seen:
            seen, since = now, time.monotonic()
        time.sleep(0.5)
    return seen


def ranges(years, span, count, chance):
    whole = years * YEAR_S
    for _ in range(count):
        at = chance.randrange(whole - span + 1) if span else 0
        yield f"from={(START_S + at) * 10**9}&to={(START_S + at + (span or whole)) * 10**9}"


def raw_days(node, years, chance):
    """Samples per second of a day's raw samples as JSON: by the median answer, and by the node's CPU time."""
    connection = http.client.HTTPConnection("127.0.0.1", node.http_port)
    spent, took = cpu(node), []
    for part in ranges(years, 86_400, 100, chance):
        milliseconds, body = ask(connection, f"/api/v1/raw?signal=kiln/temperature&limit=86400&{part}")
        assert body.count(b"],[") == 86_399, "a day is not whole"
        took.append(milliseconds)
    spent = cpu(node) - spent
    return f"{86.4 / sorted(took)[50]:.1f} M samples/s at the median, {100 * 0.0864 / spent:.1f} M per CPU s of the node"


def main():
    years = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    chance = random.Random(2)
    with tempfile.TemporaryDirectory() as folder:
        node = Node(folder).start()
        began = time.perf_counter()
        fill(node, years)
        print(f"{years * YEAR_S / 1e6:.1f} million samples written in {time.perf_counter() - began:.0f} s")
        assert node.stop() == 0
        node.start()
        compactions, segments = come_to_rest(node)
        size = sum(path.stat().st_size for path in (pathlib.Path(folder) / "data/history").glob("*"))
        print(f"{segments:.0f} segments after {compactions:.0f} compactions, {size / (years * YEAR_S):.3f} bytes per sample")
        for name, span in SPANS.items():
            paths = [f"/api/v1/plot?signal=kiln/temperature&width=1000&{part}" for part in ranges(years, span, 300, chance)]
            print(f"plot of {name}: {latencies(node, *paths)}")
        paths = [f"/api/v1/aggregate?signal=kiln/temperature&step=1d&aggregate=mean&aggregate=min&aggregate=max&aggregate=time_average&{part}"
                 for part in ranges(years, None, 50, chance)]
        print(f"aggregates by day of all: {latencies(node, *paths)}")
        print(f"raw samples of a day as JSON: {raw_days(node, years, chance)}")
        print(f"resident: {resident(node)}")
        assert node.stop() == 0


if __name__ == "__main__":
    main()
