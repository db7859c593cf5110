"""The HTTP API: what was written comes out again."""
import asyncio
import csv
import io
import json
import math
import shutil

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import connect

T = 1_700_000_000_000_000_000


def test_last_is_the_greatest_source_time(client, write):
    write(f"m v=1 {T + 10}", f"m v=2 {T}", f"m w=5i {T}")
    answer = client.get("/api/v1/last", params={"signal": ["m/v", "m/w"]}).json()["last"]
    assert [(one["signal"], one["time"], one["value"], one["quality"]) for one in answer] == [
        ("m/v", str(T + 10), 1, 0), ("m/w", str(T), 5, 0)]


def test_last_comes_from_history_where_the_newest_values_were_lost(make_node):
    node = make_node("--set", "log.segment_bytes=1MiB", "--set", "log.batch_bytes_max=512KiB",
                     "--set", "admission.batch_bytes=64KiB", "--set", "history.checkpoint_bytes=1MiB",
                     "--set", "newest.checkpoint_bytes=1MiB", "--set", "retained.checkpoint_bytes=1MiB",
                     "--set", "catalogue.checkpoint_bytes=1MiB").start()
    with httpx.Client(base_url=node.http_url, timeout=30) as client:
        assert client.post("/write", content=f"old v=1 {T}\nold v=2 {T + 5}").status_code == 204
        for i in range(100):
            assert client.post("/write", content=f'filler text="{"x" * 60_000}" {T + i}').status_code == 204
        assert node.stop() == 0
        shutil.rmtree(node.data / "live")
        node.start()
        client.base_url = node.http_url
        assert "is gone" in node.journal(), "the log still had it all"
        (one,) = client.get("/api/v1/last?signal=old/v").json()["last"]
        assert (one["time"], one["value"]) == (str(T + 5), 2) and int(one["arrival"]) > T


def test_an_unknown_signal_is_named(client):
    for path in ("last?signal=no/where", "raw?signal=no/where", "plot?signal=no/where&from=0&to=1", "signals/no/where"):
        answer = client.get(f"/api/v1/{path}")
        assert answer.status_code == 404 and "no/where" in answer.json()["detail"]


def test_raw_takes_both_forms_of_times_and_leaves_the_end_out(client, write):
    write(*(f"m v={i} {T + i * 10**9}" for i in range(10)))
    for start, end in ((str(T + 2 * 10**9), str(T + 5 * 10**9)), ("2023-11-14T22:13:22Z", "2023-11-15T06:13:25+08:00")):
        rows = client.get("/api/v1/raw", params={"signal": "m/v", "from": start, "to": end}).json()["samples"]
        assert [row[1] for row in rows] == [2, 3, 4]


def test_raw_comes_in_pages_that_miss_and_repeat_nothing(client, write):
    write(*(f"m v={i} {T + i}" for i in range(2500)))
    seen, after = [], None
    while True:
        page = client.get("/api/v1/raw", params={"signal": "m/v", "limit": 999} | ({"after": after} if after else {})).json()
        seen += [row[1] for row in page["samples"]]
        after = page["next"]
        if after is None:
            break
    assert seen == list(range(2500))


def test_a_page_ends_at_its_bytes_and_the_next_goes_on(make_node):
    node = make_node("--set", "api.page_bytes_max=64KiB").start()
    with httpx.Client(base_url=node.http_url, timeout=30) as client:
        lines = [f'm v="{i:03}{"x" * 30_000}" {T + i // 2}' for i in range(40)]  # two revisions of each time
        assert client.post("/write", content="\n".join(lines)).status_code == 204
        seen, after, pages = [], None, 0
        while pages == 0 or after is not None:
            answer = client.get("/api/v1/raw", params={"signal": "m/v", "revisions": "true"} | ({"after": after} if after else {}))
            assert len(answer.content) < 80_000
            seen += [int(row[1][:3]) for row in answer.json()["samples"]]
            after, pages = answer.json()["next"], pages + 1
        assert seen == list(range(40)) and pages == 20


def test_a_long_answer_is_whole(client, write):
    write(*(f"m v={i} {T + i}" for i in range(60_000)))
    samples = client.get("/api/v1/raw", params={"signal": "m/v"}).json()["samples"]
    assert [row[1] for row in samples] == list(range(60_000))


def test_a_client_that_leaves_in_the_middle_harms_nobody(node, client, write):
    write(*(f"m v={i} {T + i}" for i in range(60_000)))
    for _ in range(5):
        with httpx.stream("GET", f"{node.http_url}/api/v1/raw?signal=m/v") as answer:
            next(answer.iter_bytes(1000))
    assert client.get("/health").status_code == 200


