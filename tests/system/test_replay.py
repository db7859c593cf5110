"""`artery replay` on files of our own (tests/data/replay): what they hold, what is refused, stopping and going on."""
import csv
import datetime
import gzip
import pathlib
import shutil
import signal
import subprocess
import time
import tomllib

from artery_node import PROGRAM
from replay_oracle import read_all, replay

FILES = pathlib.Path(__file__).resolve().parents[1] / "data/replay"
NS = 10**9
MINUTE = 60 * NS


def at(*parts):
    return int(datetime.datetime(*parts, tzinfo=datetime.timezone.utc).timestamp()) * NS


def test_a_german_table_with_mark_decimal_comma_quotes_and_two_time_columns(node, client):
    said = replay(node, FILES / "press_de.csv")
    assert "decimal comma" in said and "day before month" in said and "';' between columns" in said
    first = at(2024, 1, 13, 8)
    fourth = at(2024, 1, 14, 8, 30)
    assert read_all(client, "press_de/Druck") == {first: [1.25], first + 15 * MINUTE: [1.5], fourth: [1.75]}
    assert list(read_all(client, "press_de/Zustand").values()) == [["läuft; warm"], ['sagt "ja"'], ["aus"],
                                                                  ["zwei\r\nZeilen"]]
    assert list(read_all(client, "press_de/Zähler").values()) == [[7], [8], [9], [10]]
    units = {row["name"]: row["unit"] for row in csv.DictReader(client.get("/api/v1/catalogue?format=csv").text.splitlines())}
    assert units["press_de/Druck"] == "bar"


def test_a_chinese_table_in_gb18030(node, client):
    said = replay(node, FILES / "plant_gb18030.csv", "--zone", "+08:00")
    assert "gb18030" in said
    first = at(2024, 1, 13, 0, 5)
    assert read_all(client, "plant_gb18030/压机一/温度") == {first: [61.5], first + 5 * MINUTE: [62]}
    assert read_all(client, "plant_gb18030/压机二/状态") == {first: ["停机"], first + 5 * MINUTE: ["运行"]}


def test_many_forms_of_dates_in_one_file(node, client):
    replay(node, FILES / "mixed_dates.csv")
    start = at(2024, 3, 1)
    wanted = {start + hour * 60 * MINUTE: [hour + 1] for hour in range(8)}
    wanted |= {start + 750 * MINUTE + 123456789: [9], at(2024, 3, 14): [10]}
    assert read_all(client, "mixed_dates/value") == wanted


