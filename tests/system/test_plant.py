"""The demonstration plant (demo/) at a real node, alone and beside it as `make run` starts them."""
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import httpx
import pytest

from artery_node import PROGRAM, ROOT

PLANT = pathlib.Path(PROGRAM).with_name("artery-plant")
POWER = "acme/shenzhen/energy-yard/grid-meter/active_power"
WAIT_S_MAX = 60


def wait_until(condition, what, seconds=WAIT_S_MAX):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)
    return found


class RunningPlant:
    """artery-plant as a child process; its words in a file."""

    def __init__(self, node, folder, *options):
        self.words = folder / "plant.words"
        with open(self.words, "ab") as words:
            self.process = subprocess.Popen([PLANT, "--port", str(node.mqtt_port), *options], stderr=words,
                                            stdin=subprocess.DEVNULL)

    def said(self, what):
        return self.words.read_text().count(what)

    def wait_said(self, what, times=1):
        wait_until(lambda: self.said(what) >= times, f"{what!r} {times} times in {self.words.read_text()!r}")

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=WAIT_S_MAX)


@pytest.fixture
def plant_at(tmp_path):
    started = []

    def start(node, *options):
        started.append(RunningPlant(node, tmp_path, *options))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def names_of(http):
    names, after = set(), ""
    while True:
        page = http.get("/api/v1/signals", params={"limit": 1000, **({"after": after} if after else {})}).json()
        names |= {signal["name"] for signal in page["signals"]}
        after = page.get("next")
        if not after:
            return names


def newest(http, signal=POWER):
    answer = http.get("/api/v1/last", params={"signal": signal})
    found = answer.json()["last"] if answer.status_code == 200 else []
    return int(found[0]["time"]) if found and found[0]["time"] else 0  # 0 where it has no value yet


