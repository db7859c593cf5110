"""Good, uncertain and bad look different from each other everywhere: by shape, by word and by colour."""
import itertools
import json
import time

import paho.mqtt.publish
import pytest
from artery_node import Node

BOX = "acme/greenhouse/box1"
MINUTES = 60


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """The last hour of a box whose sensors fail one after the other: a third good, a third uncertain, a third bad."""
    node = Node(tmp_path_factory.mktemp("quality")).start()
    now = int(time.time() * 1000)
    messages = []
    for i in range(MINUTES * 12):
        trust = ("good", "uncertain", "bad")[i * 3 // (MINUTES * 12)]
        said = {"air": 20 + i % 2, "humidity": 50, "leaf": 18, "soil": 16, "ts": now - (MINUTES * 12 - i) * 5000,
                "quality": {"humidity": trust, "leaf": "uncertain", "soil": 2156658688}}
        messages.append((BOX, json.dumps(said), 1))
    paho.mqtt.publish.multiple(messages, hostname="127.0.0.1", port=node.mqtt_port)
    yield node
    node.stop_at_end()


def looks_of(page, name):
    """(word, shape, colour) of the quality of a row."""
    quality = page.get_by_role("row", name=name).locator(".quality .quality, .quality:has(svg)").last
    return quality.evaluate("""element => {
        const mark = element.querySelector('svg');
        return [element.textContent.trim(), mark.innerHTML.replace(/<!--.*?-->|class="[^"]*"/g, ''), getComputedStyle(mark).color];
    }""")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_the_plant(node, open_tab, scheme):
    tab = open_tab(node, scheme=scheme)
    page = tab.open(f"/plant/{BOX}")
    page.get_by_role("row", name="soil").get_by_text("0x808C0000").wait_for()
    looks = [looks_of(page, name) for name in ("air", "leaf", "soil")]
    assert [word.split("0x")[0].strip() for word, _, _ in looks] == ["Good", "Uncertain", "Bad"]
    for one, other in itertools.combinations(looks, 2):
        assert all(a != b for a, b in zip(one, other)), (one, other)
    struck = "element => getComputedStyle(element.querySelector('.value')).textDecorationLine"
    assert page.get_by_role("row", name="soil").evaluate(struck) == "line-through"
    assert page.get_by_role("row", name="leaf").evaluate(struck) == "none"
    page.locator("svg path.bad").first.wait_for(state="attached")
    tab.screenshot(f"quality-plant-en-{scheme}-1400")
    assert tab.serious() == []


def pixels(page, css, left, right, top, bottom):
    """How many pixels of a part of the plot have a colour; the part in shares of the plot."""
    return page.evaluate("""([css, left, right, top, bottom]) => {
        const probe = document.querySelector('.page').appendChild(document.createElement('i'));
        probe.style.color = css;
        const wanted = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
        probe.remove();
        const canvas = document.querySelector('.u-wrap canvas'), over = document.querySelector('.u-over').getBoundingClientRect();
        const box = canvas.getBoundingClientRect(), scale = canvas.width / box.width;
        const [x, y] = [(over.left - box.left + left * over.width) * scale, (over.top - box.top + top * over.height) * scale];
        const { data } = canvas.getContext('2d').getImageData(x, y, (right - left) * over.width * scale, (bottom - top) * over.height * scale);
        let count = 0;
        for (let i = 0; i < data.length; i += 4) count += wanted.every((one, n) => Math.abs(data[i + n] - one) < 24);
        return count;
    }""", [css, left, right, top, bottom])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_trend(node, open_tab, scheme):
    tab = open_tab(node, scheme=scheme)
    page = tab.open(f"/trend?s={BOX}/humidity&range=1h")
    page.locator('.plot[aria-busy="false"]').wait_for()
    page.get_by_role("row", name="humidity").get_by_text("Bad", exact=False).first.wait_for()
    line = page.locator("tbody .swatch").first.evaluate("element => getComputedStyle(element).backgroundColor")
    parts = {"good": (0.08, 0.28), "uncertain": (0.4, 0.6), "bad": (0.72, 0.92)}
    drawn = {name: pixels(page, line, *part, 0, 0.95) for name, part in parts.items()}
    assert drawn["good"] > 0
    assert 0.3 < drawn["uncertain"] / drawn["good"] < 0.8, drawn  # dashed
    assert drawn["bad"] == 0
    edge = {name: [pixels(page, css, *part, 0.97, 1) for css in ("var(--uncertain)", "var(--bad)")] for name, part in parts.items()}
    assert edge["good"] == [0, 0]
    assert edge["uncertain"][0] > 0 and edge["uncertain"][1] == 0
    assert edge["bad"][0] == 0 and edge["bad"][1] > 0
    assert pixels(page, "var(--bad)", *parts["bad"], 0, 0.95) > 0  # crosses
    tab.screenshot(f"quality-trend-en-{scheme}-1400")
    assert tab.serious() == []


def test_in_the_overview(node, open_tab):
    page = open_tab(node).open("/plant")
    verdict = page.get_by_role("main").get_by_role("status").filter(has_text="need a look")
    verdict.get_by_text("2 bad").wait_for()
    verdict.get_by_text("1 uncertain").wait_for()
    assert [row.split("\n")[0] for row in page.get_by_role("main").get_by_role("rowheader").all_inner_texts()] == ["humidity", "soil", "leaf"]
