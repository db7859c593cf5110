"""MQTT as its users meet it: paho-mqtt for 3.1.1 and 5, mosquitto's command line clients."""
import json
import queue
import subprocess

import paho.mqtt.client as paho
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

T_MS = 1_700_000_000_000
T = T_MS * 10**6
WAIT_S = 20
VERSIONS = [pytest.param(paho.MQTTv311, id="3.1.1"), pytest.param(paho.MQTTv5, id="5")]


class Client:
    """A paho client whose callbacks become queues."""

    def __init__(self, node, client_id, version=paho.MQTTv5, will=None, keepalive=60):
        self.version = version
        self.connected = queue.Queue()
        self.ended = queue.Queue()
        self.messages = queue.Queue()
        self.granted = queue.Queue()
        self.paho = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=client_id, protocol=version,
                                reconnect_on_failure=False)
        self.paho.on_connect = lambda *args: self.connected.put((args[3], args[4]))
        self.paho.on_disconnect = lambda *args: self.ended.put(args[3])
        self.paho.on_message = lambda *args: self.messages.put(args[2])
        self.paho.on_subscribe = lambda *args: self.granted.put([code.value for code in args[3]])
        if will:
            self.paho.will_set(*will)
        self.paho.connect("127.0.0.1", node.mqtt_port, keepalive)
        self.paho.loop_start()
        self.reason, self.connack = self.connected.get(timeout=WAIT_S)
        assert self.reason == 0

    def publish(self, topic, payload, qos=1, retain=False, properties=None):
        """Returns after the acknowledgement."""
        sent = self.paho.publish(topic, payload, qos, retain, properties)
        sent.wait_for_publish(WAIT_S)
        assert sent.is_published()

    def subscribe(self, topic, qos=1, **options):
        if options:
            self.paho.subscribe(topic, options=SubscribeOptions(qos=qos, **options))
        else:
            self.paho.subscribe(topic, qos)
        return self.granted.get(timeout=WAIT_S)

    def message(self):
        return self.messages.get(timeout=WAIT_S)

    def said(self):
        """The next message as (topic, payload, retain)."""
        got = self.message()
        return got.topic, got.payload.decode(), bool(got.retain)

    def cut(self):
        """Ends the connection without a DISCONNECT."""
        self.paho.socket().shutdown(2)

    def close(self):
        self.paho.disconnect()
        self.paho.loop_stop()