def test_bad_rows_cost_only_themselves_and_are_named_and_kept(node, client, tmp_path):
    said = replay(node, FILES / "bad_rows.csv", "--refused", tmp_path / "refused.csv", status=1)
    assert "23 rows read" in said and "5 refused" in said
    assert f"{FILES}/bad_rows.csv:3: time: 'not a time' is no time" in said
    speeds = read_all(client, "bad_rows/speed")
    assert len(speeds) == 19 and at(2024, 1, 1, 0, 4) in speeds
    assert at(2024, 1, 1, 0, 2) in read_all(client, "bad_rows/running")
    with open(tmp_path / "refused.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["line"]) for row in rows] == [3, 4, 5, 6, 7]
    assert rows[2] == {"file": f"{FILES}/bad_rows.csv", "line": "5", "row": "2024-01-01 00:03:00,3.5,true,surplus",
                       "reason": "the row has 4 cells; the table has 3 columns"}


def test_what_the_node_refuses_is_named_by_the_files_line(node, client, write, tmp_path):
    write('typed speed="text" 1')
    rows = ["time,speed,other"] + [f"2024-01-01 00:{minute:02}:00,1.5,{minute}" for minute in range(50)]
    file = tmp_path / "typed.csv"
    file.write_text("\n".join(rows))
    said = replay(node, file, "--refused", tmp_path / "refused.csv", status=1)
    assert "50 refused" in said and "type_conflict" in said and f"{file}:2: " in said
    with open(tmp_path / "refused.csv", newline="") as refused:
        assert [int(row["line"]) for row in csv.DictReader(refused)] == list(range(2, 52))
    assert len(read_all(client, "typed/other")) == 50


def test_more_refusals_than_an_answer_lists_are_all_named(node, client, write, tmp_path):
    write('typed speed="text" 1')
    rows = ["time,speed,other"] + [f"{1704067200 + second},1.5,{second}" for second in range(1000)]
    file = tmp_path / "typed.csv"
    file.write_text("\n".join(rows))
    replay(node, file, "--refused", tmp_path / "refused.csv", status=1)
    with open(tmp_path / "refused.csv", newline="") as refused:
        assert [int(row["line"]) for row in csv.DictReader(refused)] == list(range(2, 1002))
    assert len(read_all(client, "typed/other")) == 1000


def test_json_lines_with_nested_members(node, client):
    said = replay(node, FILES / "events.jsonl", status=1)
    assert "1 refused" in said and "events.jsonl:4: the line is no JSON object" in said
    start = at(2024, 1, 1)
    assert read_all(client, "events/pump/flow") == {start: [1.0000000000000002], start + 2 * NS: [12345678901234567890.0],
                                                      start + 3 * NS: [-2.5e-3]}
    assert read_all(client, "events/pump/on") == {start: [True], start + NS: [False]}
    assert read_all(client, "events/mode")[start + NS] == ['say "no"']


def test_line_protocol_goes_through_and_a_line_without_a_time_is_refused(node, client):
    said = replay(node, FILES / "lines.lp", "--precision", "s", status=1)
    assert "2 refused" in said and "lines.lp:4: a line without a time" in said and "lines.lp:5: " in said
    start = at(2024, 1, 1)
    assert read_all(client, "press/2/force") == {start: [3.1], start + NS: [3.2]}
    assert read_all(client, "press/2/state") == {start: ["on, off"]}


def test_names_with_every_mark_come_out_as_they_went_in(node, client):
    replay(node, FILES / "odd_names.tsv", "--no-units")
    for name, value in (("a b", 1), ("50%25", 2), ("x%2Fy", 3), ("µ,=\\z", 4), ("sum", 5), ("sum (2)", 6), ("c8", 7)):
        assert read_all(client, f"odd_names/{name}") == {at(2024, 1, 1): [value]}


def test_local_times_that_clocks_skip_or_show_twice(node, client):
    replay(node, FILES / "clocks.csv", "--zone", "Europe/Rome")
    times = {value[0]: time for time, value in read_all(client, "clocks/value").items()}
    assert times[1] == at(2024, 3, 31, 0, 30)
    assert times[2] == at(2024, 3, 31, 1, 30)  # as the clock stood before it was set
    assert times[3] == at(2024, 3, 31, 1, 45)
    assert times[5] == at(2024, 10, 27, 0, 30)
    assert times[6] == at(2024, 10, 27, 2, 30)
    assert times[7] == at(2025, 7, 1, 10)
    replay(node, FILES / "clocks.csv", "--zone", "Europe/Rome", "--ambiguous", "later", "--asset", "later")
    assert {value[0]: time for time, value in read_all(client, "later/value").items()}[5] == at(2024, 10, 27, 1, 30)


def test_compressed_files_are_read_as_they_are(node, client, tmp_path):
    plain = (FILES / "mixed_dates.csv").read_bytes()
    half = plain.index(b"\n", 60) + 1
    (tmp_path / "two_members.csv.gz").write_bytes(gzip.compress(plain[:half]) + gzip.compress(plain[half:]))
    replay(node, tmp_path / "two_members.csv.gz")
    assert len(read_all(client, "two_members/value")) == 10
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(plain)[:-12])
    assert "ends before its end" in replay(node, tmp_path / "cut.csv.gz", status=1)


def test_a_mapping_is_saved_and_does_the_same_again(node, client, tmp_path):
    mapping = tmp_path / "press.toml"
    replay(node, FILES / "press_de.csv", "--dry-run", "--rename", "Druck [bar]=pressure", "--type", "Zähler=integer",
           "--skip", "Zustand", "--asset", "plant/{file}/press", "--save-mapping", mapping)
    assert client.get("/api/v1/signals").json()["signals"] == []
    replay(node, FILES / "press_de.csv", "--mapping", mapping)
    assert sorted(one["name"] for one in client.get("/api/v1/signals").json()["signals"]) == [
        "plant/press_de/press/Zähler", "plant/press_de/press/pressure"]


