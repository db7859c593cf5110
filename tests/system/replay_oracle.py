"""What a table holds, by Python's own csv module: the oracle of the replay's tests."""
import csv
import gzip
import http.client
import json
import subprocess
from urllib.parse import quote

from artery_node import PROGRAM

MISSING = {"", "NA", "N/A", "n/a", "NaN", "nan", "NAN", "NULL", "null", "None", "none", "nil", "-", "--", "—", "–", "?", "#N/A", "\\N"}


def escape(level, equals=False):
    """One level of a name, as Artery writes it; the replay makes its blanks single ones and takes them off the ends."""
    level = " ".join(level.split())
    for mark in "%/+#" + ("=" if equals else ""):
        level = level.replace(mark, f"%{ord(mark):02X}")
    return level


def replay(node, *arguments, status=0, **environment):
    """Runs the command to its end; returns what it printed."""
    done = subprocess.run([PROGRAM, "replay", "--to", node.http_url, "--no-state", *map(str, arguments)],
                          capture_output=True, text=True, timeout=120, **environment)
    assert done.returncode == status, f"exit {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def rows_of(path, **dialect):
    """The rows of a CSV file, its header first."""
    opened = gzip.open(path, "rt") if str(path).endswith(".gz") else open(path, encoding="utf-8-sig", newline="")
    with opened as file:
        return list(csv.reader(file, **dialect))


class Expected:
    """Signals with their revisions: for each time the distinct values in the order they were said."""

    def __init__(self):
        self.signals = {}

    def add(self, signal, time_ns, value):
        revisions = self.signals.setdefault(signal, {}).setdefault(time_ns, [])
        if value not in revisions:
            revisions.append(value)

    def add_number(self, signal, time_ns, text):
        if text.strip() not in MISSING:
            self.add(signal, time_ns, float(text))

    def revised(self):
        """How many times have more than one value, and how many values those are beyond the first."""
        further = [len(values) - 1 for times in self.signals.values() for values in times.values() if len(values) > 1]
        return len(further), sum(further)

    def check(self, client):
        """Every signal with every revision."""
        with Reader(client) as reader:
            for signal, times in self.signals.items():
                assert reader.read(signal) == dict(sorted(times.items())), signal


class Reader:
    """Reads whole signals over one connection, with as little between as can be: there may be ten thousands of them."""

    def __init__(self, client):
        self.connection = http.client.HTTPConnection(client.base_url.host, client.base_url.port, timeout=60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def read(self, signal):
        """{time: [values of all revisions]}"""
        found, after = {}, None
        while True:
            query = f"signal={quote(signal, safe='')}&revisions=true" + (f"&after={after}" if after else "")
            self.connection.request("GET", "/api/v1/raw?" + query)
            answer = self.connection.getresponse()
            text = answer.read()
            assert answer.status == 200, f"{signal}: {text}"
            page = json.loads(text)
            for time, value, quality in page["samples"]:
                assert quality == 0
                found.setdefault(int(time), []).append(value)
            after = page["next"]
            if after is None:
                return found


def read_all(client, signal):
    """{time: [values of all revisions]} of a signal."""
    with Reader(client) as reader:
        return reader.read(signal)
