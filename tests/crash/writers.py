"""Clients that write to a node that ends badly, and what must be there afterwards.

Each sends samples that carry their source's time, each value once, and after the node's restart again what was not
acknowledged. `check` compares the node with what they were told.
"""
import collections
import http.client
import json
import random
import threading
import time

import paho.mqtt.client as mqtt

START_MS = 1_700_000_000_000
LINES = 20  # of one HTTP request
IN_FLIGHT_MAX = 20
NAMES = 200  # asked for at once
DELETING = 0.05  # of the requests
TOPICS = 5  # of one writer's retained messages


class Writer(threading.Thread):
    """Has a session with the node whenever it is let run; ends it when the connection ends or the node refuses."""

    def __init__(self):
        super().__init__(daemon=True)
        self.node = None
        self.refused = []  # what the node answered where it did not acknowledge
        self.running = threading.Event()
        self.idle = threading.Event()
        self.idle.set()
        self.ending = False

    def run(self):
        while not self.ending:
            if not self.running.wait(timeout=0.1):
                continue
            self.idle.clear()
            try:
                self.session()
            except (OSError, ValueError, http.client.HTTPException):
                pass
            self.idle.set()

    def wait_until_idle(self):
        self.running.clear()
        assert self.idle.wait(timeout=60), "a writer hangs"


class HttpWriter(Writer):
    """Sends requests of LINES lines, one after the other; the one without an answer again after the restart."""

    def __init__(self, number):
        super().__init__()
        self.measurement = f"line{number}"
        self.next = 0          # first sample of the request that is not acknowledged
        self.acknowledged = 0  # samples below

    def session(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.node.http_port, timeout=30)
        while self.running.is_set() and self.step(connection):
            pass
        connection.close()

    def step(self, connection):
        body = "".join(self.line(i) for i in range(self.next, self.next + LINES))
        if not self.ask(connection, "POST", "/write?precision=ms", body, 204):
            return False
        self.next += LINES
        self.acknowledged = self.next
        return True

    def ask(self, connection, method, path, body, expected):
        connection.request(method, path, body=body)
        answer = connection.getresponse()
        answer.read()
        if answer.status != expected:
            self.refused.append(f"{method} {path} answered {answer.status}")
        return answer.status == expected

    def line(self, sample):
        return f"{self.measurement} value={sample} {START_MS + sample}\n"

    def check(self, port):
        return compare(f"{self.measurement}/value", read_raw(port, f"{self.measurement}/value") if self.acknowledged else [],
                       set(range(self.acknowledged)), self.next + LINES, 0)


class DeletingWriter(HttpWriter):
    """Takes back some of what was acknowledged; a deletion without an answer is sent again after the restart."""

    def __init__(self, number):
        super().__init__(number)
        self.gone = set()         # samples whose deletion is acknowledged
        self.doubtful = range(0)  # those whose deletion is not

    def step(self, connection):
        return super().step(connection) and self.take_back(connection)

    def take_back(self, connection):
        if not self.doubtful:
            if random.random() > DELETING:
                return True
            first = random.randrange(self.acknowledged)
            self.doubtful = range(first, min(first + random.randint(1, 3 * LINES), self.acknowledged))
        begin, end = ((START_MS + sample) * 10**6 for sample in (self.doubtful.start, self.doubtful.stop))
        if not self.ask(connection, "DELETE", f"/api/v1/raw?signal={self.measurement}/value&from={begin}&to={end}", None, 200):
            return False
        self.gone.update(self.doubtful)
        self.doubtful = range(0)
        return True

    def check(self, port):
        signal = f"{self.measurement}/value"
        samples = read_raw(port, signal) if self.acknowledged else []
        back = self.gone & {sample for sample, _ in samples}
        kept = set(range(self.acknowledged)) - self.gone - set(self.doubtful)
        return compare(signal, samples, kept, self.next + LINES, 0) + (
            [f"{signal}: {len(back)} samples are back that were deleted, the first {min(back)}"] if back else [])


class NewSignalsWriter(HttpWriter):
    """Gives each line a signal that was not there before."""

    def line(self, sample):
        return f"{self.measurement},number={sample} value={sample} {START_MS + sample}\n"

    def check(self, port):
        """All of its signals by their newest values."""
        wrong = []
        for first in range(0, self.acknowledged, NAMES):
            samples = range(first, min(first + NAMES, self.acknowledged))
            names = "&".join(f"signal={self.measurement}/{i}/value" for i in samples)
            newest = get(port, f"/api/v1/last?{names}")["last"]
            wrong += [f"{one['signal']}: its newest value is {one['value']}" for i, one in zip(samples, newest, strict=True)
                      if one["value"] != i]
        return wrong