def test_numbers_that_json_readers_would_change_are_strings(client, write):
    write(f"m big=9007199254740993i,small=9007199254740992i {T}")
    assert client.get("/api/v1/raw?signal=m/big").json()["samples"] == [[str(T), "9007199254740993", 0]]
    assert client.get("/api/v1/raw?signal=m/small").json()["samples"] == [[str(T), 9007199254740992, 0]]


def test_arrival_is_kept_beside_the_source_time(client, write):
    write(f"m v=1 {T}")
    (row,) = client.get("/api/v1/raw?signal=m/v&arrivals=true").json()["samples"]
    assert row[0] == str(T) and int(row[3]) > T


def test_plot_has_the_extremes_of_each_column(client, write):
    values = [5, 1, 9, 4, 2, 8]
    write(*(f"m v={value} {T + i}" for i, value in enumerate(values)))
    plot = client.get("/api/v1/plot", params={"signal": "m/v", "from": T, "to": T + 6, "width": 2}).json()
    first, second = plot["columns"]
    assert first == {"column": 0, "count": 3, "first": [str(T), 5], "min": [str(T + 1), 1], "max": [str(T + 2), 9],
                     "last": [str(T + 2), 9], "quality": 0}
    assert second["min"] == [str(T + 4), 2] and second["last"] == [str(T + 5), 8]


def test_a_plot_of_texts_is_refused(client, write):
    write(f'm v="a" {T}')
    answer = client.get("/api/v1/plot", params={"signal": "m/v", "from": T, "to": T + 6, "width": 2})
    assert answer.status_code == 400 and "text" in answer.json()["detail"]


def test_signals_are_listed_by_filter_and_page(client, write):
    write(*(f"cpu,host=h{i:03} load=1,idle=2i {T}" for i in range(50)))
    everything = client.get("/api/v1/signals").json()
    assert len(everything["signals"]) == 100 and everything["next"] is None
    some = client.get("/api/v1/signals", params={"filter": "cpu/+/idle"}).json()["signals"]
    assert len(some) == 50 and {one["type"] for one in some} == {"i64"}
    names, after = [], ""
    while after is not None:
        page = client.get("/api/v1/signals", params={"contains": "load", "limit": 7, "after": after}).json()
        names += [one["name"] for one in page["signals"]]
        after = page["next"]
    assert names == [f"cpu/h{i:03}/load" for i in range(50)]
    assets = client.get("/api/v1/assets", params={"filter": "cpu/#", "limit": 3}).json()
    assert [(one["name"], one["type"]) for one in assets["assets"]] == [(f"cpu/h{i:03}", "cpu") for i in range(3)]
    assert client.get("/api/v1/assets/cpu/h007").json()["properties"] == {"host": "h007"}


def test_metadata_is_patched_with_author_and_time(node, client, write):
    write(f"press force=1 {T}")
    patched = client.patch("/api/v1/signals/press/force", headers={"X-Artery-Author": "Li Wei"},
                           json={"unit": "kN", "low": 0, "high": 500, "display_names": {"zh": "压力"}, "stepped": True})
    assert patched.status_code == 200, patched.text
    assert patched.json() | {"time": ""} == {
        "name": "press/force", "type": "f64", "unit": "kN", "low": 0, "high": 500, "stepped": True,
        "display_names": {"zh": "压力"}, "data_class": "general", "author": "Li Wei", "time": ""}
    again = client.patch("/api/v1/signals/press/force", json={"low": None, "display_names": {"zh": None}}).json()
    assert again["unit"] == "kN" and "low" not in again and "display_names" not in again
    node.restart()
    client.base_url = node.http_url
    assert client.get("/api/v1/signals/press/force").json() == again


def test_put_creates_and_resets(client):
    created = client.put("/api/v1/signals/acme/pump/flow", json={"type": "f64", "unit": "L/min", "description": "x"})
    assert created.status_code == 201, created.text
    replaced = client.put("/api/v1/signals/acme/pump/flow", json={"type": "f64"})
    assert replaced.status_code == 200 and replaced.json()["unit"] == "" and "description" not in replaced.json()
    asset = client.put("/api/v1/assets/acme/pump", json={"type": "pump", "properties": {"serial": "7"}})
    assert asset.status_code in (200, 201) and asset.json()["properties"] == {"serial": "7"}