def minutes_of(http, since_s, until_s):
    """The whole minutes of POWER's samples."""
    answer = http.get("/api/v1/raw", params={"signal": POWER, "from": str(since_s * 10**9), "to": str(until_s * 10**9),
                                             "limit": 20000, "revisions": "true"})
    assert answer.status_code == 200, answer.text
    return [int(sample[0]) // 10**9 // 60 for sample in answer.json()["samples"] if int(sample[0]) % (60 * 10**9) == 0]


def test_the_catalogue_names_exactly_what_is_published(node, client):
    catalogue = json.loads(subprocess.run([PLANT, "--catalogue"], capture_output=True, check=True).stdout)
    told = {signal["name"] for signal in catalogue["signals"]}
    # Every signal speaks at some time of a week; sensors that are silent now have spoken before.
    subprocess.run([PLANT, "--port", str(node.mqtt_port), "--once", "--start", "2026-06-01T06:00:00Z"], check=True)
    subprocess.run([PLANT, "--port", str(node.mqtt_port), "--once", "--start", "2026-06-03T12:13:00Z"], check=True)
    assert names_of(client) == told
    answer = client.post("/api/v1/catalogue", content=json.dumps(catalogue), headers={"Content-Type": "application/json"})
    assert answer.status_code == 200 and answer.json()["refused"] == [], answer.text
    assert names_of(client) == told
    assert all(asset["display_names"].keys() == {"en", "zh"} for asset in catalogue["assets"])


def test_history_is_written_once_and_a_gap_is_filled(node, client, plant_at):
    plant = plant_at(node, "--history", "6h")
    plant.wait_said("history is written")
    until = newest(client) // 10**9
    wait_until(lambda: newest(client) // 10**9 > until + 1, "live values go on")
    assert plant.stop() == 0
    until = newest(client) // 10**9
    first = minutes_of(client, until - 7 * 3600, until)
    assert 355 <= len(set(first)) <= 361

    # A later start writes nothing twice.
    plant = plant_at(node, "--history", "6h")
    wait_until(lambda: newest(client) // 10**9 > until + 1, "live values go on")
    assert plant.stop() == 0
    later = newest(client) // 10**9
    everything = minutes_of(client, until - 7 * 3600, later + 1)
    assert len(everything) == len(set(everything)), "a minute was written with two values"
    assert everything[-1] - everything[0] == len(everything) - 1, "a minute is missing"
    assert client.get("/api/v1/rejections").json()["rejections"] == []


def test_history_that_was_interrupted_is_finished_by_the_next_start(node, client, plant_at):
    plant = plant_at(node, "--history", "10d")
    plant.wait_said("writing them")
    wait_until(lambda: newest(client), "the first values")
    assert plant.stop() == 0
    assert plant.said("history is written") == 0, "it was too fast to be interrupted"
    plant = plant_at(node)
    plant.wait_said("history is written")
    assert plant.stop() == 0
    until = newest(client) // 10**9
    minutes = minutes_of(client, until - 11 * 86400, until)
    assert len(minutes) == len(set(minutes)) == minutes[-1] - minutes[0] + 1 >= 10 * 1440 - 1


def test_the_plant_goes_on_after_the_node_was_killed(make_node, plant_at):
    node = make_node()
    node.start()
    plant = plant_at(node, "--history", "1h")
    plant.wait_said("history is written")
    port = node.mqtt_port
    node.kill()
    plant.wait_said("trying again every second")
    node.options = ("--mqtt-port", str(port))
    node.start()
    with httpx.Client(base_url=node.http_url, timeout=30) as http:
        known = newest(http)
        wait_until(lambda: newest(http) > known, "live values after the restart")
    assert plant.stop() == 0


def test_a_wiped_node_gets_its_history_again(make_node, plant_at):
    for name in ("one", "other"):
        node = make_node(name=name)
        node.start()
        plant = plant_at(node, "--history", "2h")
        plant.wait_said("history is written", times=1 if name == "one" else 2)
        assert plant.stop() == 0


def test_a_late_gateway_falls_behind_and_then_sends_everything(node, client, plant_at):
    def active(day, hour):
        start = f"2026-06-{day:02}T{hour:02}:00:00Z"
        told = subprocess.run([PLANT, "--stories", "--start", start], capture_output=True, text=True, check=True).stdout
        return start, told.partition("\nnext:\n")[0].partition("gateway sends late")[2]

    start, story = next(found for day in range(1, 29) for hour in (2, 8, 14, 20) if (found := active(day, hour))[1])
    late = re.search(r"look at (\S+)", story).group(1)
    plant = plant_at(node, "--start", start, "--speed", "60", "--history", "0")
    wait_until(lambda: newest(client) - newest(client, late) > 200 * 10**9 and newest(client, late), "it falls behind")
    behind = newest(client, late)
    wait_until(lambda: newest(client, late) > behind, "it sends")
    answer = client.get("/api/v1/raw", params={"signal": late, "from": str(behind), "to": str(newest(client, late) + 1)})
    times = [int(sample[0]) // 10**9 for sample in answer.json()["samples"]]
    assert plant.stop() == 0
    assert times[-1] - times[0] > 200 and all(later - one <= 6 for one, later in zip(times, times[1:])), times


@pytest.mark.parametrize("arguments, word", [(["--history", "soon"], "7d"), (["--start", "now"], "2026-06-01T00:00:00Z"),
                                             (["--once", "--port", "1"], "no node answers at 127.0.0.1:1")])
def test_what_is_wrong_is_said_in_one_line(arguments, word):
    told = subprocess.run([PLANT, *arguments], capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert told.stderr.startswith("artery-plant: ") and told.stderr.count("\n") == 1 and word in told.stderr


def test_stories_name_what_is_wrong_now_and_next():
    told = subprocess.run([PLANT, "--stories"], capture_output=True, text=True, check=True).stdout
    active, _, coming = told.partition("\nnext:\n")
    assert 1 <= active.count("look at") <= 3 and coming.count("look at") == 3


class Pair:
    """tools/node_and_plant on ports of its own."""

    def __init__(self, folder):
        self.words = folder / "words"
        self.words.touch()
        with open(self.words, "ab") as words:
            self.process = subprocess.Popen(
                [ROOT / "tools/node_and_plant", "--build", PLANT.parent, "--data", folder / "data", "--http-port", "0",
                 "--mqtt-port", "0"], stderr=words, stdin=subprocess.DEVNULL)

    def address(self):
        """The console's, as it is printed."""
        found = wait_until(lambda: re.search(r"console +(http://\S+)/\n", self.words.read_text()), "the address")
        return found.group(1)

    def children(self):
        listed = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(self.process.pid)], capture_output=True,
                                text=True, check=False).stdout
        return {name: int(pid) for pid, name in map(str.split, listed.splitlines())}


@pytest.fixture
def pair(tmp_path):
    running = Pair(tmp_path)
    yield running
    if running.process.poll() is None:
        running.process.terminate()
        running.process.wait(WAIT_S_MAX)


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_run_shows_live_values_within_ten_seconds_and_stops_in_order(pair):
    began = time.monotonic()
    with httpx.Client(base_url=pair.address(), timeout=30) as http:
        wait_until(lambda: newest(http) > (time.time() - 5) * 10**9, "live values", seconds=10)
        assert time.monotonic() - began < 10
        units = {one["name"]: one.get("unit") for one in http.get("/api/v1/signals", params={"limit": 1000}).json()["signals"]}
        assert units[POWER] == "kW"
    children = pair.children()
    assert set(children) == {"artery", "artery-plant"}
    pair.process.send_signal(signal.SIGINT)
    assert pair.process.wait(WAIT_S_MAX) == 0, pair.words.read_text()
    assert not any(map(is_alive, children.values()))


@pytest.mark.parametrize("victim", ["artery", "artery-plant", "both's parent"])
def test_none_is_left_when_one_dies(pair, victim):
    pair.address()
    children = pair.children()
    os.kill(children.get(victim, pair.process.pid), signal.SIGKILL)
    assert pair.process.wait(WAIT_S_MAX) != 0
    wait_until(lambda: not any(map(is_alive, children.values())), f"all of {children} end")
