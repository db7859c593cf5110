#!/usr/bin/env python3
"""Artery beside other time series databases: the same line protocol, one server at a time, in turns.

    tools/bench peers [--rounds 3] [--sets cpu-only,iot,ett,steel,farm,nab,cmapss] [--servers artery,...] [--steps 10000]

Peers are what is installed: `apt-get install victoria-metrics influxdb`, and for QuestDB a Java 17 and
`mvn dependency:get -Dartifact=org.questdb:questdb:9.3.1 -Dtransitive=false`. One that is not there is named and left out.

Each run starts a server with its own defaults on an empty folder, on loopback, and sends it a file by HTTP: two connections,
batches of 10,000 lines, every answer a 204 (bench/line_protocol_load.cc; client and server share the machine's cores). Then:

  answered   CPU seconds of the server per million samples, from the first request to the last answer
  settled    the same until it rests: what it put off is written, merged, flushed. A server may answer before it has done the work
  samples/s  from the first request to the last answer
  B/sample   of the files then, without those of the logs: all that is in a log is in the other files too, and is forgotten
             sooner or later. Of sparse files only what takes room is counted

To rest: VictoriaMetrics force_flush and force_merge; InfluxDB a start with short cold times, so that it compacts to the end;
QuestDB its log applied; Artery an orderly stop and another start. All but that is how they come. VictoriaMetrics is given a
retention that takes the old times. `synced`: of ten single writes, how many were answered after an fsync, fdatasync or msync
that began after the request (strace).

cpu-only and iot are made by bench/tsbs_shapes.cc (100 hosts, 10 s, --steps of them); the others are the numbers of real sets in
ARTERY_DATA, or ../shared/data. Python 3.11, nothing else.
"""
import argparse
import contextlib
import csv
import gzip
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from datetime import datetime, timezone

ROOT = pathlib.Path(__file__).resolve().parents[1]
DATA = pathlib.Path(os.environ.get("ARTERY_DATA", ROOT.parent / "shared/data"))
ARTERY = os.environ.get("ARTERY_PROGRAM", str(ROOT / "build/release/artery"))
BENCHES = ROOT / "build/release/benches"
START_S_MAX = 60
REST_S_MAX = 600
SAMPLES_MIN = 1_000_000  # of a set, for its seconds to say anything; bytes do for fewer
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Server:
    """One server on one folder, which may live several times. CPU seconds are those of all its lives, without their starts."""

    name = ""
    write_path = "/write?precision=ns"
    parts = 1  # in which it is sent what there is; it is stopped and started between them

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "data"
        self.data.mkdir(parents=True)
        self.port = 0
        self.process = None
        self.spent = 0.0
        self.at_start = 0.0

    def command(self, at_rest):
        raise NotImplementedError

    def is_ready(self):
        return self.get("/ping").status in (200, 204)

    def rest(self):
        """Has it do what it has put off."""

    def files(self):
        return [path for path in self.data.rglob("*") if path.is_file()]

    def start(self, at_rest=False):
        self.port = free_port()
        with open(self.folder / "journal", "ab") as journal:
            self.process = subprocess.Popen(self.command(at_rest), stdout=journal, stderr=journal, stdin=subprocess.DEVNULL,
                                            env={**os.environ, **self.environment()})
        deadline = time.monotonic() + START_S_MAX
        while True:
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{self.name} does not start: {(self.folder / 'journal').read_text()[-2000:]}")
            with contextlib.suppress(OSError):
                if self.is_ready():
                    break
            time.sleep(0.01)
        self.at_start = self.cpu()
        return self

    def environment(self):
        return {}

    def get(self, path, method="GET"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=REST_S_MAX)
        connection.request(method, path)
        answer = connection.getresponse()
        answer.text = answer.read().decode()
        return answer

    def query(self, path, **parameters):
        answer = self.get(f"{path}?{urllib.parse.urlencode(parameters)}")
        assert answer.status == 200, answer.text
        return json.loads(answer.text)

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) * TICK_S  # user, system, and both of children that have ended

    def cpu_so_far(self):
        return self.spent + self.cpu() - self.at_start

    def wait_until_idle(self):
        """Until it has used less than 5 % of a core for three seconds."""
        deadline = time.monotonic() + REST_S_MAX
        while True:
            before = self.cpu()
            time.sleep(3)
            if self.cpu() - before < 0.15:
                return
            assert time.monotonic() < deadline, f"{self.name} does not come to rest"

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.spent += usage.ru_utime + usage.ru_stime - self.at_start

    def settle(self):
        self.wait_until_idle()
        self.rest()
        self.stop()

    def bytes_on_disk(self):
        return sum(min(stat.st_size, stat.st_blocks * 512) for stat in (path.stat() for path in self.files()))


