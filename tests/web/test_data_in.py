"""The console's page "Data in": rates, rejections and first steps, with the clients that people use."""
import gzip
import json
import re
import resource
import socket
import subprocess
import sys
import threading
import time
import tomllib

import httpx
import paho.mqtt.client as paho
import pytest
from artery_node import PROGRAM, Node

LOOKS = [("en", "light", 1400, 900), ("zh", "dark", 1400, 900), ("en", "dark", 320, 640), ("zh", "light", 320, 640),
         ("en", "light", 3840, 2160)]
VIEWS = {"sources": "/data-in", "rejections": "/data-in?view=rejections", "steps": "/data-in?view=steps"}
CLIENTS = {"press-shop/press7": 20, "press-shop/press8": 10, "greenhouse/bench-03": 5, "energy-yard/gateway": 2}
WAIT_S = 20


class Traffic:
    """Clients that publish and write at steady rates until it is stopped, some of it nonsense."""

    def __init__(self, node):
        self.node = node
        self.stopped = threading.Event()
        self.clients = []
        for client_id in CLIENTS:
            one = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv5)
            one.connect("127.0.0.1", node.mqtt_port)
            one.loop_start()
            self.clients.append(one)
        self.clients[-1].subscribe("press-shop/#")
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        with httpx.Client(base_url=self.node.http_url, headers={"User-Agent": "Telegraf/1.30.1 Go/1.22"}) as http:
            tick = 0
            while not self.stopped.wait(0.1):
                for one, rate in zip(self.clients, CLIENTS.values()):
                    client_id = one._client_id.decode()
                    for _ in range(rate // 10 or tick % (10 // rate) == 0):
                        one.publish(client_id, json.dumps({"force": tick, "oil": 40.5}), 1)
                if tick % 10 == 0:
                    self.clients[1].publish("press-shop/press8", json.dumps({"force": "hot", "oil": 41}), 1)
                    http.post("/write", content=f"cpu,host=edge7 usage={tick}\nmem,host=edge7 used={tick}i,free")
                tick += 1

    def stop(self):
        self.stopped.set()
        self.thread.join()
        for one in self.clients:
            one.disconnect()
            one.loop_stop()


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    node = Node(tmp_path_factory.mktemp("busy"), "--set", "node.name=press-hall-1").start()
    httpx.post(f"{node.http_url}/write", content=b"\x1f\x8b\x00broken\x00\xff\xfe" * 30, headers={"Content-Encoding": "gzip"})
    httpx.post(f"{node.http_url}/write", content="pump v=", headers={"User-Agent": "logger/7"})
    traffic = Traffic(node)
    yield node
    traffic.stop()
    node.stop_at_end()


def number(text):
    return float(re.search(r"[\d.,]+", text)[0].replace(",", ""))


@pytest.mark.parametrize("lang,scheme,width,height", LOOKS)
def test_every_view_is_quiet_and_open_to_all(busy, open_tab, lang, scheme, width, height):
    tab = open_tab(busy, lang=lang, scheme=scheme, width=width, height=height)
    for name, path in VIEWS.items():
        page = tab.open(path)
        if name == "sources":
            page.get_by_role("row").filter(has_text="press7").locator("svg .line[d*=L]").wait_for(state="attached")
        elif name == "rejections":
            item = page.locator("details").filter(has_text="gzip")
            item.locator("summary").click()
            item.locator("pre").wait_for()
        else:
            page.locator("pre").last.wait_for()
        tab.screenshot(f"data-in-{name}-{lang}-{scheme}-{width}")
        assert tab.serious() == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than {width}"
    assert tab.complaints == []
    assert tab.outside == []


def test_clients_are_listed_with_their_rates_the_fastest_first(busy, open_tab):
    page = open_tab(busy).open("/data-in")
    page.get_by_text("press-hall-1").first.wait_for()
    row = page.get_by_role("row").filter(has_text="press-shop/press7")
    rate = row.get_by_role("cell").first
    rate.filter(has_text=re.compile(r"\d+/s")).wait_for()
    page.wait_for_function("row => /^(3[2-9]|4\\d)/.test(row.cells[1].innerText.trim())", arg=row.element_handle())
    names = page.get_by_role("rowheader").locator(".name")
    assert names.first.inner_text() == "press-shop/press7"
    refused = page.get_by_role("row").filter(has_text="press-shop/press8").get_by_role("link")
    assert number(refused.inner_text()) >= 1
    page.get_by_role("button", name="Client").click()
    assert page.get_by_role("columnheader", name="Client").get_attribute("aria-sort") == "ascending"
    page.wait_for_function("document.querySelector('tbody .name').innerText === 'energy-yard/gateway'")
    assert "sort=name" in page.url
    page.get_by_role("searchbox").fill("TELEGRAF")
    page.get_by_text("1 client", exact=True).wait_for()
    telegraf = page.get_by_role("row").filter(has_text="Telegraf/1.30.1")
    assert "127.0.0.1" in telegraf.inner_text() and "HTTP" in telegraf.inner_text()
    page.get_by_role("searchbox").fill("nobody like that")
    page.get_by_text("No client has “nobody like that”").wait_for()


def test_the_sum_of_each_way_in_is_shown(busy, open_tab):
    page = open_tab(busy).open("/data-in")
    mqtt = page.get_by_role("region", name="MQTT")
    mqtt.get_by_text("4 clients connected").wait_for()
    page.wait_for_function("card => { const rate = Number.parseFloat(card.querySelector('dd').innerText); return rate > 50 && rate < 100; }",
                           arg=mqtt.element_handle())
    http = page.get_by_role("region", name="HTTP")
    page.wait_for_function("card => { const all = [...card.querySelectorAll('dd')].map(dd => Number.parseFloat(dd.innerText)); "
                           "return all[0] > 0.5 && all[0] < 3 && all[3] > 0.5; }", arg=http.element_handle())


def test_a_refused_count_leads_to_its_rejections(busy, open_tab):
    page = open_tab(busy).open("/data-in")
    page.get_by_role("row").filter(has_text="press-shop/press8").get_by_role("link").click()
    page.get_by_text("press-shop/press8/force has type f64, this value is text").wait_for()
    assert page.get_by_role("main").locator("summary").filter(has_text="press8").count() == page.get_by_role("main").locator("summary").count()


def test_rejections_are_searched_by_kind_and_word_and_show_their_bytes(busy, open_tab):
    page = open_tab(busy).open("/data-in?view=rejections")
    kinds = page.get_by_label("Kind")
    kinds.select_option(value="type_conflict")
    page.get_by_role("main").locator("summary").filter(has_text="Malformed").first.wait_for(state="detached")
    assert "kind=type_conflict" in page.url
    kinds.select_option(value="")
    page.get_by_role("searchbox").fill("gzip python-httpx")
    item = page.locator("details").filter(has_text="Content-Encoding says so")
    item.wait_for()
    assert page.get_by_role("main").locator("summary").filter(has_text="gzip").count() == 1
    item.locator("summary").focus()
    page.keyboard.press("Enter")
    item.get_by_text("The first 256 bytes").wait_for()
    dump = item.locator("pre").inner_text()
    assert dump.startswith("0000  1f 8b 00 62 72 6f 6b 65  6e 00 ff fe") and "···broken···" in dump
    assert len(dump.strip().splitlines()) == 16
    assert re.search(r"127\.0\.0\.1:\d+", item.inner_text())


def test_rejections_stand_still_while_they_are_paused(busy, open_tab):
    page = open_tab(busy).open("/data-in?view=rejections")
    times = page.get_by_role("main").locator("summary").filter(has_text="press8").get_by_text("×")
    times.wait_for()
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Go on").wait_for()
    before = times.inner_text()
    count = httpx.get(f"{busy.http_url}/api/v1/rejections").json()["counts"]["type_conflict"]
    deadline = time.monotonic() + WAIT_S
    while httpx.get(f"{busy.http_url}/api/v1/rejections").json()["counts"]["type_conflict"] < count + 3:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert times.inner_text() == before
    page.get_by_role("button", name="Go on").click()
    page.wait_for_function("([element, before]) => element.innerText !== before", arg=[times.element_handle(), before])


def test_every_first_step_works_as_it_is_written(make_node, open_tab, tmp_path):
    node = make_node().start()
    page = open_tab(node).open("/data-in")
    page.get_by_role("heading", name="No data yet").wait_for()
    page.goto(f"{node.http_url}/data-in?view=steps")

    def text(label):
        return page.get_by_label(label, exact=True).and_(page.locator("pre")).inner_text()

    def run(*command):
        subprocess.run(command, check=True, timeout=WAIT_S, cwd=tmp_path)

    def asset_has(asset):
        found = httpx.get(f"{node.http_url}/api/v1/last", params={"signal": [f"{asset}/force", f"{asset}/count"]})
        assert found.status_code == 200, found.text
        return json.dumps(found.json())

    steps = {label: text(label) for label in (
        "curl: line protocol by HTTP", "mosquitto_pub: JSON by MQTT", "Python, with nothing else: HTTP",
        "Python with paho-mqtt: MQTT", "Telegraf: telegraf.conf",
        "Years of files: CSV, JSON lines and line protocol in a folder")}
    curl, mosquitto, python_http, python_mqtt, telegraf, files = steps.values()
    run("bash", "-c", curl)
    assert "3.1" in asset_has("press/2")
    run("bash", "-c", mosquitto)
    assert "3.1" in asset_has("acme/press7")
    run(sys.executable, "-c", python_http)
    assert "3.1" in asset_has("press/3")
    run(sys.executable, "-c", python_mqtt)
    assert "3.1" in asset_has("acme/press8")
    page.get_by_text("8 samples have come since you opened this.").wait_for()

    # Telegraf itself cannot be installed here: its file is read as it reads it, and the node is asked as it would ask.
    config = tomllib.loads(telegraf)
    assert config["inputs"] == {"cpu": [{}], "mem": [{}]}
    (output,) = config["outputs"]["influxdb_v2"]
    assert set(output) == {"urls", "organization", "bucket"} and output["urls"] == [node.http_url]
    written = httpx.post(f"{output['urls'][0]}/api/v2/write",
                         params={"org": output["organization"], "bucket": output["bucket"], "precision": "ns"},
                         content=gzip.compress(f"mem,host=edge7 used=1i {time.time_ns()}\n".encode()),
                         headers={"Content-Encoding": "gzip", "User-Agent": "Telegraf/1.30.1 Go/1.22"})
    assert written.status_code == 204

    folder = tmp_path / "FOLDER"
    folder.mkdir()
    (folder / "boiler.csv").write_text("time,temperature\n2024-01-01T00:00:00Z,61.5\n2024-01-01T00:01:00Z,61.75\n")
    program, *arguments = files.split()
    assert program == "artery"
    run(PROGRAM, *arguments)
    assert any(one["name"].endswith("temperature") for one in httpx.get(f"{node.http_url}/api/v1/signals").json()["signals"])


def test_lines_are_copied_with_the_keyboard(make_node, open_tab):
    node = make_node().start()
    tab = open_tab(node)
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=node.http_url)
    page = tab.open("/data-in?view=steps")
    page.get_by_role("button", name="Copy: mosquitto_pub").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").startswith(f"mosquitto_pub -h 127.0.0.1 -p {node.mqtt_port} ")


