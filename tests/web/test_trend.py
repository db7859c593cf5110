"""Trends as their users meet them: real data where it is present, else made here."""
import csv
import datetime
import io
import math
import pathlib
import re
import time
from urllib.parse import parse_qs, urlparse

import httpx
import pytest
from artery_node import ROOT, Node

ETT = ROOT.parent / "shared/data/ett/ETT-small/ETTh1.csv"
YEARS = "/trend?s=ett/oil&s=ett/load&range=all&zone=UTC"
LOOKS = [("en", "light", 1400, 900), ("zh", "dark", 1400, 900), ("zh", "light", 320, 640), ("en", "dark", 3840, 2160)]
HOUR = 3600


def seconds(text):
    return int(datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC).timestamp())


def write(node, lines):
    for start in range(0, len(lines), 20_000):
        answer = httpx.post(f"{node.http_url}/write?precision=s", content="\n".join(lines[start:start + 20_000]), timeout=60)
        answer.raise_for_status()


def two_years():
    """Oil temperature and load of a transformer, hourly: (second, oil, load)."""
    if pathlib.Path(ETT).exists():
        with open(ETT, encoding="ascii") as file:
            return [(seconds(row["date"]), float(row["OT"]), float(row["HUFL"])) for row in csv.DictReader(file)]
    begin = seconds("2016-07-01 00:00:00")
    return [(begin + i * HOUR, 20 + 15 * math.cos(i / 1400) + math.sin(i / 4), 10 + 5 * math.sin(i / 24)) for i in range(17_420)]


@pytest.fixture(scope="module")
def plant(tmp_path_factory):
    node = Node(tmp_path_factory.mktemp("trend")).start()
    write(node, [f"ett oil={oil},load={load} {second}" for second, oil, load in two_years()])
    now = int(time.time())
    # Every five seconds for a day, except the hour from five to four hours ago; a state a quarter of an hour.
    running = [t for t in range(now - 24 * HOUR, now, 5) if not now - 5 * HOUR < t < now - 4 * HOUR]
    write(node, [f"hall force={10 + 3 * math.sin(t / 500):.4f},running={'true' if t // 3000 % 3 else 'false'} {t}" for t in running])
    write(node, [f'hall state="{("idle", "setup", "running", "fault")[t // 900 % 4]}" {t}' for t in range(now - 24 * HOUR, now, 900)])
    begin = seconds("2026-01-01 00:00:00")
    write(node, [f"depot level={50 + 40 * math.sin(i / 9):.3f} {begin + i * HOUR}" for i in range(1000)])
    write(node, [f"lab ph={7 + i / 100} {begin + i * 60}" for i in range(60)])
    write(node, [f"lab ph=9.5 {begin + 60}"])
    signals = [{"name": "ett/oil", "unit": "Cel", "low": -5, "high": 45, "display_names": {"zh": "油温", "en": "Oil temperature"}},
               {"name": "ett/load", "unit": "MW"}, {"name": "hall/force", "unit": "kN", "low": 8, "high": 12}]
    httpx.post(f"{node.http_url}/api/v1/catalogue", json={"assets": [], "signals": signals}).raise_for_status()
    yield node
    node.stop_at_end()


def count_asked(page):
    """The plot and raw requests from now on, also those that are given up."""
    asked = []
    page.on("request", lambda request: re.search(r"/api/v1/(plot|raw)\?", request.url) and asked.append(request.url))
    return asked


def settle(page):
    """Waits until all that is in sight is there: the page says that it asks for nothing."""
    page.locator('.plot[aria-busy="false"]').wait_for()


def open_trend(tab, address):
    page = tab.open(address)
    page.locator(".u-over").wait_for()
    settle(page)
    return page


def span_of(page):
    query = parse_qs(urlparse(page.url).query)
    return [datetime.datetime.fromisoformat(query[name][0]) for name in ("from", "to")]


def wait_for_query(page, text):
    page.wait_for_url(lambda address: text in address)


def row_of(page, name):
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name, exact=False))


@pytest.mark.parametrize("lang,scheme,width,height", LOOKS)
def test_every_look_is_quiet_and_open_to_all(plant, open_tab, lang, scheme, width, height):
    tab = open_tab(plant, lang=lang, scheme=scheme, width=width, height=height)
    addresses = {"years": YEARS, "day": "/trend?s=hall/force&s=hall/running&s=hall/state&range=24h&f=time_average,stddev&per=1h", "none": "/trend"}
    for name, address in addresses.items():
        page = tab.open(address)
        if name != "none":
            page.locator(".u-over").wait_for()
            settle(page)
        tab.screenshot(f"trend-{name}-{lang}-{scheme}-{width}")
        assert tab.serious() == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than {width}"
    assert tab.complaints == []
    assert tab.outside == []


