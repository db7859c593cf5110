#!/usr/bin/env python3
"""kill -9 under load: crash_rounds.py [--rounds 30] [--seed 1] [--compacting]

Writers over HTTP (line protocol) and MQTT (paho, QoS 1) send samples that carry their source's time, each value once.
At a random moment the node is killed. After its restart a writer sends again what was not acknowledged. At the end every
acknowledged sample must be there with its value, in one revision, and nothing that was not sent. With --compacting a node lives
for seconds, makes a segment a second and merges any two of them: kills meet checkpoints and compactions.
"""
import argparse
import collections
import http.client
import json
import pathlib
import random
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import paho.mqtt.client as mqtt  # noqa: E402

from artery_node import Node  # noqa: E402

START_MS = 1_700_000_000_000
LINES = 20  # of one HTTP request
HTTP_WRITERS = 2
MQTT_WRITERS = 2
IN_FLIGHT_MAX = 20


class HttpWriter(threading.Thread):
    """Sends requests of LINES lines, one after the other; the one without an answer again after the restart."""

    def __init__(self, number):
        super().__init__(daemon=True)
        self.signal = f"line{number}/value"
        self.measurement = f"line{number}"
        self.next = 0          # first sample of the request that is not acknowledged
        self.acknowledged = 0  # samples below
        self.port = None
        self.running = threading.Event()
        self.idle = threading.Event()
        self.ending = False

    def run(self):
        while not self.ending:
            if not self.running.wait(timeout=0.1):
                continue
            self.idle.clear()
            try:
                self.session()
            except (OSError, http.client.HTTPException):
                pass
            self.idle.set()

    def session(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while self.running.is_set():
            body = "".join(f"{self.measurement} value={i} {START_MS + i}\n" for i in range(self.next, self.next + LINES))
            connection.request("POST", "/write?precision=ms", body=body)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 204:
                raise AssertionError(f"/write answered {answer.status}")
            self.next += LINES
            self.acknowledged = self.next
        connection.close()

    def sent_at_most(self):
        return self.next + LINES


class MqttWriter(threading.Thread):
    """Publishes at QoS 1 with a few in flight; after a restart everything from the first unacknowledged one again."""

    def __init__(self, number):
        super().__init__(daemon=True)
        self.topic = f"acme/press{number}"
        self.signal = f"acme/press{number}/force"
        self.done = set()       # acknowledged
        self.highest = 0        # one more than the highest sent
        self.port = None
        self.running = threading.Event()
        self.idle = threading.Event()
        self.ending = False

    @property
    def acknowledged(self):
        return len(self.done)

    def run(self):
        while not self.ending:
            if not self.running.wait(timeout=0.1):
                continue
            self.idle.clear()
            try:
                self.session()
            except (OSError, ValueError):
                pass
            self.idle.set()

    def session(self):
        version = random.choice([mqtt.MQTTv311, mqtt.MQTTv5])
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=self.topic, protocol=version)
        client.max_inflight_messages_set(IN_FLIGHT_MAX)
        waiting = {}
        answered = collections.deque()  # the client's thread appends, this one takes
        client.on_publish = lambda _client, _userdata, mid, *_: answered.append(mid)
        client.connect("127.0.0.1", self.port, keepalive=30)
        client.loop_start()
        try:
            sample = self.first_missing()
            while self.running.is_set() and client._thread is not None:
                self.take_answers(answered, waiting)
                if len(waiting) >= IN_FLIGHT_MAX or not client.is_connected():
                    time.sleep(0.0005)
                    continue
                if sample in self.done:
                    sample += 1
                    continue
                self.highest = max(self.highest, sample + 1)
                sent = client.publish(self.topic, json.dumps({"force": sample + 0.5, "ts": START_MS + sample}), qos=1)
                waiting[sent.mid] = sample
                sample += 1
        finally:
            client.loop_stop()
            self.take_answers(answered, waiting)

    def take_answers(self, answered, waiting):
        while answered:
            self.done.add(waiting.pop(answered.popleft()))

    def first_missing(self):
        sample = 0
        while sample in self.done:
            sample += 1
        return sample

    def sent_at_most(self):
        return self.highest


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == 200, f"{path}: {answer.status}: {body[:300]}"
    return json.loads(body)


def read_raw(port, signal):
    """All revisions as [(sample, value)], in the order of the answer."""
    samples = []
    path = f"/api/v1/raw?signal={signal}&from=0&to={(START_MS + 10**9) * 10**6}&limit=100000&revisions=true"
    after = None
    while True:
        page = get(port, path + (f"&after={after}" if after else ""))
        samples += [(int(row[0]) // 10**6 - START_MS, row[1]) for row in page["samples"]]
        after = page.get("next")
        if not after:
            return samples


def check(port, writers):
    """What is wrong, as lines; nothing where all is well."""
    wrong = []
    for writer in writers:
        offset = 0.5 if isinstance(writer, MqttWriter) else 0
        acknowledged = set(range(writer.acknowledged)) if isinstance(writer, HttpWriter) else writer.done
        if not acknowledged:
            continue
        seen = set()
        for sample, value in read_raw(port, writer.signal):
            if sample in seen:
                wrong.append(f"{writer.signal}: sample {sample} is there twice")
            seen.add(sample)
            if value != sample + offset:
                wrong.append(f"{writer.signal}: sample {sample} reads {value}")
            if sample >= writer.sent_at_most():
                wrong.append(f"{writer.signal}: sample {sample} was never sent")
        missing = acknowledged - seen
        if missing:
            wrong.append(f"{writer.signal}: {len(missing)} acknowledged samples are lost, the first {min(missing)}")
    return wrong


COMPACTING = ("--set", "history.checkpoint_time=1s", "--set", "history.checkpoint_bytes=1MiB",
              "--set", "history.compaction_neighbours=2")


def compactions(port):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith("artery_history_compactions_total ")))


def run(folder, rounds, seed, compacting=False):
    chance = random.Random(seed)
    node = Node(folder, *(COMPACTING if compacting else ()))
    compacted = 0
    writers = [HttpWriter(i) for i in range(HTTP_WRITERS)] + [MqttWriter(i) for i in range(MQTT_WRITERS)]
    for writer in writers:
        writer.idle.set()
        writer.start()
    wrong = []
    for number in range(1, rounds + 1):
        node.start()
        if number % 10 == 0:
            wrong += check(node.http_port, writers)
        for writer in writers:
            writer.port = node.http_port if isinstance(writer, HttpWriter) else node.mqtt_port
            writer.running.set()
        time.sleep(chance.uniform(0.05, 4 if compacting else 0.5))
        compacted += compactions(node.http_port)
        node.kill()
        for writer in writers:
            writer.running.clear()
        for writer in writers:
            assert writer.idle.wait(timeout=60), "a writer hangs"
        if wrong:
            break
    node.start()
    wrong += check(node.http_port, writers)
    http_count = sum(writer.acknowledged for writer in writers if isinstance(writer, HttpWriter))
    mqtt_count = sum(writer.acknowledged for writer in writers if isinstance(writer, MqttWriter))
    print(f"{number} kills; acknowledged: {http_count} samples over HTTP, {mqtt_count} over MQTT; "
          f"{compacted} compactions; {len(wrong)} wrong")
    for writer in writers:
        writer.ending = True
    exit_code = node.stop()
    if exit_code != 0:
        wrong.append(f"the node ended with {exit_code}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--compacting", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wrong = run(folder, arguments.rounds, arguments.seed, arguments.compacting)
    for line in wrong:
        print(line)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