def test_an_empty_node_teaches_the_first_step_and_then_shows_who_sends(make_node, open_tab):
    node = make_node().start()
    tab = open_tab(node)
    page = tab.open("/data-in")
    page.get_by_text("Waiting for the first value").wait_for()
    tab.screenshot("data-in-empty-en-light-1400")
    assert tab.serious() == []
    httpx.post(f"{node.http_url}/write", content="press force=3.1").raise_for_status()
    page.get_by_role("row").filter(has_text="python-httpx").wait_for()


def test_more_clients_than_are_listed_are_found_by_search(make_node, open_tab):
    files, files_max = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(files, min(4096, files_max)), files_max))  # the node's too
    node = make_node().start()
    httpx.post(f"{node.http_url}/write", content="press force=3.1").raise_for_status()
    sockets = []
    try:
        for i in range(1100):
            client_id = f"sensor-{i:04}".encode()
            one = socket.create_connection(("127.0.0.1", node.mqtt_port), timeout=WAIT_S)
            sockets.append(one)
            one.sendall(b"\x10" + bytes([12 + len(client_id)]) + b"\0\4MQTT\4\2\0\0\0" + bytes([len(client_id)]) + client_id)
            assert one.recv(4) == b"\x20\2\0\0"
        page = open_tab(node).open("/data-in")
        page.get_by_text("The first 1,000 of 1,100 MQTT clients by name").wait_for()
        assert page.get_by_role("row").count() == 1 + 200
        page.get_by_role("button", name="Show more").click()
        assert page.get_by_role("row").count() == 1 + 400
        page.get_by_role("searchbox").fill("SENSOR-1099")
        page.get_by_text("1 client", exact=True).wait_for()
        page.get_by_role("row").filter(has_text="sensor-1099").wait_for()
    finally:
        for one in sockets:
            one.close()