class Artery(Server):
    name = "artery"

    def command(self, at_rest):
        return [ARTERY, "run", "--data", self.data, "--http-port", str(self.port), "--mqtt-port", "0", "--ready-file",
                self.folder / "ready.json"]

    def is_ready(self):
        return self.get("/ready").status == 200

    def rest(self):
        self.stop()  # writes every checkpoint
        self.start()
        self.wait_until_idle()

    def files(self):
        return [path for path in super().files() if path.relative_to(self.data).parts[0] != "log"]


class ArteryCompacted(Artery):
    """What a node comes to that has run for longer: stopped after each eighth, so that there are segments to merge."""

    name = "artery-compacted"
    parts = 8


class VictoriaMetrics(Server):
    name = "victoria-metrics"
    program = shutil.which("victoria-metrics")

    def command(self, at_rest):
        return [self.program, f"-httpListenAddr=127.0.0.1:{self.port}", f"-storageDataPath={self.data}", "-retentionPeriod=100y"]

    def is_ready(self):
        return self.get("/health").status == 200

    def rest(self):
        for path in ("/internal/force_flush", "/internal/force_merge"):
            assert self.get(path).status == 200
        self.wait_until_idle()


class InfluxDb(Server):
    name = "influxdb"
    program = shutil.which("influxd")
    write_path = "/write?db=bench&precision=ns"

    def command(self, at_rest):
        cold = 'cache-snapshot-write-cold-duration = "1s"\ncompact-full-write-cold-duration = "1s"\n' if at_rest else ""
        config = self.folder / "influxdb.conf"
        config.write_text(f'reporting-disabled = true\nbind-address = "127.0.0.1:{free_port()}"\n'
                          f'[meta]\ndir = "{self.data}/meta"\n'
                          f'[data]\ndir = "{self.data}/data"\nwal-dir = "{self.data}/wal"\n{cold}'
                          f'[http]\nbind-address = "127.0.0.1:{self.port}"\n')
        return [self.program, "-config", config]

    def start(self, at_rest=False):
        super().start(at_rest)
        if not at_rest:
            assert self.get("/query?q=CREATE+DATABASE+bench", "POST").status == 200
        return self

    def rest(self):
        self.stop()
        self.start(at_rest=True)
        time.sleep(5)  # it looks once a second whether something has become cold
        self.wait_until_idle()

    def files(self):
        return [path for path in super().files() if path.relative_to(self.data).parts[0] != "wal"]


class QuestDb(Server):
    name = "questdb"
    java = shutil.which("java")
    jar = next(iter(sorted(pathlib.Path.home().glob(".m2/repository/org/questdb/questdb/*/questdb-*.jar"), reverse=True)), None)
    program = java and jar

    def command(self, at_rest):
        settings = self.data / "conf"
        settings.mkdir(exist_ok=True)
        (settings / "server.conf").write_text(
            f"http.bind.to=127.0.0.1:{self.port}\nhttp.min.enabled=false\npg.enabled=false\nline.tcp.enabled=false\n"
            "telemetry.enabled=false\n")
        return [self.java, "-XX:+UseParallelGC", "-p", str(self.jar), "-m", "io.questdb/io.questdb.ServerMain", "-d", str(self.data)]

    def rest(self):
        deadline = time.monotonic() + REST_S_MAX
        while any(row[0] != row[1] for row in self.query(
                "/exec", query="select sequencerTxn, writerTxn from wal_tables()")["dataset"]):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        self.wait_until_idle()

    def files(self):
        return [path for path in super().files() if not re.search(r"/(wal\d+|txn_seq)/|/(conf|log|public)/", str(path))]


