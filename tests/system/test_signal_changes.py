"""Names and types of signals are changed while their senders and followers go on."""
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


def test_a_plant_is_renamed_and_its_senders_need_not_know(node, client, write, publish):
    write(f"press,line=2 force=1 {T}")
    publish("acme/hall1/press7/force", "1")
    publish("acme/hall1/press7/motor/current", "2")
    assert client.patch("/api/v1/assets/acme/hall1", json={"new_name": "jena"}).status_code == 404, "no asset of its own"
    assert client.put("/api/v1/assets/acme/hall1", json={}).status_code == 201
    moved = client.patch("/api/v1/assets/acme/hall1", json={"new_name": "jena/hall1"}, headers={"X-Artery-Author": "Li Wei"})
    assert moved.status_code == 200, moved.text
    assert (moved.json()["name"], moved.json()["aliases"], moved.json()["author"]) == ("jena/hall1", ["acme/hall1"], "Li Wei")
    renamed = change(client, "jena/hall1/press7/force", new_name="jena/hall1/press7/ram_force")
    assert renamed["name"] == "jena/hall1/press7/ram_force" and renamed["aliases"] == ["jena/hall1/press7/force"]
    change(client, "press/2/force", new_name="press/2/ram")

    publish("acme/hall1/press7/force", "3")
    publish("acme/hall1/press7/motor/current", "4")
    publish("acme/hall1/press7/motor/voltage", "5")
    write(f"press,line=2 force=2,speed=7 {T + 1}")
    for _ in range(2):
        listed = [one["name"] for one in client.get("/api/v1/signals").json()["signals"]]
        assert listed == ["jena/hall1/press7/motor/current", "jena/hall1/press7/motor/voltage", "jena/hall1/press7/ram_force",
                          "press/2/ram", "press/2/speed"]
        for name in ("acme/hall1/press7/force", "jena/hall1/press7/force", "jena/hall1/press7/ram_force"):
            answer = client.get("/api/v1/raw", params={"signal": name}).json()
            assert answer["signal"] == "jena/hall1/press7/ram_force" and [row[1] for row in answer["samples"]] == [1, 3]
            assert client.get(f"/api/v1/signals/{name}").json()["name"] == "jena/hall1/press7/ram_force"
        newest = client.get("/api/v1/last", params={"signal": "press/2/force"}).json()["last"][0]
        assert (newest["signal"], newest["value"]) == ("press/2/ram", 2)
        plot = client.get("/api/v1/plot", params={"signal": "press/2/force", "from": T, "to": T + 2}).json()
        assert plot["signal"] == "press/2/ram" and sum(column["count"] for column in plot["columns"]) == 2
        sums = client.get("/api/v1/aggregate", params={"signal": "press/2/force", "aggregate": "sum", "from": T, "to": T + 2})
        assert sums.json()["signals"][0]["signal"] == "press/2/ram"
        node.restart()
        client.base_url = node.http_url

    assert change(client, "press/2/force", aliases=[]).get("aliases") is None
    assert client.get("/api/v1/raw", params={"signal": "press/2/force"}).status_code == 404
    write(f"press,line=2 force=9 {T + 2}")
    assert [value for value, _ in raw(client, "press/2/force")] == [9], "the name is free for another signal"
    assert [value for value, _ in raw(client, "press/2/ram")] == [1, 2]


def test_a_name_that_leads_somewhere_is_given_to_no_other(client, write):
    write(f"press force=1,speed=2 {T}", f"pump flow=3 {T}")
    change(client, "press/force", new_name="press/ram")
    for path, wish, said in (("signals/press/speed", {"new_name": "press/ram"}, "press/ram"),
                             ("signals/press/speed", {"new_name": "press/force"}, "press/ram already"),
                             ("assets/pump", {"new_name": "press"}, "there is an asset press"),
                             ("assets/pump", {"aliases": ["press"]}, "name of an asset")):
        answer = client.patch(f"/api/v1/{path}", json=wish)
        assert answer.status_code == 409 and said in answer.json()["detail"], answer.text
    for wish in ({"new_name": "pump/speed"}, {"new_name": "press//speed"}, {"aliases": ["pump/speed"]}, {"aliases": "x"}):
        answer = client.patch("/api/v1/signals/press/speed", json=wish)
        assert answer.status_code == 400, answer.text


def test_whoever_follows_a_renamed_signal_hears_of_it_by_its_new_name(node, client, write):
    write(f"pump flow=1 {T}")

    async def session():
        async with connect(f"{node.ws_url}/api/v1/live") as socket:
            wish = {"op": "subscribe", "id": "a", "signals": ["pump/flow", "water/#"], "every": "sample"}
            await socket.send(json.dumps(wish))
            heard = []
            while len(heard) < 2:
                message = json.loads(await asyncio.wait_for(socket.recv(), WAIT_S))
                heard += [(row[0], row[2]) for row in message.get("samples", [])]
                if heard == [("pump/flow", 1)]:
                    assert client.patch("/api/v1/assets/pump", json={"new_name": "water/pump"}).status_code == 200
                    write(f"pump flow=2 {T + 1}")
            assert heard == [("pump/flow", 1), ("water/pump/flow", 2)]

    asyncio.run(session())


def test_a_retired_signal_keeps_what_it_has_and_takes_no_more(node, client, write, publish):
    write(f"press force=1,speed=2 {T}")
    assert change(client, "press/force", retired=True)["retired"] is True
    publish("press/force", "5")
    assert client.get("/api/v1/rejections").json()["rejections"][0]["source"] == "mqtt"
    for _ in range(2):
        refused = client.post("/write", content=f"press force=3,speed=4 {T + 1}")
        assert refused.status_code == 400 and "press/force is retired" in refused.json()["error"]
        assert client.get("/api/v1/rejections").json()["rejections"][0]["kind"] == "retired"
        assert raw(client, "press/force") == [(1, "int")] and last(client, "press/force") == 1
        assert [value for value, _ in raw(client, "press/speed")] == [2, 4], "its neighbour goes on"
        listed = [one["name"] for one in client.get("/api/v1/signals").json()["signals"]]
        assert listed == ["press/speed"]
        listed = client.get("/api/v1/signals", params={"retired": "true"}).json()["signals"]
        assert [(one["name"], one.get("retired")) for one in listed] == [("press/force", True), ("press/speed", None)]
        node.restart()
        client.base_url = node.http_url
    for form, media in (("json", "application/json"), ("csv", "text/csv")):
        out = client.get("/api/v1/catalogue", params={"format": form}).content
        assert client.post("/api/v1/catalogue", content=out, headers={"Content-Type": media}).json()["refused"] == []
    assert "retired" not in change(client, "press/force", retired=False)
    write(f"press force=3 {T + 1}")
    assert last(client, "press/force") == 3