@pytest.mark.parametrize("body, status", [({"unit": "not a unit!"}, 400), ({"low": 5, "high": 1}, 400),
                                          ({"colour": "red"}, 400), ({"name": "other"}, 400), ({"type": "int"}, 400)])
def test_metadata_that_cannot_be_is_refused(client, write, body, status):
    write(f"press force=1 {T}")
    answer = client.patch("/api/v1/signals/press/force", json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_the_catalogue_goes_out_and_in_again(client, write):
    write(f"press,line=2 force=1,count=2i {T}")
    for form, media in (("json", "application/json"), ("csv", "text/csv")):
        out = client.get("/api/v1/catalogue", params={"format": form})
        assert out.headers["Content-Type"].startswith(media)
        result = client.post("/api/v1/catalogue", content=out.content, headers={"Content-Type": media}).json()
        assert result["refused"] == [] and result["applied"] == 3
    rows = list(csv.reader(io.StringIO(client.get("/api/v1/catalogue?format=csv").text)))
    assert len(rows) == 4
    mixed = {"signals": [{"name": "a/b", "type": "i64"}, {"name": "a/c", "unit": 5}]}
    result = client.post("/api/v1/catalogue", json=mixed).json()
    assert result["applied"] == 1 and [one["line"] for one in result["refused"]] == [2]
    assert client.get("/api/v1/signals/a/b").json()["type"] == "i64"


def test_rejections_show_the_offending_bytes(client):
    client.post("/write", content=b"good v=1\nbad v=\xff\n")
    answer = client.get("/api/v1/rejections").json()
    (rejection,) = answer["rejections"]
    assert rejection["line"] == 2 and rejection["kind"] == "malformed" and rejection["source"] == "http"
    assert rejection["bytes"] and answer["counts"]["malformed"] == 1


def test_status_and_metrics_count_what_happened(client, write):
    write(*(f"m v={i} {T + i}" for i in range(10)))
    status = client.get("/api/v1/status").json()
    assert status["ready"] is True and status["catalogue"]["assets"] == status["catalogue"]["signals"] == 1
    metrics = client.get("/metrics").text
    values = dict(line.rsplit(" ", 1) for line in metrics.splitlines() if not line.startswith("#"))
    assert float(values["artery_catalogue_signals"]) == 1
    assert float(values["artery_admission_samples_total"]) == 10
    assert any(name.startswith("artery_log_") for name in values)
    assert status["node"]["memory_bytes"] > 1 << 20
    assert 0 < status["node"]["disk_free_bytes"] < status["node"]["disk_total_bytes"]
    assert float(values["artery_log_end_batches"]) >= 1
    assert client.get("/ready").json() == {"status": "ready"}


def test_metrics_are_what_prometheus_reads(client, write):
    write(f"m v=1 {T}")
    client.get("/api/v1/last", params={"signal": "m/v"})
    client.get("/nothing/here")
    client.get("/api/v1/assets/none")
    families = {family.name: family for family in text_string_to_metric_families(client.get("/metrics").text)}
    assert all(family.documentation and family.type != "unknown" for family in families.values())
    assert all(name.startswith("artery_") for name in families)
    for family in families.values():
        series = [(sample.name, tuple(sorted(sample.labels.items()))) for sample in family.samples]
        assert len(series) == len(set(series)), family.name
        if family.type == "histogram":
            check_histogram(family)
    requests = families["artery_http_request_duration_seconds"]
    counts = {s.labels["route"]: s.value for s in requests.samples if s.name.endswith("_count")}
    assert counts["/api/v1/last"] == 1 and counts["/write"] == 1 and counts["other"] == 1
    assert not any("none" in route or "nothing" in route for route in counts)
    assert {"artery_log_sync_duration_seconds", "artery_mqtt_publish_duration_seconds"} <= families.keys()


def check_histogram(family):
    assert {s.name.removeprefix(family.name) for s in family.samples} == {"_bucket", "_sum", "_count"}
    for route in {s.labels.get("route") for s in family.samples}:
        own = [s for s in family.samples if s.labels.get("route") == route]
        buckets = [(float(s.labels["le"]), s.value) for s in own if s.name.endswith("_bucket")]
        assert buckets == sorted(buckets) and buckets[0][0] == 1e-5 and buckets[-2][0] == 10
        assert buckets[-1] == (math.inf, next(s.value for s in own if s.name.endswith("_count")))


async def receive_samples(socket, count):
    samples = []
    while len(samples) < count:
        message = json.loads(await asyncio.wait_for(socket.recv(), 10))
        assert message["op"] == "samples", message
        samples += message["samples"]
    return samples


async def subscribe(socket, **wish):
    await socket.send(json.dumps({"op": "subscribe", "id": "a", **wish}))
    assert json.loads(await asyncio.wait_for(socket.recv(), 10)) == {"op": "subscribed", "id": "a"}


def test_live_brings_the_newest_values_and_then_changes(node, client, write):
    write(f"press force=1,count=7i {T}")

    async def session():
        async with connect(f"{node.ws_url}/api/v1/live") as socket:
            await subscribe(socket, signals=["press/#"])
            assert sorted(await receive_samples(socket, 2)) == [["press/count", str(T), 7, 0], ["press/force", str(T), 1, 0]]
            write(f"press force=2 {T + 1}")
            assert await receive_samples(socket, 1) == [["press/force", str(T + 1), 2, 0]]
            write(f"press speed=3 {T + 2}")  # a signal that was not there before
            assert await receive_samples(socket, 1) == [["press/speed", str(T + 2), 3, 0]]

    asyncio.run(session())


def test_live_can_bring_every_sample(node, write):
    write(f"m v=0 {T}")

    async def session():
        async with connect(f"{node.ws_url}/api/v1/live") as socket:
            await subscribe(socket, signals=["m/v"], every="sample")
            await receive_samples(socket, 1)
            write(*(f"m v={i} {T + i}" for i in range(1, 1001)))
            assert [row[2] for row in await receive_samples(socket, 1000)] == list(range(1, 1001))

    asyncio.run(session())


def test_live_coalesces_within_its_interval(node, client, write):
    write(f"m v=0 {T}")

    async def session():
        async with connect(f"{node.ws_url}/api/v1/live") as socket:
            await subscribe(socket, signals=["m/v"], interval_ms=200)
            await receive_samples(socket, 1)
            for i in range(1, 51):
                write(f"m v={i} {T + i}")
            samples = []
            while not samples or samples[-1][2] != 50:
                samples += await receive_samples(socket, 1)
            assert len(samples) < 50

    asyncio.run(session())


def test_live_answers_what_it_cannot_do(node):
    async def session():
        async with connect(f"{node.ws_url}/api/v1/live") as socket:
            for wish in ("no json", '{"op":"dance"}', '{"op":"subscribe","id":"x"}', '{"op":"unsubscribe","id":"x"}',
                         '{"op":"subscribe","id":"x","signals":["a/#/b"]}',
                         '{"op":"subscribe","id":"x","signals":["a"],"interval_ms":1}'):
                await socket.send(wish)
                assert json.loads(await asyncio.wait_for(socket.recv(), 10))["op"] == "error", wish

    asyncio.run(session())


def test_live_ends_with_its_subscription(node, client, write):
    write(f"m v=0 {T}")

    async def session():
        async with connect(f"{node.ws_url}/api/v1/live") as socket:
            await subscribe(socket, signals=["m/v"])
            await receive_samples(socket, 1)
            await socket.send('{"op":"unsubscribe","id":"a"}')
            assert json.loads(await socket.recv()) == {"op": "unsubscribed", "id": "a"}
            write(f"m v=1 {T + 1}")
            await subscribe(socket, signals=["m/v"])
            assert await receive_samples(socket, 1) == [["m/v", str(T + 1), 1, 0]]

    asyncio.run(session())


def test_a_client_that_does_not_read_slows_nobody_and_learns_what_it_missed(node, client, write):
    write(f'm v="" {T}')

    async def session():
        async with connect(f"{node.ws_url}/api/v1/live", max_queue=1) as slow, connect(f"{node.ws_url}/api/v1/live") as quick:
            await subscribe(slow, signals=["m/v"], every="sample")
            await subscribe(quick, signals=["m/v"])
            text = "x" * 10_000
            for start in range(0, 3000, 100):  # 30 MB, more than sockets and outboxes hold
                await asyncio.to_thread(write, *(f'm v="{text}" {T + i}' for i in range(start + 1, start + 101)))
            last = None
            while last != str(T + 3000):
                last = (await receive_samples(quick, 1))[-1][1]
            seen, dropped = 0, 0
            while seen + dropped < 3001:
                message = json.loads(await asyncio.wait_for(slow.recv(), 10))
                seen += len(message["samples"])
                dropped += message["dropped"]
            assert seen + dropped == 3001 and dropped > 0

    asyncio.run(session())
