"""A signal's type is changed while its senders and its followers go on."""
import asyncio
import json

import httpx
import paho.mqtt.client as paho
import pytest
from websockets.asyncio.client import connect

T = 1_700_000_000_000_000_000
WAIT_S = 20


@pytest.fixture
def publish(node):
    """Publishes by MQTT and returns after the acknowledgement."""
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="plc")
    client.connect("127.0.0.1", node.mqtt_port)
    client.loop_start()

    def send(topic, payload):
        sent = client.publish(topic, payload, qos=1)
        sent.wait_for_publish(WAIT_S)
        assert sent.is_published()

    yield send
    client.loop_stop()
    client.disconnect()


def raw(client, name):
    answer = client.get("/api/v1/raw", params={"signal": name}).json()
    return [tuple(row[1:2]) + (type(row[1]).__name__,) for row in answer["samples"]]


def last(client, name):
    return client.get("/api/v1/last", params={"signal": name}).json()["last"][0]["value"]


def change(client, name, **what):
    answer = client.patch(f"/api/v1/signals/{name}", json=what, headers={"X-Artery-Author": "Li Wei"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_device_that_sends_another_type_is_taken_once_the_type_is_changed(node, client, write, publish):
    write(f"press,line=2 state=1i,force=1 {T}")
    refused = client.post("/write", content=f'press,line=2 state="run" {T + 1}')
    assert refused.status_code == 400
    assert "the catalogue's type of press/2/state can be changed to text" in refused.json()["error"]
    publish("press/2/state", '"run"')
    assert [value for value, _ in raw(client, "press/2/state")] == [1], "by MQTT neither"

    changed = change(client, "press/2/state", type="text")
    assert changed["type"] == "text" and changed["author"] == "Li Wei"
    write(f'press,line=2 state="run",force=2 {T + 2}')
    publish("press/2/state", "\"stop\"")
    assert [value for value, _ in raw(client, "press/2/state")] == [1, "run", "stop"]
    old = client.post("/write", content=f"press,line=2 state=2i {T + 3}")
    assert old.status_code == 400 and "already exists as type string" in old.json()["error"]

    for _ in range(2):
        assert [value for value, _ in raw(client, "press/2/state")] == [1, "run", "stop"]
        assert last(client, "press/2/state") == "stop"
        assert client.get("/api/v1/signals/press/2/state").json() == changed
        node.restart()
        client.base_url = node.http_url
    assert client.post("/write", content=f"press,line=2 state=2i {T + 3}").status_code == 400
    write(f'press,line=2 state="run" {T + 4}')
    assert node.stop() == 0
    node.start()
    client.base_url = node.http_url
    assert [value for value, _ in raw(client, "press/2/state")] == [1, "run", "run", "stop"], "from its segments"


def test_every_question_copes_with_a_change_of_type(client, write):
    write(*(f"pump flow={i}i {T + i}" for i in range(5)))
    change(client, "pump/flow", type="f64")
    write(*(f"pump flow={i}.5 {T + i}" for i in range(5, 10)))
    assert raw(client, "pump/flow") == [(i, "int") for i in range(5)] + [(i + 0.5, "float") for i in range(5, 10)]
    both = {"signal": "pump/flow", "from": T, "to": T + 10}
    one = client.get("/api/v1/plot", params=both | {"from": T + 5}).json()
    assert sum(column["count"] for column in one["columns"]) == 5
    for path, wish in (("plot", {}), ("aggregate", {"aggregate": "mean"})):
        answer = client.get(f"/api/v1/{path}", params=both | wish)
        assert answer.status_code == 400 and "type was changed" in answer.json()["detail"], answer.text
    states = client.get("/api/v1/states", params=both).json()["signals"][0]["intervals"]
    assert len(states[0]["states"]) == 10
    at = client.get("/api/v1/at", params={"signal": "pump/flow", "time": [T + 4, T + 5], "line": "linear"}).json()
    assert [one[1] for one in at["signals"][0]["values"]] == [4, 5.5]


def test_whoever_follows_a_signal_follows_it_through_a_change_of_type(node, client, write):
    write(f"pump mode=1i {T}")

    async def session():
        async with connect(f"{node.ws_url}/api/v1/live") as socket:
            await socket.send(json.dumps({"op": "subscribe", "id": "a", "signals": ["pump/#"], "every": "sample"}))
            values = []
            while len(values) < 3:
                message = json.loads(await asyncio.wait_for(socket.recv(), WAIT_S))
                values += [row[2] for row in message.get("samples", [])]
                if values == [1]:
                    change(client, "pump/mode", type="text")
                    write(f'pump mode="eco" {T + 1}', f'pump mode="boost" {T + 2}')
            assert values == [1, "eco", "boost"]

    asyncio.run(session())


def test_the_types_of_many_signals_are_changed_by_an_import(client, write):
    write(*(f"cpu,host=h{i} load=1i {T}" for i in range(20)))
    table = client.get("/api/v1/catalogue?format=csv").text
    result = client.post("/api/v1/catalogue", content=table.replace(",i64,", ",f64,"), headers={"Content-Type": "text/csv"})
    assert result.json()["refused"] == []
    write(*(f"cpu,host=h{i} load=1.5 {T + 1}" for i in range(20)))
    assert raw(client, "cpu/h7/load") == [(1, "int"), (1.5, "float")]
