#!/usr/bin/env python3
"""Start with 10 million samples stored, and the time of `last` and of one day of a minute signal, over HTTP.

    ARTERY_PROGRAM=build/release/artery python3 bench/start_and_query.py

Latencies are what a client on loopback sees, and what the node itself counted meanwhile: the difference of two readings of
artery_http_request_duration_seconds in /metrics, from the complete request to its answer. Of those only the bucket is known:
"p99 0.4 to 0.5 ms" says that the 99th percentile lies between these two bounds. Python 3.11, nothing else.
"""
import http.client
import pathlib
import re
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/support"))

from artery_node import Node  # noqa: E402

REQUESTS = 1000
REQUESTS_TIMED = 2000
MINUTES = 10  # of one request
HOSTS = 100   # times ten fields
START_S = 1_700_000_000
DAY = "from=1700100000000000000&to=1700186400000000000&limit=2000"


def fill(node):
    connection = http.client.HTTPConnection("127.0.0.1", node.http_port)
    time_s = START_S
    for number in range(REQUESTS):
        rows = []
        for minute in range(MINUTES):
            time_s += 60
            rows += [f"cpu,host=h{host} f0={host}.5,f1={minute},f2=3,f3={number},f4=5,f5=6,f6=7,f7=8,f8=9,f9=10 {time_s}"
                     for host in range(HOSTS)]
        connection.request("POST", "/write?precision=s", body="\n".join(rows))
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 204, answer.status


def buckets(connection, route):
    """[(upper bound in ms, requests up to it)] of what the node counted since its start."""
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    prefix = re.escape(f'artery_http_request_duration_seconds_bucket{{route="{route}",le="')
    return [(float(bound) * 1e3, int(count)) for bound, count in re.findall(prefix + r'([^"]+)"} (\d+)', text)]


def between(before, after, share):
    counts = [(bound, count - dict(before).get(bound, 0)) for bound, count in after]
    lower = 0
    for bound, count in counts:
        if count >= share * counts[-1][1]:
            return f"{lower:g} to {bound:g} ms"
        lower = bound


def latencies(node, *paths):
    """Of requests of one route, one after the other."""
    connection = http.client.HTTPConnection("127.0.0.1", node.http_port)
    route = paths[0].partition("?")[0]
    before = buckets(connection, route)
    took = []
    count = len(paths)
    for path in paths:
        began = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        took.append((time.perf_counter() - began) * 1e3)
        assert answer.status == 200, body
    after = buckets(connection, route)
    assert after[-1][1] - (before[-1][1] if before else 0) == count
    inside = f"inside the server p50 {between(before, after, 0.5)}, p99 {between(before, after, 0.99)}"
    first = took[0]
    took.sort()
    return (f"first {first:.2f} ms, p50 {took[count // 2]:.2f} ms, p99 {took[count * 99 // 100]:.2f} ms "
            f"({len(body)} bytes); {inside}")


def resident(node):
    status = pathlib.Path(f"/proc/{node.process.pid}/status").read_text()
    return next(line.split(":")[1].strip() for line in status.splitlines() if line.startswith("VmRSS"))


def measure(node, how):
    began = time.perf_counter()
    node.start()
    print(f"{how}: ready after {time.perf_counter() - began:.2f} s")
    print(f"  one day of a minute signal: {latencies(node, *[f'/api/v1/raw?signal=cpu/h7/f0&{DAY}'] * REQUESTS_TIMED)}")
    print(f"  last: {latencies(node, *['/api/v1/last?signal=cpu/h7/f0'] * REQUESTS_TIMED)}")
    print(f"  resident: {resident(node)}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        node = Node(folder).start()
        print(f"idle: resident {resident(node)}")
        fill(node)
        node.kill()
        measure(node, "after kill -9 with 10 million samples")
        assert node.stop() == 0
        measure(node, "after an orderly stop")
        assert node.stop() == 0


if __name__ == "__main__":
    main()
