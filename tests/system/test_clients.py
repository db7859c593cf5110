"""Who sends data: /api/v1/clients, with the clients that people use; and what a node calls itself."""
import socket
import subprocess
import time

import httpx
import paho.mqtt.client as paho
import pytest

T = 1_700_000_000_000_000_000
WAIT_S = 20


@pytest.fixture
def connect(node):
    made = []

    def make(client_id, version):
        one = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=client_id, protocol=version)
        one.connect("127.0.0.1", node.mqtt_port)
        one.loop_start()
        made.append(one)
        return one

    yield make
    for one in made:
        one.disconnect()
        one.loop_stop()


def clients(client, **parameters):
    answer = client.get("/api/v1/clients", params=parameters)
    assert answer.status_code == 200, answer.text
    return {one["name"]: one for one in answer.json()["clients"]}


def until(condition):
    """Asks until it is so."""
    deadline = time.monotonic() + WAIT_S
    while not (found := condition()):
        assert time.monotonic() < deadline
    return found


def test_each_connected_client_is_there_with_what_it_sent(client, connect):
    began = time.time_ns()
    press = connect("press7", paho.MQTTv311)
    for i in range(3):
        press.publish("acme/press7", '{"force": %d, "wear": 1}' % i, 1).wait_for_publish(WAIT_S)
    press.publish("acme/press7", '{"force": "hot"}', 2).wait_for_publish(WAIT_S)
    reader = connect("reader", paho.MQTTv5)
    reader.subscribe([("acme/#", 0), ("other", 1)])
    listed = until(lambda: (found := clients(client)).get("reader", {}).get("subscriptions") == 2 and found)
    press.publish("acme/note", "hello", 0)
    one = until(lambda: clients(client)["reader"]["messages_out"] == 1 and clients(client)["press7"])
    assert (one["source"], one["protocol"]) == ("mqtt", "MQTT 3.1.1")
    assert one["remote"] == "%s:%d" % press.socket().getsockname()
    assert (one["messages_in"], one["samples_accepted"], one["samples_refused"]) == (5, 6, 1)
    assert one["bytes_in"] > listed["press7"]["bytes_in"] > 0 and one["bytes_out"] > 0 and one["dropped"] == 0
    assert began <= int(one["since"]) <= int(one["heard"]) <= time.time_ns()
    assert clients(client)["reader"]["protocol"] == "MQTT 5.0"
    press.disconnect()
    until(lambda: "press7" not in clients(client))


def test_mosquittos_clients_are_seen_while_they_are_there(client, node):
    with subprocess.Popen(["mosquitto_sub", "-h", "127.0.0.1", "-p", str(node.mqtt_port), "-i", "listener", "-V", "5",
                           "-t", "a/#", "-C", "1"], stdout=subprocess.PIPE) as listener:
        until(lambda: clients(client).get("listener", {}).get("subscriptions") == 1)
        subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(node.mqtt_port), "-i", "sender", "-t", "a/b",
                        "-m", "7", "-q", "1"], check=True, timeout=WAIT_S)
        assert listener.communicate(timeout=WAIT_S)[0] == b"7\n"
    until(lambda: not clients(client))


def test_http_writers_are_told_apart_by_what_they_call_themselves(client, node):
    for _ in range(2):
        subprocess.run(["curl", "-sS", "--fail-with-body", "--data-binary", f"m v=1,w=2 {T}", f"{node.http_url}/write"],
                       check=True, timeout=WAIT_S)
    client.post("/api/v2/write", content=f"m v=1 {T}\nbroken", headers={"User-Agent": "Telegraf/1.30"})
    listed = clients(client)
    (curl,) = [one for name, one in listed.items() if name.startswith("curl/")]
    assert (curl["source"], curl["protocol"], curl["remote"]) == ("http", "HTTP", "127.0.0.1")
    assert (curl["messages_in"], curl["samples_accepted"], curl["samples_refused"]) == (2, 4, 0)
    assert curl["bytes_in"] == 2 * len(f"m v=1,w=2 {T}") and int(curl["since"]) < int(curl["heard"])
    assert (listed["Telegraf/1.30"]["samples_accepted"], listed["Telegraf/1.30"]["samples_refused"]) == (1, 1)
    assert list(clients(client, contains="TELE")) == ["Telegraf/1.30"]
    assert clients(client, source="mqtt") == {}


def test_pages_show_each_once(client, connect):
    for i in range(5):
        connect(f"c{i}", paho.MQTTv5)
    until(lambda: len(clients(client)) == 5)
    names, after = [], ""
    while after is not None:
        page = client.get("/api/v1/clients", params={"limit": 2, "after": after}).json()
        assert page["total"] == 5
        names += [one["name"] for one in page["clients"]]
        after = page["next"]
    assert names == [f"c{i}" for i in range(5)]


def test_status_says_what_the_node_is_called_and_where_it_listens(client, node, make_node):
    status = client.get("/api/v1/status").json()
    assert status["name"] == socket.gethostname()
    assert status["listening"] == {"http": {"host": "127.0.0.1", "port": node.http_port},
                                   "mqtt": {"host": "127.0.0.1", "port": node.mqtt_port}}
    named = make_node("--set", "node.name=Press hall 1", name="named").start()
    assert httpx.get(f"{named.http_url}/api/v1/status").json()["name"] == "Press hall 1"
