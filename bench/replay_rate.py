#!/usr/bin/env python3
"""`artery replay` of a CSV of 20 columns on disk into a node: samples per second end to end, CPU, memory.

    ARTERY_PROGRAM=build/release/artery python3 bench/replay_rate.py [million samples]

Node and command share the machine's cores. Python 3.11, nothing else.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/support"))

from artery_node import PROGRAM, Node  # noqa: E402

COLUMNS = 20
START_S = 1_700_000_000
TICKS = os.sysconf("SC_CLK_TCK")


def write_table(path, rows):
    """A row a second in ISO dates; values with four decimals that walk."""
    with open(path, "w") as out:
        out.write("time," + ",".join(f"sensor{i}" for i in range(COLUMNS)) + "\n")
        for row in range(rows):
            moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(START_S + row))
            out.write(f"{moment}," + ",".join(f"{20 + i + (row * 7919 + i * 104729) % 9973 / 9973:.4f}" for i in range(COLUMNS)))
            out.write("\n")


def cpu_of(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def main():
    millions = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    rows = int(millions * 1e6 / COLUMNS)
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        table = pathlib.Path(folder) / "table.csv"
        write_table(table, rows)
        print(f"{rows} rows of {COLUMNS} columns, {table.stat().st_size / 1e6:.0f} MB")
        for connections in (1, 4):
            node = Node(pathlib.Path(folder) / f"node{connections}").start()
            began = time.perf_counter()
            command = subprocess.Popen([PROGRAM, "replay", table, "--to", node.http_url, "--no-state", "--connections",
                                        str(connections)], stdout=subprocess.DEVNULL)
            _, status, used = os.wait4(command.pid, 0)
            took = time.perf_counter() - began
            assert status == 0, status
            print(f"{connections} connections: {rows * COLUMNS / took / 1e6:.2f} M samples/s; CPU s per million: "
                  f"command {(used.ru_utime + used.ru_stime) / millions:.2f}, node {cpu_of(node.process) / millions:.2f}; "
                  f"command's largest resident size {used.ru_maxrss / 1024:.0f} MB")
            assert node.stop() == 0


if __name__ == "__main__":
    main()
