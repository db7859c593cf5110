#!/usr/bin/env python3
"""How a node grows: the same figures at more and more samples and signals.

    tools/bench growth [--samples-max 1e8] [--signals-max 1e6] [--steps 1e9x1e5,...] [--json] [--plot growth.svg]

Each step is a node of its own on a fresh folder, filled over HTTP line protocol by two connections of two processes: assets of ten
signals (half integers, half of one decimal, random walks), a line each every ten seconds, batches of 10,000 lines. One axis has
1,000 signals and more and more samples, the other 10 million samples and more and more signals; --steps names other ones.

  CPU s/M    CPU seconds of the node per million samples, to the last answer, and to where it rests
  M/s        samples per second, to the last answer; client and node share the machine's cores
  batch ms   a batch's request to its answer, p50, p99 and the longest
  one ms     a line of one sample by a third process, every 5 ms all the while: p50, p99, p99.9 and the longest
  B/sample   of all files but the log's, after an orderly stop
  MB         resident: filled; at rest after another start; B/signal: what that is above an empty node's, for each signal
  start s    after kill -9 at the end of the load, from exec on: to the first `last`, to the first write that was accepted, to the
             first plot (each asked when the one before was answered); and to the ready file after an orderly stop
  last, plot p99 in ms over HTTP at rest, of random signals, a plot being all there is in 1,000 columns; inside the server: the
             greater bound of the bucket of the 99th percentile (start_and_query.py)

The machine's speed changes within minutes. `speed` is that of a fixed piece of work on one core, before and after the step, beside
the fastest seen in the run; CPU s/M are also given multiplied by it. Python 3.11, nothing else.
"""
import argparse
import contextlib
import http.client
import json
import multiprocessing
import multiprocessing.queues
import os
import pathlib
import random
import sys
import tempfile
import time
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/support"))
sys.path.insert(0, str(ROOT / "bench"))

from artery_node import Node  # noqa: E402
from growth_plot import draw  # noqa: E402
from start_and_query import between, buckets  # noqa: E402

FIELDS = 10
STEP_S = 10
START_S = 1_700_000_000
LINES = 10_000  # of a batch
WRITERS = 2
ROWS = 100_000  # of field values, which assets begin at different places
REQUESTS = 500
REST_S_MAX = 600
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def rows_of_values():
    """b"f0=..,f1=.." of ten random walks."""
    chance = random.Random(1)
    walks = []
    for field in range(FIELDS):
        at, values = 500, []
        for _ in range(ROWS):
            at = min(max(at + chance.choice((-2, -1, 0, 0, 0, 1, 2)), 0), 1000)
            values.append(f"f{field}={at}" if field % 2 else f"f{field}={at / 10}")
        walks.append(values)
    return [",".join(row).encode() for row in zip(*walks)]


def post(connection, body):
    connection.request("POST", "/write?precision=s", body=body)
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status == 204, text


def lines_of(assets, steps, rows):
    heads = [(b"plant,unit=u%06d " % asset, asset * 7919) for asset in assets]
    for step in range(steps):
        end = b" %d" % (START_S + step * STEP_S)
        for head, place in heads:
            yield head + rows[(place + step) % ROWS] + end


def results(processes, queue, count):
    found = []
    while len(found) < count:
        assert all(process.exitcode in (None, 0) for process in processes)
        with contextlib.suppress(multiprocessing.queues.Empty):
            found.append(queue.get(timeout=1))
    return found


def fill(port, assets, steps, rows, began, done):
    """In a process of its own: puts the milliseconds of each batch."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    lines = lines_of(assets, steps, rows)
    took = []
    began.wait()
    while batch := [line for _, line in zip(range(LINES), lines)]:
        body = b"\n".join(batch)
        sent = time.perf_counter()
        post(connection, body)
        took.append((time.perf_counter() - sent) * 1e3)
    done.put(took)


def probe(port, began, ended, done):
    """In a process of its own: one sample every 5 ms."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    took = []
    began.wait()
    while not ended.is_set():
        sent = time.perf_counter()
        post(connection, b"probe v=1")
        took.append((time.perf_counter() - sent) * 1e3)
        time.sleep(0.005)
    done.put(took)


