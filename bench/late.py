#!/usr/bin/env python3
"""Late data against data in order: the same samples, written in another order, into a node whose checkpoints and merges run all the time.

    ARTERY_PROGRAM=build/release/artery python3 bench/late.py [ROUNDS]

  week late    100 hosts of 10 fields every 10 s; half of the lines are up to 7 days late
  back-filled  one signal every 100 s over 10 years, batch by batch at random places

Each is run in order and late in turn, ROUNDS times (default 3). Samples per CPU second of the node are counted until its files are at
rest, and while it is being written to; the last column is the most memory it had. Python 3.11, nothing else.
"""
import http.client
import os
import pathlib
import random
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from artery_node import Node  # noqa: E402
from years import come_to_rest  # noqa: E402

START_S = 1_577_836_800  # 2020
HOSTS, FIELDS, STEP_S, STEPS = 100, 10, 10, 3000
BATCH = 10_000  # lines
BACKFILL_SAMPLES, BACKFILL_STEP_S = 3_000_000, 100
WEEK_S = 7 * 86_400
SETTINGS = ("--set", "history.checkpoint_bytes=32MiB")


def fleet(late):
    chance = random.Random(1)
    values = [[50] * FIELDS for _ in range(HOSTS)]
    lines = []
    for step in range(STEPS):
        for host, row in enumerate(values):
            for field in range(FIELDS):
                row[field] = min(100, max(0, row[field] + chance.choice((-1, 0, 1))))
            at = START_S + WEEK_S + step * STEP_S
            if late and chance.random() < 0.5:
                at -= chance.randrange(WEEK_S)
            fields = ",".join(f"f{i}={value}i" for i, value in enumerate(row))
            lines.append(f"cpu,host=h{host} {fields} {at}")
    return batches(lines), HOSTS * FIELDS * STEPS


def signal(late):
    chance = random.Random(2)
    at, lines = 200, []
    for i in range(BACKFILL_SAMPLES):
        at = min(350, max(150, at + chance.choice((-1, 0, 0, 1))))
        lines.append(f"kiln temperature={at / 10} {START_S + i * BACKFILL_STEP_S}")
    all_batches = batches(lines)
    if late:
        chance.shuffle(all_batches)
    return all_batches, BACKFILL_SAMPLES


def batches(lines):
    return ["\n".join(lines[i:i + BATCH]) for i in range(0, len(lines), BATCH)]


def cpu(node):
    fields = pathlib.Path(f"/proc/{node.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def most_memory(node):
    for line in pathlib.Path(f"/proc/{node.process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("the system does not say how much memory it had")


def write(node, all_batches):
    connection = http.client.HTTPConnection("127.0.0.1", node.http_port)
    for body in all_batches:
        connection.request("POST", "/write?precision=s", body=body)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 204, answer.status


def run(data, samples):
    with tempfile.TemporaryDirectory() as folder:
        node = Node(folder, *SETTINGS).start()
        before, begin = cpu(node), time.monotonic()
        write(node, data)
        taken, seconds = cpu(node) - before, time.monotonic() - begin
        come_to_rest(node)
        rested = cpu(node) - before
        memory = most_memory(node)
        assert node.stop() == 0, node.journal()
    return samples / rested / 1e6, samples / taken / 1e6, samples / seconds / 1e6, memory


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    print(f"{'':24}{'M samples per CPU s':>22}{'while written':>16}{'M/s wall':>10}{'MiB':>7}")
    for name, make in (("week late", fleet), ("back-filled", signal)):
        data = {late: make(late) for late in (False, True)}
        seen = {False: [], True: []}
        for _ in range(rounds):
            for late in (False, True):
                seen[late].append(run(*data[late]))
        for late in (False, True):
            rested, taken, wall, memory = (statistics.median(column) for column in zip(*seen[late], strict=True))
            print(f"{name + (': late' if late else ': in order'):24}{rested:22.2f}{taken:16.2f}{wall:10.2f}{memory:7.0f}")
        ratios = [late[0] / order[0] for order, late in zip(seen[False], seen[True], strict=True)]
        print(f"{'  late to in order':24}{statistics.median(ratios):22.2f}   ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