SERVERS = {server.name: server for server in (Artery, ArteryCompacted, VictoriaMetrics, InfluxDb, QuestDb)}


def nanoseconds(text, form):
    return int(datetime.strptime(text, form).replace(tzinfo=timezone.utc).timestamp()) * 10**9


def line(head, values, time_ns):
    fields = ",".join(f"{re.sub('[^A-Za-z0-9_]', '_', name)}={value}" for name, value in values.items() if value != "")
    return f"{head} {fields} {time_ns}\n" if fields else ""


def rows(path, **options):
    with open(path, newline="", encoding="utf-8-sig") as file:
        yield from csv.DictReader(file, **options)


def ett():
    for name in ("ETTh1", "ETTh2"):
        for row in rows(DATA / f"ett/ETT-small/{name}.csv"):
            yield line(f"ett,transformer={name}", row, nanoseconds(row.pop("date"), "%Y-%m-%d %H:%M:%S"))


def steel():
    for row in rows(DATA / "steel_energy/Steel_industry_data.csv"):
        time_ns = nanoseconds(row.pop("date"), "%d/%m/%Y %H:%M")
        yield line("steel", {name: row[name] for name in row if name not in ("WeekStatus", "Day_of_week", "Load_Type")}, time_ns)


def farm():
    for row in rows(DATA / "crop_underground_farm/aranet_trh.csv"):
        values = {name: row[name] for name in ("temperature", "humidity")}
        yield line(f"farm,sensor={row['sensor_id']}", values, nanoseconds(row["timestamp"], "%Y-%m-%d %H:%M:%S"))


def nab():
    for path in sorted((DATA / "nab/data").rglob("*.csv")):
        for row in rows(path):
            yield line(f"nab,series={path.stem}", {"value": row["value"]}, nanoseconds(row["timestamp"][:19], "%Y-%m-%d %H:%M:%S"))


def cmapss():
    with gzip.open(DATA / "cmapss_fd001/train_FD001.txt.gz", "rt") as file:
        for text in file:
            unit, cycle, *values = text.split()
            names = [f"setting{i}" for i in range(1, 4)] + [f"sensor{i}" for i in range(1, 22)]
            yield line(f"engine,unit={unit}", dict(zip(names, values)), (1_600_000_000 + 3600 * int(cycle)) * 10**9)


REAL_SETS = {"ett": ett, "steel": steel, "farm": farm, "nab": nab, "cmapss": cmapss}


def make_set(name, steps, path):
    if name in REAL_SETS:
        path.write_text("".join(REAL_SETS[name]()))
        return
    with open(path, "wb") as file:
        subprocess.run([BENCHES / "tsbs_shapes", name, "--steps", str(steps)], stdout=file, check=True)