def percentile(values, share):
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def cpu(node):
    fields = pathlib.Path(f"/proc/{node.process.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) * TICK_S


def resident(node):
    status = pathlib.Path(f"/proc/{node.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) * 1024


def wait_until_idle(node):
    """Until it has used less than 5 % of a core for two seconds."""
    deadline = time.monotonic() + REST_S_MAX
    while True:
        before = cpu(node)
        time.sleep(2)
        if cpu(node) - before < 0.1:
            return
        assert time.monotonic() < deadline, "the node does not come to rest"


def work_s():
    """CPU seconds of a fixed piece of work."""
    data = random.Random(2).randbytes(1 << 20) + bytes(range(256)) * 8192
    began = time.process_time()
    for _ in range(4):
        zlib.compress(data, 6)
    return time.process_time() - began


def load(node, assets, steps, rows):
    """What filling took: (seconds, ms of batches, ms of single samples)."""
    began, ended = multiprocessing.Event(), multiprocessing.Event()
    batches, singles = multiprocessing.Queue(), multiprocessing.Queue()
    writers = [multiprocessing.Process(target=fill, daemon=True,
                                       args=(node.http_port, range(i, assets, WRITERS), steps, rows, began, batches))
               for i in range(WRITERS)]
    prober = multiprocessing.Process(target=probe, daemon=True, args=(node.http_port, began, ended, singles))
    for process in [*writers, prober]:
        process.start()
    at = time.perf_counter()
    began.set()
    took = sum(results(writers, batches, WRITERS), [])
    seconds = time.perf_counter() - at
    ended.set()
    alone = results([prober], singles, 1)[0]
    for process in [*writers, prober]:
        process.join()
    return seconds, took, alone


def ask(connection, path):
    began = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, body
    return (time.perf_counter() - began) * 1e3, body


def p99(node, paths):
    """In ms: of the client, and the upper bound inside the server."""
    connection = http.client.HTTPConnection("127.0.0.1", node.http_port)
    route = paths[0].partition("?")[0]
    ask(connection, paths[0])
    before = buckets(connection, route)
    took = [ask(connection, path)[0] for path in paths]
    bounds = between(before, buckets(connection, route), 0.99)
    return percentile(took, 0.99), float(bounds.split()[2])


def first_answers(node, plot, began):
    """Seconds since `began` to the first `last`, to the first accepted write, to the first plot."""
    connection = http.client.HTTPConnection("127.0.0.1", node.http_port)
    ask(connection, "/api/v1/last?signal=plant/u000000/f0")
    last = time.perf_counter() - began
    post(connection, b"probe v=2")
    write = time.perf_counter() - began
    ask(connection, plot)
    return last, write, time.perf_counter() - began


def step_of(folder, samples, signals, rows):
    assets, steps = max(signals // FIELDS, 1), max(samples // signals, 1)
    samples = assets * steps * FIELDS
    found = {"samples": samples, "signals": assets * FIELDS, "load_average": os.getloadavg()[0]}
    work = [work_s()]
    node = Node(folder, "--set", "catalogue.signals_max=2000000").start()
    empty = resident(node)
    spent = cpu(node)
    seconds, took, alone = load(node, assets, steps, rows)
    spent = cpu(node) - spent
    found |= {"cpu_s_per_m": spent / samples * 1e6, "m_per_s": samples / seconds / 1e6, "batches": len(took),
              "batch_ms": [percentile(took, share) for share in (0.5, 0.99, 1)], "singles": len(alone),
              "single_ms": [percentile(alone, share) for share in (0.5, 0.99, 0.999, 1)], "filled_mb": resident(node) / 1e6}

    def plot_of(asset):
        return (f"/api/v1/plot?signal=plant/u{asset:06d}/f{asset % FIELDS}&width=1000"
                f"&from={START_S * 10**9}&to={(START_S + steps * STEP_S) * 10**9}")

    node.kill()
    began = time.perf_counter()
    node.start()
    found["killed_s"] = first_answers(node, plot_of(0), began)
    wait_until_idle(node)
    spent += cpu(node)
    assert node.stop() == 0
    began = time.perf_counter()
    node.start()
    found["started_s"] = time.perf_counter() - began
    wait_until_idle(node)
    spent += cpu(node)
    found["rest_mb"] = resident(node) / 1e6
    found["bytes_per_signal"] = (resident(node) - empty) / (assets * FIELDS)
    found["settled_cpu_s_per_m"] = spent / samples * 1e6
    files = [path for path in node.data.rglob("*") if path.is_file() and path.relative_to(node.data).parts[0] != "log"]
    found["bytes_per_sample"] = sum(path.stat().st_size for path in files) / samples
    chance = random.Random(3)
    chosen = [chance.randrange(assets) for _ in range(REQUESTS)]
    found["last_ms"] = p99(node, [f"/api/v1/last?signal=plant/u{asset:06d}/f{asset % FIELDS}" for asset in chosen])
    found["plot_ms"] = p99(node, [plot_of(asset) for asset in chosen])
    assert node.stop() == 0
    work.append(work_s())
    found["work_s"] = sum(work) / len(work)
    return found


def report(found):
    fastest = min(one["work_s"] for one in found)
    print("| samples x signals | speed | CPU s/M answered, settled (times speed) | M/s | batch ms p50, p99, max | one ms p50, p99, p99.9, "
          "max | B/sample | MB filled, rest | B/signal | start s: last, write, plot; orderly | last p99 ms, inside | plot p99 ms, inside |")
    print(f"|{'---|' * 12}")
    for one in found:
        one["speed"] = fastest / one["work_s"]
        numbers = lambda values, form: ", ".join(f"{value:{form}}" for value in values)  # noqa: E731
        costs = (one["cpu_s_per_m"], one["settled_cpu_s_per_m"])
        print(f"| {one['samples']:.0e} x {one['signals']:.0e} | {one['speed']:.2f} "
              f"| {numbers(costs, '.3f')} ({numbers([cost * one['speed'] for cost in costs], '.3f')}) | {one['m_per_s']:.2f} "
              f"| {numbers(one['batch_ms'], '.1f')} | {numbers(one['single_ms'], '.1f')} of {one['singles']} "
              f"| {one['bytes_per_sample']:.3f} | {one['filled_mb']:.0f}, {one['rest_mb']:.0f} | {one['bytes_per_signal']:.0f} "
              f"| {numbers(one['killed_s'], '.2f')}; {one['started_s']:.2f} "
              f"| {numbers(one['last_ms'], '.3g')} | {numbers(one['plot_ms'], '.3g')} |", flush=True)


def wanted_steps(options):
    if options.steps:
        return [tuple(int(float(number)) for number in step.split("x")) for step in options.steps.split(",")]
    steps = [(10**power, 1_000) for power in range(6, 10) if 10**power <= options.samples_max]
    steps += [(10**7, 10**power) for power in range(4, 7) if 10**power <= options.signals_max]
    return steps


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples-max", type=float, default=1e8)
    parser.add_argument("--signals-max", type=float, default=1e6)
    parser.add_argument("--steps", default="")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--plot", type=pathlib.Path)
    options = parser.parse_args()
    rows = rows_of_values()
    found = []
    (ROOT / "var").mkdir(exist_ok=True)
    for samples, signals in wanted_steps(options):
        with tempfile.TemporaryDirectory(dir=ROOT / "var", prefix="growth-") as folder:
            found.append(step_of(folder, samples, signals, rows))
        print(f"{samples:.0e} samples, {signals:.0e} signals: done", file=sys.stderr, flush=True)
    if options.json:
        print(json.dumps(found))
    else:
        report(found)
    if options.plot:
        options.plot.write_text(draw(found))


if __name__ == "__main__":
    main()