def test_from_years_to_minutes_and_back(plant, open_tab):
    tab = open_tab(plant)
    page = open_trend(tab, YEARS)
    asked = count_asked(page)
    plot = page.locator(".u-over").bounding_box()
    page.mouse.move(plot["x"] + plot["width"] / 2, plot["y"] + 100)
    for _ in range(60):
        page.mouse.wheel(0, -120)
    # Each of the sixty notches shows a sixth less: 740 days become some ten minutes.
    page.wait_for_function("""() => { const query = new URLSearchParams(location.search);
        return Date.parse(query.get('to')) - Date.parse(query.get('from')) < 12 * 60_000; }""")
    settle(page)
    assert asked
    begin, end = span_of(page)
    tab.screenshot("trend-minutes-en-light-1400")
    before = page.url
    page.mouse.down()
    page.mouse.move(plot["x"] + plot["width"] / 4, plot["y"] + 100, steps=5)
    page.mouse.up()
    page.wait_for_url(lambda address: address != before)
    settle(page)
    moved = span_of(page)
    assert moved[0] > begin
    assert abs((moved[1] - moved[0]) - (end - begin)) < datetime.timedelta(seconds=1)
    page.go_back()
    page.wait_for_url(before)
    settle(page)
    page.go_back()
    wait_for_query(page, "range=all")
    settle(page)


def test_what_was_seen_is_not_asked_again(plant, open_tab):
    tab = open_tab(plant)
    page = open_trend(tab, "/trend?s=depot/level&from=2026-01-10T00:00:00Z&to=2026-01-10T06:00:00Z")
    asked = count_asked(page)
    page.get_by_role("application").focus()

    def press(key, times):
        for _ in range(times):
            before = page.url
            page.keyboard.press(key)
            page.wait_for_url(lambda address: address != before)
            settle(page)

    press("PageDown", 6)
    assert asked
    asked.clear()
    # Back in other steps: each view is a new one, of tiles that are known.
    press("ArrowLeft", 29)
    assert asked == []
    press("ArrowRight", 7)
    page.go_back()
    settle(page)
    assert asked == []


def test_all_there_is_asks_for_nothing_else(plant, open_tab):
    tab = open_tab(plant)
    asked = count_asked(tab.page)
    open_trend(tab, YEARS)
    ranges = [parse_qs(urlparse(address).query) for address in asked if "plot" in address]
    assert ranges
    for one in ranges:
        assert int(one["to"][0]) - int(one["from"][0]) > 30 * 24 * HOUR * 10**9


def test_signals_are_chosen_by_keyboard_and_the_address_holds_them(plant, open_tab):
    page = open_tab(plant).open("/trend")
    page.get_by_role("button", name="Search signals").click()
    field = page.get_by_role("combobox", name="Add signals")
    assert field.evaluate("element => element === document.activeElement")
    page.keyboard.type("hall")
    page.get_by_role("option", name="hall/force").wait_for()
    page.get_by_role("option", name="ett/oil").wait_for(state="detached")
    page.keyboard.press("ArrowDown")
    active = page.locator("#" + field.get_attribute("aria-activedescendant"))
    assert active.inner_text().replace("\n", " ").split()[0] == "hall/force"
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.get_by_role("rowheader", name="hall/state").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("listbox").wait_for(state="hidden")
    page.get_by_role("button", name="Show hall/state").click()
    page.get_by_role("button", name="Move hall/state up").click()
    wait_for_query(page, "s=hall%2Fstate%23c1%2Ch&s=hall%2Fforce%23c0")
    page.reload()
    assert page.get_by_role("rowheader").all_inner_texts() == ["hall/state", "hall/force"]
    page.get_by_role("button", name="Remove hall/state").click()
    page.get_by_role("rowheader", name="hall/state").wait_for(state="detached")


def ink(page, part):
    """How many pixels of a column of the plot have the colour of the first line."""
    return page.evaluate("""part => {
        const canvas = document.querySelector('.u-wrap canvas'), over = document.querySelector('.u-over').getBoundingClientRect();
        const box = canvas.getBoundingClientRect(), scale = canvas.width / box.width;
        const wanted = getComputedStyle(document.querySelector('tbody .swatch')).backgroundColor.match(/\\d+/g).map(Number);
        const x = Math.round((over.left - box.left + part * over.width) * scale);
        const { data } = canvas.getContext('2d').getImageData(x - 1, (over.top - box.top) * scale, 3, over.height * scale);
        let count = 0;
        for (let i = 0; i < data.length; i += 4) count += wanted.every((one, n) => Math.abs(data[i + n] - one) < 24);
        return count;
    }""", part)