class MqttWriter(Writer):
    """Publishes at QoS 1 with a few in flight; after a restart everything from the first unacknowledged one again."""

    def __init__(self, number):
        super().__init__()
        self.topic = f"acme/press{number}"
        self.done = set()       # acknowledged
        self.highest = 0        # one more than the highest sent

    @property
    def acknowledged(self):
        return len(self.done)

    def session(self):
        version = random.choice([mqtt.MQTTv311, mqtt.MQTTv5])
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=self.topic, protocol=version,
                             reconnect_on_failure=False)
        client.max_inflight_messages_set(IN_FLIGHT_MAX)
        waiting = {}
        answered = collections.deque()  # the client's thread appends, this one takes
        client.on_publish = lambda _client, _userdata, mid, reason, _properties: answered.append((mid, reason))
        client.connect("127.0.0.1", self.node.mqtt_port, keepalive=30)
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
            mid, reason = answered.popleft()
            sample = waiting.pop(mid)
            if reason.is_failure:
                self.refused.append(f"PUBACK with {reason}")
            else:
                self.done.add(sample)

    def first_missing(self):
        sample = 0
        while sample in self.done:
            sample += 1
        return sample

    def check(self, port):
        return compare(f"{self.topic}/force", read_raw(port, f"{self.topic}/force") if self.done else [], self.done,
                       self.highest, 0.5)


class RetainedWriter(Writer):
    """Publishes retained messages at QoS 1, one after the other, each topic's payload a greater number than before."""

    def __init__(self, number):
        super().__init__()
        self.root = f"retained{number}"
        self.sent = 0
        self.done = {}  # topic: the number that was acknowledged last

    @property
    def acknowledged(self):
        return 0  # no samples

    def connect(self):
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5, reconnect_on_failure=False)
        client.connect("127.0.0.1", self.node.mqtt_port, keepalive=30)
        client.loop_start()
        return client

    def session(self):
        client = self.connect()
        try:
            while self.running.is_set() and client._thread is not None:
                self.sent += 1
                topic = f"{self.root}/{self.sent % TOPICS}"
                message = client.publish(topic, f"number {self.sent}", qos=1, retain=True)
                while not message.is_published() and client._thread is not None and self.running.is_set():
                    time.sleep(0.0005)
                if message.is_published():
                    self.done[topic] = self.sent
        except RuntimeError:
            pass  # the connection has ended
        finally:
            client.loop_stop()

    def check(self, _port):
        found = {}
        client = self.connect()
        client.on_message = lambda _client, _userdata, message: found.update({message.topic: int(message.payload.split()[1])})
        client.subscribe(f"{self.root}/#", qos=1)
        deadline = time.monotonic() + 10
        while not found.keys() >= self.done.keys() and time.monotonic() < deadline:
            time.sleep(0.001)
        client.disconnect()
        client.loop_stop()
        return [f"{topic}: retained is {found.get(topic)}, acknowledged was {number}" for topic, number in self.done.items()
                if not number <= found.get(topic, 0) <= self.sent]


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


def compare(signal, samples, acknowledged, sent_below, offset):
    """What is wrong with a signal's samples, as lines; nothing where all is well."""
    wrong = []
    seen = set()
    for sample, value in samples:
        if sample in seen:
            wrong.append(f"{signal}: sample {sample} is there twice")
        seen.add(sample)
        if value != sample + offset:
            wrong.append(f"{signal}: sample {sample} reads {value}")
        if sample >= sent_below:
            wrong.append(f"{signal}: sample {sample} was never sent")
    missing = acknowledged - seen
    if missing:
        wrong.append(f"{signal}: {len(missing)} acknowledged samples are lost, the first {min(missing)}")
    return wrong


def check(port, writers):
    """What is wrong with what they wrote and with the answers they got."""
    return [line for writer in writers for line in writer.check(port) + writer.refused]


COMPACTING = ("--set", "history.checkpoint_time=1s", "--set", "history.checkpoint_bytes=1MiB",
              "--set", "history.compaction_neighbours=2")


def compactions(port):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith("artery_history_compactions_total ")))
