"""The console as its users meet it."""
import json
import math
import re
import time

import httpx
import paho.mqtt.publish
import pytest
from artery_node import Node

PRESS = "acme/shenzhen/press-shop/line2/press7"
PAGES = {"first": "/", "asset": f"/plant/{PRESS}", "place": "/plant/acme/shenzhen", "system": "/system", "unknown": "/plant/acme/none"}
LOOKS = [("en", "light", 1400, 900), ("zh", "dark", 1400, 900), ("en", "dark", 320, 640), ("zh", "light", 320, 640),
         ("en", "light", 3840, 2160), ("zh", "dark", 3840, 2160)]


def publish(node, topic, payload, qos=1):
    paho.mqtt.publish.single(topic, payload, qos=qos, hostname="127.0.0.1", port=node.mqtt_port)


def describe(node, assets, signals):
    body = {"assets": assets, "signals": signals}
    answer = httpx.post(f"{node.http_url}/api/v1/catalogue", json=body, timeout=60).raise_for_status().json()
    assert answer["refused"] == []


@pytest.fixture(scope="module")
def plant(tmp_path_factory):
    """A node with a press that has all there is to show."""
    node = Node(tmp_path_factory.mktemp("plant")).start()
    named = {"zh": "7号冲压机", "en": "Press 7"}
    describe(node,
             [{"name": PRESS, "type": "press", "display_names": named, "properties": {"maker": "Hydromech"}}],
             [{"name": f"{PRESS}/force", "type": "f64", "unit": "kN", "low": 0, "high": 2500, "display_names": {"zh": "压力"}},
              {"name": f"{PRESS}/oil", "type": "f64", "unit": "Cel", "low": 20, "high": 65},
              {"name": f"{PRESS}/idle", "type": "f64", "unit": "1"}])
    now = int(time.time() * 1000)
    minutes = [{"force": 1200 + 900 * math.sin(i / 9), "oil": 40 + i / 2, "ts": now - (60 - i) * 60_000} for i in range(55)]
    messages = [(PRESS, json.dumps(one), 1) for one in minutes]
    messages += [(PRESS, '{"program": "P-7", "running": true, "force": "hot"}', 1), ("lone", "1", 1)]
    messages += [(f"acme/shenzhen/press-shop/line{i % 3}/press{i}", '{"force": 1}', 1) for i in range(20, 60)]
    paho.mqtt.publish.multiple(messages, hostname="127.0.0.1", port=node.mqtt_port)
    yield node
    node.stop_at_end()


@pytest.mark.parametrize("lang,scheme,width,height", LOOKS)
def test_every_page_is_quiet_and_open_to_all(plant, open_tab, lang, scheme, width, height):
    tab = open_tab(plant, lang=lang, scheme=scheme, width=width, height=height)
    for name, path in PAGES.items():
        page = tab.open(path)
        if name == "asset":
            page.get_by_role("row", name="oil").get_by_text("°C").first.wait_for()
            page.locator("svg .line[d^=M]").first.wait_for(state="attached")
        tab.screenshot(f"{name}-{lang}-{scheme}-{width}")
        assert tab.serious() == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than {width}"
        assert page.evaluate("document.documentElement.lang") == {"en": "en", "zh": "zh-CN"}[lang]
    assert tab.complaints == []
    assert tab.outside == []


def test_an_asset_shows_what_is_known_of_it(plant, open_tab):
    page = open_tab(plant).open(f"/plant/{PRESS}")
    page.get_by_role("heading", name="Press 7").wait_for()
    page.get_by_text("Hydromech").wait_for()
    oil = page.get_by_role("row", name="oil")
    oil.get_by_text("67").first.wait_for()
    oil.get_by_text("above").wait_for()
    page.get_by_role("row", name="idle").get_by_text("No sample yet").wait_for()
    page.get_by_text("has type f64, this value is text").wait_for()
    trend = page.get_by_role("link", name="Trend of these signals").get_attribute("href")
    assert trend.startswith("/trend?s=acme%2Fshenzhen%2Fpress-shop%2Fline2%2Fpress7%2Fforce&s=")


def test_a_signal_that_no_longer_comes_is_stale(plant, open_tab):
    page = open_tab(plant).open(f"/plant/{PRESS}")
    page.get_by_role("row", name="oil").get_by_text("Stale").wait_for()


def test_names_are_in_the_language_chosen(plant, open_tab):
    page = open_tab(plant).open(f"/plant/{PRESS}")
    page.get_by_label("Settings").click()
    page.get_by_label("Language").select_option("zh")
    page.get_by_role("heading", name="7号冲压机").wait_for()
    page.get_by_role("row", name="压力").wait_for()
    page.reload()
    page.get_by_role("heading", name="7号冲压机").wait_for()