def test_a_gap_is_a_gap(plant, open_tab):
    page = open_trend(open_tab(plant), "/trend?s=hall/force&range=24h")
    row_of(page, "hall/force").get_by_text("kN", exact=True).wait_for()
    assert ink(page, 1 - 3 / 24) > 0
    assert ink(page, 1 - 4.5 / 24) == 0
    assert ink(page, 1 - 6 / 24) > 0


def test_the_live_edge_goes_on_pauses_and_comes_back(plant, open_tab):
    page = open_trend(open_tab(plant), "/trend?s=live/value&range=5m")
    page.get_by_text("The node has no such signal").wait_for()
    for value in (1.5, 2.5, 3.5):
        write(plant, [f"live value={value} {int(time.time())}"])
        row_of(page, "live/value").get_by_text(str(value)).first.wait_for()
    page.get_by_role("button", name="Earlier").click()
    page.get_by_text("Paused").wait_for()
    wait_for_query(page, "from=")
    page.get_by_role("button", name="Back to live").click()
    wait_for_query(page, "range=5m")
    page.get_by_text("Paused").wait_for(state="detached")


def test_the_cursor_goes_from_sample_to_sample_by_keyboard_and_tells_revisions(plant, open_tab):
    page = open_trend(open_tab(plant), "/trend?s=lab/ph&from=2026-01-01T00:00:30Z&to=2026-01-01T00:10:00Z&zone=Asia/Shanghai")
    row = row_of(page, "lab/ph")
    page.get_by_role("application").focus()
    page.keyboard.press("Shift+ArrowRight")
    row.get_by_text("2026-01-01 08:01:00.000").wait_for()
    row.get_by_text("9.5", exact=False).first.wait_for()
    row.get_by_text("before its revision 7.01").wait_for()
    page.keyboard.press("Shift+ArrowRight")
    row.get_by_text("2026-01-01 08:02:00.000").wait_for()
    row.get_by_text("7.02").first.wait_for()
    page.keyboard.press("Escape")
    row.get_by_text("7.59").first.wait_for()


def test_keys_move_and_zoom(plant, open_tab):
    page = open_trend(open_tab(plant), "/trend?s=lab/ph&from=2026-01-01T00:00:00Z&to=2026-01-01T00:20:00Z")
    plot = page.get_by_role("application")
    plot.focus()
    for key, begin, end in (("+", "00:05", "00:15"), ("ArrowRight", "00:07", "00:17"), ("-", "00:02", "00:22"), ("PageUp", "23:42", "00:02")):
        page.keyboard.press(key)
        page.wait_for_function("""([begin, end]) => { const query = new URLSearchParams(location.search);
            return query.get('from').slice(11, 16) === begin && query.get('to').slice(11, 16) === end; }""", arg=[begin, end])
    page.keyboard.press("l")
    wait_for_query(page, "range=20m")


