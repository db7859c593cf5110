"""Samples are let go of and what they came to is kept: of the real node, by HTTP, and in its files."""
import math
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "formats"))

from artery_node import PROGRAM  # noqa: E402
from segment_reader import TILE_LENGTHS, read_segment  # noqa: E402  (after the path is known)

S = 1_000_000_000
DAY = 24 * 3600 * S
STEP = 600 * S
KEEP = ("--set", "history.retention=#=2d", "--set", "history.tiles_retention=#=3650d",
        "--set", "history.retention_trusts_clock=true")
SIGNAL = "press/force"
SECONDS_MAX = 60


def get(client, path, **parameters):
    answer = client.get(f"/api/v1/{path}", params={"signal": SIGNAL, **parameters})
    assert answer.status_code == 200, answer.text
    return answer.json()


def gauge(client, name):
    (line,) = [line for line in client.get("/metrics").text.splitlines() if line.startswith(f"{name} ")]
    return float(line.split()[1])


def artery(*words):
    return subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=120, check=False)


def started(node):
    """A client of the node, which is started and has made its archive."""
    client = httpx.Client(base_url=node.start().http_url, timeout=30)
    deadline = time.monotonic() + SECONDS_MAX
    while gauge(client, "artery_history_archives") == 0:
        assert time.monotonic() < deadline, "no archive was made"
    return client


@pytest.fixture
def old(make_node, tmp_path):
    """A node that has ten days of samples, most of them too old; and the samples."""
    now = time.time_ns()
    if DAY - now % DAY < 2 * SECONDS_MAX * S:
        pytest.skip("the day ends meanwhile")
    today = now // DAY * DAY
    samples = [(today - 10 * DAY + i * STEP, (i * 37) % 101 - 50) for i in range(10 * DAY // STEP)]
    node = make_node(*KEEP, "--set", f"backup.folder={tmp_path / 'backups'}").start()
    lines = [f"press force={value}i {moment}" for moment, value in samples]
    assert httpx.post(f"{node.http_url}/write", content="\n".join(lines)).status_code == 204
    assert node.stop() == 0, node.journal()
    return node, started(node), today, samples


def expect_days(client, today, samples):
    wanted = ["count", "min", "max", "first", "last", "sum", "time_average", "transitions"]
    answer = get(client, "aggregate", aggregate=wanted, **{"from": today - 10 * DAY, "to": today}, step="1d")
    (one,) = answer["signals"]
    assert len(one["intervals"]) == 10 and one["incomplete"] is False
    for interval in one["intervals"]:
        its = [value for moment, value in samples if int(interval["from"]) <= moment < int(interval["to"])]
        assert [interval[name] for name in wanted[:6]] == [len(its), min(its), max(its), its[0], its[-1], sum(its)]
        assert interval["time_average"] == pytest.approx(math.fsum(its) / len(its)), "each value holds for one step"
    return one


def test_aggregates_and_plots_go_on_where_samples_end(old):
    node, client, today, samples = old
    one = expect_days(client, today, samples)
    kept_from = today - 2 * DAY
    assert int(one["archived_before"]) == kept_from
    assert {int(moment) for moment, *_ in get(client, "raw", limit=100000)["samples"]} == {
        moment for moment, _ in samples if moment >= kept_from}
    assert get(client, "at", time=today - 5 * DAY + 1, line="stepped")["signals"][0]["values"][0][1] is None
    plot = get(client, "plot", **{"from": today - 10 * DAY, "to": today}, width=10)
    assert int(plot["archived_before"]) == kept_from and plot["incomplete"] is False
    assert [column["count"] for column in plot["columns"]] == [DAY // STEP] * 10
    assert [column["max"][1] for column in plot["columns"]] == [50] * 10
    recent = get(client, "aggregate", aggregate="count", **{"from": kept_from, "to": today})["signals"][0]
    assert "archived_before" not in recent


def test_an_answer_says_that_what_came_late_to_an_archived_day_is_left_out(old):
    node, client, today, samples = old
    assert "archived_late_left_out" not in expect_days(client, today, samples)
    assert client.post("/write", content=f"press force=7i {today - 5 * DAY + 1}").status_code == 204
    assert expect_days(client, today, samples)["archived_late_left_out"] is True


def test_what_is_archived_stays_when_the_samples_are_gone_and_nodes_come_and_go(old):
    node, client, today, samples = old
    assert node.stop() == 0, node.journal()
    (path,) = (node.data / "history").glob("archive-*.seg")
    (one,) = read_segment(path.read_bytes())
    assert one.name == SIGNAL and not one.rows and one.until == today - 2 * DAY
    old_samples = [(moment, value) for moment, value in samples if moment < one.until]
    for level in (2, 3):
        tiles = [tile for tile in one.tiles if tile["level"] == level]
        length = TILE_LENGTHS[level]
        assert len(tiles) == 8 * DAY // length
        for tile in tiles:
            its = [value for moment, value in old_samples if moment // length == tile["first"] // length]
            assert (tile["count"], tile["sum"]) == (len(its), sum(its))
    again = started(node)
    expect_days(again, today, samples)


def test_a_backup_has_archives_and_a_look_at_the_files_tells_of_them(old, make_node, tmp_path):
    node, client, today, samples = old
    expect_days(client, today, samples)
    made = client.post("/api/v1/backups")
    assert made.status_code == 201, made.text
    assert node.stop() == 0, node.journal()
    restored = make_node(*KEEP, name="restored")
    done = artery("restore", tmp_path / "backups" / made.json()["name"], "--to", restored.data)
    assert done.returncode == 0, done.stderr
    verified = artery("verify", restored.data)
    assert verified.returncode == 0 and "1 archives" in verified.stdout, verified.stdout
    (path,) = (restored.data / "history").glob("archive-*.seg")
    said = artery("inspect", "segment", path)
    assert said.returncode == 0 and "8 tiles of 1440 min" in said.stdout, said.stdout
    expect_days(started(restored), today, samples)