def parts_of(data, count):
    """The file itself, or so many with its lines."""
    if count == 1:
        return [data]
    lines = data.read_bytes().splitlines(keepends=True)
    parts = []
    for number in range(count):
        parts.append(data.with_suffix(f".{number}"))
        parts[-1].write_bytes(b"".join(lines[len(lines) * number // count:len(lines) * (number + 1) // count]))
    return parts


def measure(server_class, folder, data):
    server = server_class(folder).start()
    answered, samples, seconds = 0, 0, 0
    for number, part in enumerate(parts_of(data, server.parts)):
        if number > 0:
            server.stop()
            server.start()
        before = server.cpu_so_far()
        load = subprocess.run([BENCHES / "line_protocol_load", part, str(server.port), server.write_path], stdout=subprocess.PIPE)
        if load.returncode != 0:
            sys.exit(f"{server.name} did not take {data.name}")
        sent = json.loads(load.stdout)
        answered += server.cpu_so_far() - before
        samples += sent["samples"]
        seconds += sent["seconds"]
    server.settle()
    million = samples / 1e6
    return {"answered": answered / million, "settled": server.spent / million, "samples/s": samples / seconds,
            "B/sample": server.bytes_on_disk() / samples, "samples": samples}


def syncs_of(trace):
    """[(begin, end)] of the syncs that strace saw to end."""
    begun, syncs = {}, []
    for text in trace.splitlines():
        found = re.match(r"(?:\[pid\s+)?(\d+)\]?\s+(\d+\.\d+) (.*)", text)
        if not found:
            continue
        task, at, call = found[1], float(found[2]), found[3]
        if "unfinished" in call:
            begun[task] = at
        elif "resumed" in call:
            syncs.append((begun.pop(task, at), at))
        elif took := re.search(r"<([\d.]+)>$", call):
            syncs.append((at, at + float(took[1])))
    return syncs


def synced(server_class, folder, writes=10):
    """How many of ten single writes are answered after a sync."""
    server = server_class(folder).start()
    trace = pathlib.Path(folder) / "trace"
    connection = http.client.HTTPConnection("127.0.0.1", server.port)

    def write(number):
        began = time.time()
        connection.request("POST", server.write_path, body=f"m,t=a v={number} {10**18 + number * 10**9}\n")
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 204, answer.status
        return began, time.time()

    write(0)  # what is only done for the first one
    strace = subprocess.Popen(["strace", "-f", "-ttt", "-T", "-e", "trace=fsync,fdatasync,msync,sync_file_range,syncfs", "-o", trace,
                               "-p", str(server.process.pid)], stderr=subprocess.PIPE)
    os.read(strace.stderr.fileno(), 4096)  # it is attached
    answers = []
    for number in range(1, writes + 1):
        answers.append(write(number))
        time.sleep(0.3)  # apart, so that no write is answered after the sync of another
    strace.send_signal(signal.SIGINT)
    strace.communicate()
    server.stop()
    syncs = syncs_of(trace.read_text())
    return sum(any(began <= begin and end <= answered for begin, end in syncs) for began, answered in answers)


def spread(values, digits=3):
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def report(name, results):
    rounds = results["artery"]
    columns = [("answered", "CPU s/M answered", 1), ("settled", "CPU s/M settled", 1), ("samples/s", "M samples/s", 1e6),
               ("B/sample", "B/sample", 1)]
    if rounds[0]["samples"] < SAMPLES_MIN:
        columns = columns[3:]
    print(f"\n{name}: {rounds[0]['samples'] / 1e6:.2f} million samples, median (least to greatest) of {len(rounds)} rounds; "
          "times Artery's in the same round")
    print(f"| server | {' | '.join(title for _, title, _ in columns)} |\n|---|{'---|' * len(columns)}")
    for server, runs in results.items():
        cells = []
        for column, _, scale in columns:
            ratio = statistics.median(run[column] / own[column] for run, own in zip(runs, rounds))
            times = "" if server == "artery" else f", x{ratio:.2f}"
            cells.append(spread([run[column] / scale for run in runs]) + times)
        print(f"| {server} | {' | '.join(cells)} |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sets", default="cpu-only,iot," + ",".join(REAL_SETS))
    parser.add_argument("--servers", default=",".join(SERVERS))
    parser.add_argument("--steps", type=int, default=10_000)
    options = parser.parse_args()
    wanted = [SERVERS[name] for name in options.servers.split(",")]
    missing = [server.name for server in wanted if not getattr(server, "program", True)]
    servers = [server for server in wanted if server.name not in missing]
    assert Artery in servers, "ratios are to Artery"
    print(f"load average {os.getloadavg()[0]:.1f}; not installed: {', '.join(missing) or 'none'}")
    (ROOT / "var").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "var", prefix="peers-") as work:
        work = pathlib.Path(work)
        if shutil.which("strace"):
            for server in servers:
                print(f"synced: {server.name} {synced(server, work / f'sync-{server.name}')} of 10", flush=True)
        for name in options.sets.split(","):
            if name in REAL_SETS and not DATA.is_dir():
                print(f"\n{name}: left out, there is no data in {DATA}")
                continue
            data = work / f"{name}.lp"
            make_set(name, options.steps, data)
            results = {server.name: [] for server in servers}
            for turn in range(options.rounds):
                for server in servers[turn % len(servers):] + servers[:turn % len(servers)]:
                    folder = work / f"{name}-{turn}-{server.name}"
                    results[server.name].append(measure(server, folder, data))
                    shutil.rmtree(folder)
            report(name, results)
            data.unlink()
    print(f"\nload average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