def test_the_keyboard_is_enough(plant, open_tab):
    page = open_tab(plant).open("/plant")
    press = page.keyboard.press
    press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    for _ in range(5):
        press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "System"
    press("Enter")
    page.get_by_role("heading", name="System", exact=True).wait_for()
    for _ in range(3):
        press("Shift+Tab")
    press("Enter")
    page.get_by_role("searchbox").focus()
    page.keyboard.type("press7")
    tree = page.get_by_role("tree")
    page.get_by_text("1 asset", exact=True).first.wait_for()
    press("Tab")
    assert tree.evaluate("element => element === document.activeElement")
    active = lambda: tree.evaluate(  # noqa: E731
        "element => document.getElementById(element.getAttribute('aria-activedescendant'))?.querySelector('.label').textContent")
    press("Home")
    assert active() == "acme"
    press("ArrowRight")
    assert active() == "shenzhen"
    press("End")
    assert active() == "Press 7"
    press("ArrowLeft")
    assert active() == "line2"
    press("ArrowLeft")
    assert tree.get_by_role("treeitem", name="line2").get_attribute("aria-expanded") == "false"
    press("ArrowRight")
    press("ArrowDown")
    press("Enter")
    page.get_by_role("heading", name="Press 7").wait_for()
    assert page.url.endswith(f"{PRESS}?q=press7")
    page.go_back()
    page.get_by_role("heading", name="Plant").wait_for()


def test_ten_thousand_assets_are_searched_and_walked_at_once(make_node, open_tab):
    node = make_node().start()
    describe(node, [{"name": f"acme/site{i % 7}/line{i % 91}/machine{i}"} for i in range(10_000)], [])
    page = open_tab(node).open("/plant")
    page.get_by_text("10,000 assets").first.wait_for()
    page.get_by_role("searchbox").fill("machine9876")
    page.get_by_role("treeitem", name="machine9876").click()
    page.get_by_role("heading", name="machine9876").wait_for()
    page.get_by_role("searchbox").fill("machine")
    page.get_by_text("10,000 assets").first.wait_for()
    page.get_by_role("tree").focus()
    page.keyboard.press("End")
    page.get_by_role("treeitem", name=re.compile("machine")).last.wait_for()
    assert page.get_by_role("treeitem").count() < 100


def test_a_published_value_is_on_the_screen_within_a_second(plant, open_tab):
    page = open_tab(plant).open(f"/plant/{PRESS}")
    row = page.get_by_role("row", name="force")
    row.get_by_text("Good").or_(row.get_by_text("Stale")).wait_for()
    for value in ("1111.5", "2222.5", "333.25"):
        began = time.monotonic()
        publish(plant, f"{PRESS}/force", value)
        row.get_by_text(f"{float(value):,.5g}" if float(value) < 1000 else f"{float(value):,.1f}").wait_for()
        assert time.monotonic() - began < 1


def test_of_five_hundred_values_those_out_of_sight_are_there_when_they_are_looked_at(make_node, open_tab):
    node = make_node().start()
    publish(node, "acme/wall", json.dumps({f"s{i:03}": i for i in range(500)}))
    page = open_tab(node).open("/plant/acme/wall")
    last = page.get_by_role("row", name="s499")
    last.wait_for()
    publish(node, "acme/wall", json.dumps({f"s{i:03}": i + 1000 for i in range(500)}))
    page.get_by_role("row", name="s000").get_by_text("1,000").wait_for()
    assert last.get_by_text("1,499").count() == 0  # it costs nothing
    last.scroll_into_view_if_needed()
    last.get_by_text("1,499").wait_for()
    publish(node, "acme/wall/s499", "2499.5")
    last.get_by_text("2,499.5").wait_for()


def test_an_empty_node_teaches_the_first_step(make_node, open_tab):
    node = make_node().start()
    tab = open_tab(node)
    page = tab.open("/plant")
    lines = page.locator("pre").first.inner_text()
    assert node.http_url in lines
    tab.screenshot("empty-en-light-1400")
    assert tab.serious() == []
    httpx.post(f"{node.http_url}/write", content=re.search(r"'(.*)'", lines)[1]).raise_for_status()
    page.get_by_role("treeitem", name="press").wait_for()


def test_a_lost_node_is_shown_and_heals(make_node, open_tab):
    node = make_node().start()
    publish(node, "acme/press7/force", "1.5")
    tab = open_tab(node)
    page = tab.open("/plant/acme/press7")
    row = page.get_by_role("row", name="force")
    row.get_by_text("1.5").wait_for()
    port = node.http_port
    node.kill()
    page.get_by_text("Connection lost").wait_for()
    page.get_by_text("it is tried again by itself").wait_for()
    assert row.get_by_text("1.5").is_visible()
    tab.screenshot("lost-en-light-1400")
    assert tab.serious() == []
    node.start(http_port=port)
    page.get_by_role("banner").get_by_text("Live").wait_for(timeout=15_000)
    publish(node, "acme/press7/force", "2.5")
    row.get_by_text("2.5").wait_for()


def test_the_first_load_keeps_its_budget(plant, open_tab):
    tab = open_tab(plant)
    sizes = {}
    tab.page.on("requestfinished", lambda request: request.url.endswith(".js")
                and sizes.update({request.url: request.sizes()["responseBodySize"]}))
    tab.open(f"/plant/{PRESS}")
    assert 10_000 < sum(sizes.values()) < 300_000, sizes