def test_the_csv_has_every_sample_and_the_png_the_picture(plant, open_tab, tmp_path):
    tab = open_tab(plant)
    page = open_trend(tab, YEARS)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    download.value.save_as(tmp_path / "trend.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "trend.csv").read_text())))
    known = two_years()
    assert len(rows) == 2 * len(known)
    for name, column in (("ett/oil", 1), ("ett/load", 2)):
        mine = [(seconds(row["time"].removesuffix("Z")), float(row["value"])) for row in rows if row["signal"] == name]
        assert mine == [(row[0], row[column]) for row in known]
    assert {row["quality"] for row in rows} == {"good"}
    page.get_by_text(f"{len(rows):,} samples saved").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG").click()
    download.value.save_as(tmp_path / "trend.png")
    assert (tmp_path / "trend.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "trend.png").stat().st_size > 20_000


def test_figures_of_the_range_and_per_interval(plant, open_tab):
    tab = open_tab(plant)
    page = open_trend(tab, "/trend?s=depot/level&from=2026-01-02T00:00:00Z&to=2026-01-12T00:00:00Z&zone=UTC")
    level = [50 + 40 * math.sin(i / 9) for i in range(1000)]  # an hour each, from January 1st on

    def average(first, last):
        return sum((level[i] + level[i + 1]) / 2 for i in range(first, last)) / (last - first)

    def number(text):
        return float(text.split()[0].replace(",", ""))

    page.get_by_role("checkbox", name="Average over time").check()
    page.get_by_role("checkbox", name="Integral over hours").check()
    wait_for_query(page, "f=time_average%2Cintegral")
    row = row_of(page, "depot/level")
    row.get_by_text("h", exact=True).wait_for()  # the unit of the integral is there when it is
    header = [text.strip() for text in page.get_by_role("columnheader").all_inner_texts()]
    cells = dict(zip(header[1:], row.get_by_role("cell").all_inner_texts(), strict=True))
    assert number(cells["Mean"]) == pytest.approx(sum(level[24:264]) / 240, rel=1e-4)
    assert number(cells["Average over time"]) == pytest.approx(average(24, 264), rel=1e-4)
    assert number(cells["Integral over hours"]) == pytest.approx(average(24, 264) * 240, rel=1e-4)

    page.get_by_role("combobox", name="Interval", exact=True).select_option(label="1 day")
    table = page.get_by_role("table", name="Average over time, 1 day")
    table.get_by_text("2026-01-11 00:00:00").first.wait_for()
    rows = [row.split("\t") for row in table.locator("tbody").inner_text().splitlines()]
    assert [row[0].strip() for row in rows] == [f"2026-01-{day:02} 00:00:00" for day in range(2, 12)]
    assert [float(row[2]) for row in rows] == [pytest.approx(average(i * 24, i * 24 + 24), rel=1e-4) for i in range(1, 11)]
    tab.screenshot("trend-intervals")

    page.get_by_role("combobox", name="Figure", exact=True).select_option(label="Greatest")
    table = page.get_by_role("table", name="Greatest, 1 day")
    table.get_by_text("89.").first.wait_for()
    wait_for_query(page, "per=1d&of=max")
    assert page.get_by_role("combobox", name="Interval", exact=True).locator("option", has_text="1 minute").is_disabled()
    assert tab.serious() == []
    assert tab.complaints == []


def test_where_nothing_is_it_says_where_something_is(plant, open_tab):
    page = open_trend(open_tab(plant), "/trend?s=lab/ph&range=1h&zone=UTC")
    page.get_by_text("The newest is of 2026-01-01 00:59:00 UTC").wait_for()
    page.get_by_role("button", name="To the newest").click()
    page.get_by_text("There are no samples").wait_for(state="detached")
    row_of(page, "lab/ph").get_by_text("7.59").first.wait_for()


DAY = 24 * HOUR
KEEP = ("--set", "history.retention=#=2d", "--set", "history.tiles_retention=#=3650d", "--set", "history.retention_trusts_clock=true")


@pytest.fixture
def archived(make_node):
    """A node that keeps of ten days the samples of two, and of all what they came to; and when today began."""
    now = int(time.time())
    if DAY - now % DAY < 120:
        pytest.skip("the day ends meanwhile")
    today = now // DAY * DAY
    node = make_node(*KEEP).start()
    write(node, [f"press force={10 + math.sin(i / 20):.3f} {today - 10 * DAY + i * 600}" for i in range(10 * 144)])
    assert node.stop() == 0
    node.start()
    deadline = time.monotonic() + 60
    while httpx.get(f"{node.http_url}/api/v1/status").json()["history"]["archives"] == 0:
        assert time.monotonic() < deadline, "no archive was made"
    return node, today


def iso(second):
    return datetime.datetime.fromtimestamp(second, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def samples_of(page, name):
    """What the table says of the number of samples in sight."""
    header = [text.strip() for text in page.get_by_role("columnheader").all_inner_texts()]
    cells = row_of(page, name).get_by_role("cell").all_inner_texts()
    return int(re.sub(r"[^0-9]", "", dict(zip(header[1:], cells, strict=True))["Samples"]))


def test_what_samples_came_to_is_shown_where_they_are_let_go_of_and_it_says_so(archived, open_tab):
    node, today = archived
    tab = open_tab(node)
    told = f"Before {datetime.datetime.fromtimestamp(today - 2 * DAY, datetime.UTC):%Y-%m-%d %H:%M:%S} UTC samples are let go of"
    page = open_trend(tab, f"/trend?s=press/force&from={iso(today - 8 * DAY)}&to={iso(today - 7 * DAY)}&zone=UTC")
    page.get_by_text(told).wait_for()
    assert samples_of(page, "press/force") == pytest.approx(144, abs=6)
    tab.screenshot("trend-archived")
    assert tab.serious() == []
    page = open_trend(tab, "/trend?s=press/force&range=all&zone=UTC")
    page.get_by_text(told).wait_for()
    assert samples_of(page, "press/force") == pytest.approx(1440, abs=10)
    page = open_trend(tab, f"/trend?s=press/force&from={iso(today - DAY)}&to={iso(today)}&zone=UTC")
    assert samples_of(page, "press/force") == 144
    assert page.get_by_text("samples are let go of").count() == 0
    assert tab.complaints == []