def test_a_saved_mapping_keeps_everything_that_was_shown(node, tmp_path):
    mapping = tmp_path / "plant.toml"
    replay(node, FILES / "plant_gb18030.csv", "--dry-run", "--zone", "+08:00", "--save-mapping", mapping)
    said = tomllib.loads(mapping.read_text())
    assert said["encoding"] == "gb18030" and said["delimiter"] == "," and said["quote"] == '"' and said["header"] == "yes"
    assert said["format"] == "table" and said["decimal"] == "point" and "NaN" in said["missing"]
    assert said["time"] == ["时间"] and said["zone"] == "+08:00" and said["ambiguous"] == "earlier"
    assert said["asset"] == "{folder}/{file}" and said["label"] == ["设备"]
    assert said["type"] == {"温度(℃)": "number", "状态": "text", "设备": "label"}
    assert said["rename"] == {"温度(℃)": "温度"} and said["unit"] == {"温度(℃)": "Cel"}
    other = tmp_path / "plant.toml2"
    replay(node, FILES / "plant_gb18030.csv", "--dry-run", "--mapping", mapping, "--save-mapping", other)
    assert other.read_text() == mapping.read_text()


def test_what_files_differ_in_is_left_out_of_the_mapping_and_said(node, tmp_path):
    said = replay(node, FILES / "press_de.csv", FILES / "clocks.csv", "--dry-run", "--save-mapping", tmp_path / "m.toml")
    assert "leaves to be found out what is not the same in all files: delimiter, decimal" in said
    saved = tomllib.loads((tmp_path / "m.toml").read_text())
    assert "delimiter" not in saved and saved["encoding"] == "utf-8" and saved["type"]["value"] == "number"


def test_a_mapping_that_is_wrong_says_where(node, tmp_path):
    for text, place in (('colour = "red"', "1:10: there is no 'colour'"),
                        ('\n[unit]\n"p q" = "deg C"', "3:9: the unit of 'p q' is 'deg C'"),
                        ('zone = "UTC"\ndecimal = "dot"', "2:11: decimal is 'dot'")):
        file = written(tmp_path, text)
        assert f"{file}:{place}" in replay(node, FILES / "press_de.csv", "--mapping", file, status=2)
    assert "the unit of 'Zähler' is 'per hour'" in replay(node, FILES / "press_de.csv", "--unit", "Zähler=per hour", status=2)
    said = replay(node, FILES / "press_de.csv", "--rename", "Druk=pressure", status=2)
    assert "rename: no file has a column 'Druk'; there are: Datum, Zeit, Druck [bar], Zustand, Zähler" in said


def written(folder, text):
    (folder / "wrong.toml").write_text(text)
    return folder / "wrong.toml"


def test_a_folder_is_searched_and_its_names_become_the_path(node, client, tmp_path):
    (tmp_path / "site/hall").mkdir(parents=True)
    shutil.copy(FILES / "mixed_dates.csv", tmp_path / "site/hall/a.csv")
    shutil.copy(FILES / "mixed_dates.csv", tmp_path / "site/b.csv")
    (tmp_path / "site/readme.txt").write_text("no table\n")
    replay(node, tmp_path / "site")
    assert len(read_all(client, "site/hall/a/value")) == len(read_all(client, "site/b/value")) == 10


def test_a_table_without_times_needs_a_start(node, client, tmp_path):
    file = tmp_path / "plain.csv"
    file.write_text("a,b\n1,x\n2,y\n")
    said = replay(node, file, status=1)
    assert "no column has times" in said and "the columns are: a, b" in said
    replay(node, file, "--start", "2024-01-01T00:00:00Z", "--step", "15m")
    assert read_all(client, "plain/b") == {at(2024, 1, 1): ["x"], at(2024, 1, 1, 0, 15): ["y"]}