@pytest.fixture
def connect(node):
    """Makes connected clients, and disconnects them at the end."""
    made = []

    def make(client_id, *args, **options):
        made.append(Client(node, client_id, *args, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def raw(client, signal):
    answer = client.get("/api/v1/raw", params={"signal": signal})
    assert answer.status_code == 200, answer.text
    return [(int(row[0]), row[1]) for row in answer.json()["samples"]]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_a_publish_becomes_samples(client, connect, version, qos):
    one = connect("press7", version)
    one.publish("acme/press7", json.dumps({"force": 3.1, "ts": T_MS, "tool": {"wear": 2, "ok": True}, "mode": "auto"}),
                qos)
    one.publish("acme/press7/speed", "12.5", 1)  # behind it, so that QoS 0 has arrived
    assert raw(client, "acme/press7/force") == [(T, 3.1)]
    assert raw(client, "acme/press7/tool/wear") == [(T, 2)]
    assert raw(client, "acme/press7/tool/ok") == [(T, True)]
    assert raw(client, "acme/press7/mode") == [(T, "auto")]
    assert [value for _, value in raw(client, "acme/press7/speed")] == [12.5]


def test_what_was_acknowledged_survives_kill_9(node, connect):
    import httpx
    one = connect("press7")
    for i in range(200):
        one.publish("acme/press7", json.dumps({"n": i, "ts": T_MS + i}))
    one.publish("acme/label", "press 7", retain=True)
    node.restart()
    with httpx.Client(base_url=node.http_url) as http:
        assert raw(http, "acme/press7/n") == [(T + i * 10**6, i) for i in range(200)]
    again = connect("again")
    again.subscribe("acme/#")
    assert again.said() == ("acme/label", "press 7", True)


def test_refused_samples_are_routed_acknowledged_and_shown(client, connect):
    one = connect("press7")
    one.subscribe("acme/#")
    one.publish("acme/press7", '{"force": 1, "ts": "yesterday"}')
    assert one.said() == ("acme/press7", '{"force": 1, "ts": "yesterday"}', False)
    newest = client.get("/api/v1/rejections").json()["rejections"][0]
    assert newest["source"] == "mqtt" and newest["client"] == "press7"
    assert newest["remote"] == "%s:%d" % one.paho.socket().getsockname()
    assert "milliseconds" in newest["reason"]
    assert newest["topic"] == "acme/press7" and newest["text"] == '{"force": 1, "ts": "yesterday"}'


def test_what_is_no_mqtt_can_be_looked_at(client, node):
    import socket
    with socket.create_connection(("127.0.0.1", node.mqtt_port)) as stranger:
        stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert stranger.recv(1) == b""
        address = "%s:%d" % stranger.getsockname()
    (rejection,) = client.get("/api/v1/rejections").json()["rejections"]
    assert rejection["remote"] == address and rejection["client"] == "" and rejection["kind"] == "malformed"
    assert "MQTT-2.1.3-1" in rejection["reason"] and rejection["text"].startswith("GET / HTTP/1.1")


def test_a_number_too_wide_costs_at_most_itself(client, connect):
    one = connect("press7")
    one.publish("wide", '{"big": 18446744073709551616, "none": 1e400, "ok": 1, "ts": %d}' % T_MS)
    one.publish("wide/bare", "1e400")
    assert raw(client, "wide/big") == [(T, 2.0**64)] and raw(client, "wide/ok") == [(T, 1)]
    bare, member = client.get("/api/v1/rejections").json()["rejections"]
    assert (bare["topic"], bare["kind"], bare["text"]) == ("wide/bare", "bad_value", "1e400")
    assert "none" in member["reason"] and "1e400" in member["reason"]


@pytest.mark.parametrize("version", VERSIONS)
def test_messages_reach_subscribers_in_order(connect, version):
    every = connect("every", version)
    assert every.subscribe("#", 2) == [1]
    level = connect("level", version)
    assert level.subscribe("line/+/state", 0) == [0]
    one = connect("one", version)
    for i in range(50):
        one.publish(f"line/{i % 3}/state", f"opaque {i}", i % 3)
    one.publish("line/x", "not for level", 1)
    assert [every.message().payload.decode() for _ in range(51)] == [f"opaque {i}" for i in range(50)] + ["not for level"]
    assert [level.message().payload.decode() for _ in range(50)] == [f"opaque {i}" for i in range(50)]


@pytest.mark.parametrize("version", VERSIONS)
def test_retained_messages_come_with_a_subscription_and_go_with_an_empty_one(connect, version):
    one = connect("one", version)
    one.publish("state/a", "on", retain=True)
    one.publish("state/b", "on", retain=True)
    one.publish("state/b", "", retain=True)
    two = connect("two", version)
    two.subscribe("state/+")
    assert two.said() == ("state/a", "on", True)
    one.publish("state/a", "off", retain=True)
    assert two.said() == ("state/a", "off", False)
    assert two.messages.empty()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_will_is_published_when_a_client_is_lost(connect, version):
    watcher = connect("watcher")
    watcher.subscribe("state/#")
    connect("lost", version, will=("state/lost", "gone", 1, True)).cut()
    assert watcher.said() == ("state/lost", "gone", False)
    connect("leaving", version, will=("state/leaving", "gone", 1, True)).close()
    connect("other").publish("state/other", "still here")
    assert watcher.said() == ("state/other", "still here", False)


def test_a_second_connection_of_a_client_takes_over(connect):
    watcher = connect("watcher")
    watcher.subscribe("state")
    first = connect("same", will=("state", "offline", 1, True))
    second = connect("same", will=("state", "offline", 1, True))
    assert first.ended.get(timeout=WAIT_S).value == 0x8E
    second.publish("state", "online", retain=True)
    assert [watcher.said()[1] for _ in range(2)] == ["offline", "online"]


def test_properties_of_version_5_reach_subscribers(connect):
    two = connect("two")
    two.subscribe("t")
    sent = Properties(PacketTypes.PUBLISH)
    sent.ResponseTopic = "answer"
    sent.CorrelationData = b"17"
    sent.ContentType = "text/plain"
    sent.UserProperty = [("b", "1"), ("a", "2")]
    connect("one").publish("t", "x", properties=sent)
    got = two.message().properties
    assert (got.ResponseTopic, got.CorrelationData, got.ContentType) == ("answer", b"17", "text/plain")
    assert got.UserProperty == [("b", "1"), ("a", "2")]


def test_options_of_version_5_subscriptions(connect):
    one = connect("one")
    one.publish("t", "old", retain=True)
    assert one.subscribe("t", noLocal=True, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND) == [1]
    two = connect("two")
    assert two.subscribe("t", retainAsPublished=True, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND) == [1]
    one.publish("t", "mine", retain=True)
    assert two.said() == ("t", "mine", True)
    two.publish("t", "two's")
    assert one.said() == ("t", "two's", False)
    assert two.subscribe("$share/group/t") == [0x9E]


def test_what_the_server_does_not_have_is_said_in_connack(connect):
    connack = connect("").connack
    assert connack.AssignedClientIdentifier.startswith("auto-")
    assert connack.SharedSubscriptionAvailable == 0
    assert connack.ReceiveMaximum == 1024


def test_ctrl_c_tells_clients_of_version_5(node, connect):
    one = connect("one")
    assert node.stop() == 0
    assert one.ended.get(timeout=WAIT_S).value == 0x8B


@pytest.mark.parametrize("version", ["mqttv311", "mqttv5"])
def test_mosquittos_clients_work(node, client, version):
    port = ["-h", "127.0.0.1", "-p", str(node.mqtt_port), "-V", version]
    for qos in "0", "1", "2":
        subprocess.run(["mosquitto_pub", *port, "-q", qos, "-t", f"m/{qos}", "-m", '{"v": 5}', "-r"], check=True,
                       timeout=WAIT_S)
    got = subprocess.run(["mosquitto_sub", *port, "-q", "2", "-t", "m/#", "-C", "3", "-F", "%t %r %p"], check=True,
                         timeout=WAIT_S, capture_output=True, text=True).stdout.splitlines()
    assert got == [f'm/{qos} 1 {{"v": 5}}' for qos in "012"]
    assert [value for _, value in raw(client, "m/2/v")] == [5]


def test_what_happened_is_counted(client, connect):
    one = connect("one")
    one.subscribe("t")
    one.publish("t", "1")
    one.message()
    metrics = dict(line.rsplit(" ", 1) for line in client.get("/metrics").text.splitlines() if not line.startswith("#"))
    expected = {"connections": "1", "sessions_opened_total": "1", 'messages_in_total{qos="1"}': "1",
                'messages_out_total{qos="1"}': "1", "samples_accepted_total": "1", "samples_refused_total": "0"}
    assert {name: metrics[f"artery_mqtt_{name}"] for name in expected} == expected
