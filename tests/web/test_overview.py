"""Is my plant all right? The first view of the console."""
import datetime
import json
import re
import time

import httpx
import paho.mqtt.publish
import pytest
from artery_node import Node

SITE = "acme/shenzhen"
LOOKS = [("en", "light", 1280, 800), ("zh", "dark", 1280, 800), ("zh", "light", 320, 640), ("en", "dark", 3840, 2160)]


def publish(node, *messages):
    ready = [(topic, json.dumps(members), 1) for topic, members in messages]
    paho.mqtt.publish.multiple(ready, hostname="127.0.0.1", port=node.mqtt_port)


def describe(node, signals, assets=()):
    body = {"assets": [{"name": name} for name in assets], "signals": signals}
    answer = httpx.post(f"{node.http_url}/api/v1/catalogue", json=body, timeout=60).raise_for_status().json()
    assert answer["refused"] == []


def banded(name):
    return {"name": f"{SITE}/{name}", "type": "f64", "unit": "Cel", "low": 20, "high": 60}


@pytest.fixture
def node(tmp_path):
    node = Node(tmp_path / "plant").start()
    presses = [f"hall/press{i}" for i in range(9)]
    describe(node, [banded(f"{press}/oil") for press in presses] + [banded("dock/door1/motor"), banded("yard/pv/inverter")])
    publish(node, *[(f"{SITE}/{press}", {"oil": 40}) for press in presses], (f"{SITE}/dock/door1", {"motor": 30, "open": False}))
    yield node
    node.stop_at_end()


def silent_for(node, topic, seconds):
    """A signal that came every second until then."""
    end = int(time.time() * 1000) - seconds * 1000
    publish(node, *[(f"{SITE}/{topic}", {"load": 7, "ts": end - i * 1000}) for i in range(5, -1, -1)])


def verdict(page):
    return page.get_by_role("main").get_by_role("status").filter(has_text=re.compile("signals|测点")).last


def area(page, name):
    return page.get_by_role("region", name=name, exact=True)


def test_a_plant_that_is_well_is_quiet(node, open_tab):
    tab = open_tab(node)
    page = tab.open("/")
    verdict(page).get_by_text("All is well: 11 signals").wait_for()
    verdict(page).get_by_text("1 silent for a week or always").wait_for()
    assert page.get_by_role("table").count() == 0
    page.get_by_role("link", name="dock").get_by_text("2 signals · Nothing abnormal").wait_for()
    tab.screenshot("overview-well-en-light-1400")
    assert tab.serious() == []


def test_what_is_abnormal_is_counted_by_area_and_listed_worst_first(node, open_tab):
    publish(node, (f"{SITE}/hall/press3", {"oil": 61}), (f"{SITE}/hall/press5", {"oil": 90}), (f"{SITE}/hall/press7", {"oil": 3}))
    silent_for(node, "yard/meter", 30)
    tab = open_tab(node)
    page = tab.open("/plant")
    verdict(page).get_by_text("4 of 13 signals need a look").wait_for()
    verdict(page).get_by_text("3 outside their bands").wait_for()
    verdict(page).get_by_text("1 stale").wait_for()
    hall = area(page, "hall")
    hall.get_by_text("9 signals").wait_for()
    assert [row.split("\n")[0] for row in hall.get_by_role("rowheader").all_inner_texts()] == ["press5", "press7", "press3"]
    hall.get_by_role("row").nth(1).get_by_text("above").wait_for()
    area(page, "yard").get_by_role("row", name="load").get_by_text("Stale").wait_for()
    assert page.get_by_role("region").evaluate_all("all => all.map((one) => one.getAttribute('aria-label'))") == ["hall", "yard"]
    hall.get_by_role("link", name="press5").click()
    page.get_by_role("heading", name="press5").wait_for()
    page.get_by_role("row", name="oil").get_by_text("above").wait_for()


def test_it_changes_as_the_plant_does(node, open_tab):
    page = open_tab(node).open("/plant")
    verdict(page).get_by_text("All is well").wait_for()
    publish(node, (f"{SITE}/hall/press3", {"oil": 99}))
    verdict(page).get_by_text("1 of 12 signals needs a look").wait_for()
    area(page, "hall").get_by_role("row", name="oil").get_by_text("99").wait_for()
    publish(node, (f"{SITE}/hall/press3", {"oil": 41}), (f"{SITE}/yard/new", {"load": 1}))
    verdict(page).get_by_text("All is well: 12 signals").wait_for()
    area(page, "hall").wait_for(state="detached")


def test_every_level_answers_for_what_is_below_it(node, open_tab):
    publish(node, (f"{SITE}/hall/press3", {"oil": 99}), (f"{SITE}/dock/door1", {"motor": 99}))
    page = open_tab(node).open(f"/plant/{SITE}/hall")
    verdict(page).get_by_text("1 of 9 signals needs a look").wait_for()
    area(page, "press3").get_by_text("above").wait_for()
    assert page.get_by_role("main").get_by_text("Nothing abnormal").count() == 8


def test_while_the_connection_is_lost_nothing_is_said_to_have_changed(node, open_tab):
    publish(node, (f"{SITE}/hall/press3", {"oil": 99}))
    page = open_tab(node).open("/plant")
    area(page, "hall").wait_for()
    node.kill()
    page.get_by_text("Connection lost").wait_for()
    page.clock.set_fixed_time(datetime.datetime.now() + datetime.timedelta(hours=2))
    page.get_by_role("row", name="oil").get_by_text("2 hr").wait_for()
    verdict(page).get_by_text("1 of 12 signals needs a look").wait_for()


@pytest.mark.parametrize("lang,scheme,width,height", LOOKS)
def test_every_look_is_quiet_and_open_to_all(node, open_tab, lang, scheme, width, height):
    publish(node, *[(f"{SITE}/hall/press{i}", {"oil": 61 + 3 * i}) for i in range(9)])
    silent_for(node, "yard/meter", 30)
    tab = open_tab(node, lang=lang, scheme=scheme, width=width, height=height)
    page = tab.open("/plant")
    area(page, "yard").get_by_text("Stale" if lang == "en" else "过期", exact=True).wait_for()
    area(page, "hall").get_by_text("and 3 more" if lang == "en" else "另有 3 个").wait_for()
    tab.screenshot(f"overview-{lang}-{scheme}-{width}")
    assert verdict(page).bounding_box()["y"] < 200  # seen without scrolling
    assert tab.serious() == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.complaints == []


def test_ten_thousand_signals_are_watched_and_more_are_said_to_be_too_many(make_node, open_tab):
    node = make_node().start()
    describe(node, [banded(f"area{i % 5}/machine{i % 400}/s{i}") for i in range(10_000)])
    publish(node, *[(f"{SITE}/area{i % 5}/machine{i % 400}", {f"s{i}": 61}) for i in range(0, 10_000, 1_000)])
    page = open_tab(node).open("/plant")
    verdict(page).get_by_text("10 of 10,000 signals need a look").wait_for()
    describe(node, [banded("area5/machine/one")])
    page.reload()
    page.get_by_text("There are more than 10,000 signals here.").wait_for()
    page.get_by_role("main").get_by_role("link", name="area0").click()
    verdict(page).get_by_text("10 of 2,000 signals need a look").wait_for()