def test_shifted_to_now_the_last_time_is_now(node, client):
    before = time.time_ns()
    replay(node, FILES / "clocks.csv", "--shift-to-now")
    times = sorted(read_all(client, "clocks/value"))
    assert before <= times[-1] <= time.time_ns()
    assert times[-1] - times[0] == at(2025, 7, 1, 12) - at(2024, 3, 31, 1, 30)


def test_at_a_speed_files_are_mixed_by_their_times(node, client, tmp_path):
    for number in range(2):
        rows = [f"{1704067200 + 2 * second + number},{second}" for second in range(10)]
        (tmp_path / f"s{number}.csv").write_text("time,value\n" + "\n".join(rows))
    began = time.monotonic()
    replay(node, tmp_path / "s0.csv", tmp_path / "s1.csv", "--speed", "20x")
    assert time.monotonic() - began >= 19 / 20
    arrivals = {}
    for number in range(2):
        answer = client.get("/api/v1/raw", params={"signal": f"s{number}/value", "arrivals": "true"}).json()
        arrivals |= {int(row[0]): int(row[3]) for row in answer["samples"]}
    assert len(arrivals) == 20
    ordered = [arrivals[source_time] for source_time in sorted(arrivals)]
    assert ordered == sorted(ordered)


def test_wrong_usage_is_2_and_a_node_that_is_not_there_3(node):
    assert "date_order is 'sideways'" in replay(node, FILES / "clocks.csv", "--date-order", "sideways", status=2)
    assert "'http://plant:8080' is no node's address" in subprocess.run(
        [PROGRAM, "replay", "--to", "http://plant:8080", FILES / "clocks.csv"], capture_output=True, text=True).stderr
    assert "unknown zone 'Mars/Base'" in replay(node, FILES / "clocks.csv", "--zone", "Mars/Base", status=2)
    assert "from 1677 to 2262" in replay(node, FILES / "clocks.csv", "--start", "2300-01-01", "--dry-run", status=1)
    assert node.stop() == 0
    said = replay(node, FILES / "clocks.csv", "--wait", "0", status=3)
    assert "cannot connect" in said


def test_a_column_of_a_file_that_cannot_be_read_is_no_crash(node, tmp_path):
    empty = tmp_path / "empty.csv"
    empty.touch()
    assert "empty" in replay(node, empty, "--skip", "x", "--dry-run", status=1)


def long_file(folder, rows):
    file = folder / "long.csv"
    with open(file, "w") as out:
        out.write("time," + ",".join(f"v{i}" for i in range(10)) + "\n")
        for row in range(rows):
            out.write(f"{1704067200 + row}," + ",".join(f"{row + i / 10}" for i in range(10)) + "\n")
    return file


def test_stopped_by_ctrl_c_the_same_command_goes_on_and_nothing_is_missing(node, client, tmp_path):
    rows = 60_000
    file, state = long_file(tmp_path, rows), tmp_path / "state.toml"
    command = [PROGRAM, "replay", "--to", node.http_url, "--state", str(state), str(file), "--connections", "2"]
    first = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while first.poll() is None and client.get("/api/v1/signals").json()["signals"] == []:
        pass
    first.send_signal(signal.SIGINT)
    said = "".join(first.communicate(timeout=60))
    if first.returncode != 0:  # it may have been quicker than we were
        assert first.returncode == 1 and "the same command goes on from here" in said
        assert state.exists()
    second = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert second.returncode == 0, second.stderr
    assert not state.exists()
    for name in ("v0", "v9"):
        assert len(read_all(client, f"long/{name}")) == rows


def test_a_node_that_is_killed_meanwhile_is_waited_for_and_nothing_is_lost(node, client, tmp_path):
    rows = 200_000
    file = long_file(tmp_path, rows)
    command = [PROGRAM, "replay", "--to", node.http_url, "--no-state", str(file)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while client.get("/api/v1/signals").json()["signals"] == []:
        assert running.poll() is None
    node.kill()
    node.start(http_port=node.http_port)
    out, err = running.communicate(timeout=120)
    assert running.returncode == 0, out + err
    assert len(read_all(client, "long/v3")) == rows
