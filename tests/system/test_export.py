"""Export and import of a range with the real program: `artery export`, `artery import`, and the doors behind them."""
import csv
import gzip
import hashlib
import io
import json
import pathlib
import socket
import struct
import subprocess
import time

import httpx
import pytest
from artery_node import PROGRAM

T = 1_700_000_000_000_000_000


def artery(*words, **how):
    return subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=120, check=False, **how)


def http(node):
    return httpx.Client(base_url=node.http_url, timeout=60)


def write(node, *lines):
    answer = httpx.post(f"{node.http_url}/write", content="\n".join(lines), timeout=60)
    assert answer.status_code == 204, answer.text


def write_samples(node, signal, kind, *samples):
    answer = httpx.post(f"{node.http_url}/api/v1/raw",
                        content=json.dumps({"signal": signal, "type": kind, "samples": samples}), timeout=60)
    assert answer.status_code == 204, answer.text


def export(node, file, *more, status=0):
    done = artery("export", "--url", node.http_url, "--file", file, *more)
    assert done.returncode == status, done
    return [json.loads(line) for line in file.read_text().splitlines()] if status == 0 else done.stderr


def load(node, file, *more, status=0):
    done = artery("import", file, "--url", node.http_url, "--no-state", *more)
    assert done.returncode == status, done
    return done


def names_of(node):
    return [one["name"] for one in httpx.get(f"{node.http_url}/api/v1/signals").json()["signals"]]


def everything(node):
    """What questions answer of all signals, and what is known of them."""
    with http(node) as client:
        catalogue = client.get("/api/v1/catalogue").json()
        for one in catalogue["assets"] + catalogue["signals"]:
            del one["author"], one["time"]
        raw = {signal["name"]: client.get("/api/v1/raw", params={"signal": signal["name"], "revisions": "true"}).json()
               for signal in catalogue["signals"]}
        return catalogue, raw


def bits_of(node, tmp_path):
    """All samples with each bit of their values, whichever pieces they come in."""
    assert artery("export", "--url", node.http_url, "--file", tmp_path / "bits.ndjson").returncode == 0
    found = {}
    for line in (tmp_path / "bits.ndjson").read_text().splitlines():
        piece = json.loads(line, parse_float=str, parse_int=str)  # as they are written: -0.0 is not 0
        if "signal" in piece:
            found.setdefault((piece["signal"], piece["type"]), []).extend(piece["samples"])
    return found


def counted(node, section, name):
    return httpx.get(f"{node.http_url}/api/v1/status").json()[section][name]


def stored(node):
    return counted(node, "history", "segment_samples") + counted(node, "history", "head_samples")


DOUBLES = [0.1, -0.0, 0.0, 5e-324, 1.7976931348623157e308, 2.0**53 + 2, 1 / 3, 123456789.123456789]


@pytest.fixture
def full(make_node):
    """A node with all that an export must carry."""
    node = make_node(name="full").start()
    write(node, f"press,line=2,site=sz force={DOUBLES[0]},count=-9223372036854775808i,up=true {T}",
          f"press,line=2,site=sz force=1.5,count=9223372036854775807i,up=false {T + 1}",
          f"press,line=2,site=sz force=2.5 {T + 1}", f"press,line=2,site=sz force=1.25 {T + 1}",  # two corrections
          rf'压机\ 车间,name=a/b\ c 温度\ 1=61.5,note="line 1\nis \"quoted\" \\ 中文 {chr(0x1F600)}" {T}')
    write_samples(node, "acme/press7/force", "f64", *[[str(T + i), value] for i, value in enumerate(DOUBLES)],
                  [-5, 7, 0x80000000], [str(T + 100), "NaN"], [str(T + 101), "NaN:7ff8000000000001"],
                  [str(T + 102), "NaN:fff0000000000abc", 0x40950000], [str(T + 103), "Infinity"], [str(T + 104), "-Infinity"])
    write_samples(node, "acme/press7/state", "text", [T, ""], [T + 1, "\x00\x01\x7f\n\t", 0x40000000],
                  [str(-(2**63)), "first of all times"], [str(T + 2), "x" * 60_000])
    write_samples(node, "counter", "i64", [T, 2**53], [str(T + 1), str(2**53 + 1)], [T + 2, -1, 0x80AB0000])
    with http(node) as client:
        for name, patch in {"acme/press7/force": {"unit": "kN", "low": -1.5, "high": 99, "description": "pressing force",
                                                  "display_names": {"zh": "压力", "en": "force"}, "data_class": "important"},
                            "acme/press7/state": {"stepped": True}}.items():
            assert client.patch(f"/api/v1/signals/{name}", json=patch).status_code == 200
        assert client.patch("/api/v1/assets/acme/press7", json={"type": "press", "properties": {"serial": "4711"}}).status_code == 200
        assert client.post("/api/v1/catalogue", json={"signals": [{"name": "never/written", "type": "bool"}]}).status_code == 200
    return node


def test_everything_comes_back_bit_for_bit_in_another_node_and_a_second_import_changes_nothing(full, make_node, tmp_path):
    lines = export(full, tmp_path / "all.ndjson")
    assert lines[0]["artery_export"] == 1 and lines[0]["filters"] == ["#"]
    assert lines[-1]["end"] == {"signals": len(names_of(full)), "samples": stored(full), "lines": len(lines) - 1,
                                "incomplete": False}
    other = make_node(name="other").start()
    load(other, tmp_path / "all.ndjson")
    assert everything(other) == everything(full)
    assert bits_of(other, tmp_path) == bits_of(full, tmp_path)
    seen, bits, known = everything(other), bits_of(other, tmp_path), httpx.get(f"{other.http_url}/api/v1/catalogue").json()
    assert {one["author"] for one in known["signals"]} == {"artery import"}
    load(other, tmp_path / "all.ndjson")
    assert everything(other) == seen and bits_of(other, tmp_path) == bits
    assert httpx.get(f"{other.http_url}/api/v1/catalogue").json() == known  # also who changed it last, and when
    other.restart()
    assert everything(other) == seen and bits_of(other, tmp_path) == bits


def test_what_is_written_into_the_file_is_the_double_that_was_stored(full, tmp_path):
    lines = export(full, tmp_path / "force.ndjson", "--filter", "acme/press7/force")
    [piece] = [line for line in lines if "signal" in line]
    assert piece["type"] == "f64" and piece["count"] == len(piece["samples"]) == len(DOUBLES) + 6
    values = [value for _, value, _ in piece["samples"][1:len(DOUBLES) + 1]]
    assert [struct.pack("<d", value) for value in values] == [struct.pack("<d", value) for value in DOUBLES]
    assert piece["samples"][0] == ["-5", 7, 0x80000000]
    assert [sample[1:] for sample in piece["samples"][-5:]] == [
        ["NaN", 0], ["NaN:7ff8000000000001", 0], ["NaN:fff0000000000abc", 0x40950000], ["Infinity", 0], ["-Infinity", 0]]


def test_a_range_and_filters_take_what_they_name_each_signal_once(make_node, tmp_path):
    node = make_node().start()
    write(node, *(f"{asset} force={i},speed={i} {T + i}" for asset in ("acme", "other") for i in range(10)))
    lines = export(node, tmp_path / "a.ndjson", "--filter", "+/force", "--filter", "acme/#", "--filter", "acme/force",
                   "--from", "2023-11-14T22:13:20.000000002Z", "--to", T + 5)
    pieces = [(line["signal"], [int(sample[0]) - T for sample in line["samples"]]) for line in lines if "signal" in line]
    assert pieces == [("acme/force", [2, 3, 4]), ("other/force", [2, 3, 4]), ("acme/speed", [2, 3, 4])]
    assert [[one["name"] for one in line["signals"]] for line in lines if "signals" in line] == \
        [["acme/force", "other/force"], ["acme/speed"]]


def test_after_a_mistake_the_same_node_has_all_back_and_later_corrections_stay_in_front(make_node, tmp_path):
    node = make_node().start()
    write(node, *(f"press force={i} {T + i}" for i in range(10)))
    export(node, tmp_path / "a.ndjson")
    write(node, f"press force=99 {T + 9}")
    deleted = httpx.delete(f"{node.http_url}/api/v1/raw", params={"signal": "press/force", "from": T, "to": T + 5})
    assert deleted.status_code == 200
    load(node, tmp_path / "a.ndjson")
    raw = httpx.get(f"{node.http_url}/api/v1/raw", params={"signal": "press/force"}).json()["samples"]
    assert [(int(when) - T, value) for when, value, _ in raw] == [(i, i) for i in range(9)] + [(9, 99)]


def test_a_file_that_is_cut_off_or_lacks_lines_is_refused_before_anything_is_sent(full, make_node, tmp_path):
    export(full, tmp_path / "all.ndjson")
    whole = (tmp_path / "all.ndjson").read_bytes()
    lines = whole.splitlines(keepends=True)
    last = len(lines)
    other, cut = make_node(name="other").start(), tmp_path / "cut.ndjson"
    for content, where in [(b"".join(lines[:-1]), f"{last - 1}: the file is cut off"),
                           (whole[:-20], f"{last}: the line is no JSON: the file is cut off"),
                           (b"".join(lines[:5]), "5: the file is cut off"),
                           (b"".join(lines[:-4]) + lines[-4][:60], f"{last - 3}: the line is no JSON: the file is cut off"),
                           (b"".join(lines[:6] + lines[7:]), f"{last - 1}: the end says"),
                           (lines[0], "1: the file is cut off"),
                           (b"".join(lines[1:]), "1: this is no export"),
                           (b"time,value\n1,2\n", "1: this is no export"),
                           (whole.replace(b'"artery_export":1', b'"artery_export":2'), "1: format version 2"),
                           (whole + lines[1], f"{last + 1}: there are lines behind the end"),
                           (b"".join(lines[:-1]) + b'{"error":"the disk is gone"}\n', f"{last}: the export broke off: the disk is gone")]:
        cut.write_bytes(content)
        assert load(other, cut, status=1).stderr.startswith(f"artery: {cut}:{where}"), where
    cut.write_bytes(gzip.compress(whole)[:-9])
    assert "cut" in load(other, cut, status=1).stderr
    assert names_of(other) == []
    cut.write_bytes(b"".join(lines[:-1]))
    load(other, cut, "--partial")
    assert everything(other) == everything(full)


def test_a_cut_line_of_a_partial_import_costs_itself_alone(full, make_node, tmp_path):
    export(full, tmp_path / "all.ndjson", "--filter", "acme/press7/force", "--filter", "acme/press7/state")
    whole = (tmp_path / "all.ndjson").read_bytes().splitlines(keepends=True)
    other, cut = make_node(name="other").start(), tmp_path / "cut.ndjson"
    cut.write_bytes(b"".join(whole[:-2]) + whole[-2][:100])
    done = load(other, cut, "--partial", status=1)
    assert f"first {cut}:{len(whole) - 1}: the line is no JSON, or is cut off" in done.stdout
    assert stored(other) == len(DOUBLES) + 6


def test_a_packed_file_and_one_from_standard_output_are_imported_too(full, make_node, tmp_path):
    packed = tmp_path / "all.ndjson.gz"
    piped = subprocess.run([PROGRAM, "export", "--url", full.http_url], capture_output=True, timeout=60, check=True)
    packed.write_bytes(gzip.compress(piped.stdout))
    other = make_node(name="other").start()
    load(other, packed)
    assert everything(other) == everything(full)


def test_a_signal_of_another_unit_or_type_refuses_the_file_and_what_is_known_stays(full, make_node, tmp_path):
    export(full, tmp_path / "all.ndjson")
    with http(make_node(name="other").start()) as other:
        def put(unit, kind="f64"):
            assert other.put("/api/v1/signals/acme/press7/force",
                             json={"type": kind, "unit": unit, "high": 5, "display_names": {"en": "thrust"}}).status_code < 300

        def take(status):
            return artery("import", tmp_path / "all.ndjson", "--no-state", "--url", str(other.base_url).rstrip("/"))

        put("N")
        refused = take(1)
        assert refused.returncode == 1 and "acme/press7/force: its unit is N here, not kN; nothing was imported" in refused.stderr
        assert other.get("/api/v1/raw", params={"signal": "acme/press7/force"}).json()["samples"] == []
        put("kN")
        assert take(0).returncode == 0
        known = other.get("/api/v1/signals/acme/press7/force").json()
        assert (known["unit"], known["high"], known["low"]) == ("kN", 5, -1.5)
        assert known["display_names"] == {"en": "thrust", "zh": "压力"}
    with http(make_node(name="third").start()) as third:
        assert third.put("/api/v1/signals/counter", json={"type": "f64"}).status_code == 201
        refused = artery("import", tmp_path / "all.ndjson", "--no-state", "--url", str(third.base_url).rstrip("/"))
        assert refused.returncode == 1 and "counter: its type is f64 here, not i64" in refused.stderr


@pytest.mark.parametrize("words, said", [
    (["--filter", "no/where"], "answers 404: `no/where` selects no signal"),
    (["--filter", "press/force", "--filter", "b/#"], "answers 404: `b/#` selects no signal"),
    (["--filter", "a/#/b"], "answers 400: `filter` is 'a/#/b'"),
    (["--from", "yesterday"], "answers 400: `from` is 'yesterday'"),
    (["--from", T, "--to", T], "answers 400: `from` must be before `to`")])
def test_what_cannot_be_exported_says_why_and_leaves_no_file(make_node, tmp_path, words, said):
    node = make_node().start()
    write(node, f"press force=1 {T}")
    assert said in export(node, tmp_path / "a.ndjson", *words, status=1)
    assert list(tmp_path.glob("a.ndjson*")) == []


def test_csv_is_what_spreadsheets_open(full, tmp_path):
    done = artery("export", "--url", full.http_url, "--file", tmp_path / "a.csv", "--filter", "acme/press7/+", "--filter", "press/#")
    assert done.returncode == 0, done
    text = (tmp_path / "a.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbfsignal,time,value,quality,unit\n")
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline="")))
    assert rows[1] == {"signal": "acme/press7/force", "time": "2023-11-14T22:13:20Z", "value": "0.1", "quality": "0", "unit": "kN"}
    assert [row["value"] for row in rows if row["signal"] == "press/2/sz/up"] == ["true", "false"]
    assert "\x00\x01\x7f\n\t" in [row["value"] for row in rows if row["signal"] == "acme/press7/state"]


def test_a_wrong_line_is_refused_with_its_place_and_costs_none_of_the_others(make_node):
    node = make_node().start()
    good = {"signal": "a/b", "type": "i64", "samples": [[T, 1], [T + 1, 2, 0, "an arrival"]]}
    lines = [json.dumps(good), '{"signal":"a/b","type":"i64","samples":[[1,2]', "[]", '{"type":"i64","samples":[]}',
             '{"signal":"a/b","samples":[]}', '{"signal":"a/b","type":"double","samples":[]}', '{"signal":"a/b","type":"i64"}', "",
             json.dumps({"samples": [[T + 2, "3", 0], ["x", 1], [T + 3, 1.5], [T + 3, True], [T + 3], [T + 3, 1, -1], [T + 3, 1, "bad"], 7,
                                     [T + 4, 4]], "type": "i64", "signal": "a/b"}),
             json.dumps({"signal": "a/f", "type": "f64", "samples": [[T, "NaN:0000000000000001"], [T, "1.5"], [T, "-0"]]}),
             json.dumps({"signal": "a//f", "type": "f64", "samples": [[T, 1]]})]
    answer = httpx.post(f"{node.http_url}/api/v1/raw", content="\n".join(lines))
    assert answer.status_code == 400 and answer.headers["content-type"] == "application/problem+json"
    refused = answer.json()
    assert refused["dropped"] == 6 + 7 + 3 + 1 and len(refused["refused"]) == 10
    assert [one["line"] for one in refused["refused"][:6]] == [2, 3, 4, 5, 6, 7]
    assert refused["refused"][6] == {"line": 9, "kind": "bad_time", "reason": "sample 2: its time is no nanoseconds since 1970"}
    raw = httpx.get(f"{node.http_url}/api/v1/raw", params={"signal": "a/b"}).json()["samples"]
    assert raw == [[str(T), 1, 0], [str(T + 1), 2, 0], [str(T + 2), 3, 0], [str(T + 4), 4, 0]]
    # What a question answered can be written as it is, with the type added.
    assert httpx.post(f"{node.http_url}/api/v1/raw", content=json.dumps(
        httpx.get(f"{node.http_url}/api/v1/raw", params={"signal": "a/b", "arrivals": "true"}).json() | {"type": "i64"})).status_code == 204
    assert len(httpx.get(f"{node.http_url}/api/v1/raw", params={"signal": "a/b", "revisions": "true"}).json()["samples"]) == 4


# --- large ---

ROWS, FIELDS = 300_000, 10


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A node with three million samples."""
    from artery_node import Node
    node = Node(tmp_path_factory.mktemp("large")).start()
    with httpx.Client(base_url=node.http_url, timeout=60) as client:
        for first in range(0, ROWS, 10_000):
            body = "\n".join("rig " + ",".join(f"v{f}={row * 0.37 + f}" for f in range(FIELDS)) + f" {T + row * 1_000_000_000}"
                             for row in range(first, first + 10_000))
            assert client.post("/write", content=body).status_code == 204
    yield node
    node.stop_at_end()


def memory_of(pid):
    fields = pathlib.Path(f"/proc/{pid}/status").read_text()
    return {name: int(fields.split(name + ":")[1].split()[0]) << 10 for name in ("VmRSS", "VmHWM")}


def forget_peak(pid):
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")


def test_a_large_export_and_import_keep_the_memory_of_nodes_and_commands_flat(large, make_node, tmp_path):
    file = tmp_path / "large.ndjson"
    # What the node needs at all when it is asked is there after a small one.
    export(large, tmp_path / "small.ndjson", "--filter", "rig/v0", "--to", T + 20_000 * 1_000_000_000)
    before = memory_of(large.process.pid)["VmRSS"]
    forget_peak(large.process.pid)
    done = subprocess.run(["/usr/bin/env", "bash", "-c", 'ulimit -v 300000; exec "$@"', "_", PROGRAM, "export", "--url",
                           large.http_url, "--file", file], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done
    assert file.stat().st_size > 100_000_000
    assert memory_of(large.process.pid)["VmHWM"] - before < 32 << 20
    with open(file) as lines:
        assert json.loads(list(lines)[-1])["end"]["samples"] == ROWS * FIELDS
    other = make_node(name="other").start()
    done = subprocess.run(["/usr/bin/env", "bash", "-c", 'ulimit -v 300000; exec "$@"', "_", PROGRAM, "import", file, "--url",
                           other.http_url, "--no-state"], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done
    again = tmp_path / "again.ndjson"
    assert artery("export", "--url", other.http_url, "--file", again).returncode == 0
    assert samples_in(file) == samples_in(again)


def samples_in(file):
    """Of each signal a digest of all its samples, whichever pieces they come in."""
    digests = {}
    with open(file) as lines:
        for line in lines:
            if line.startswith('{"signal":'):
                head, _, samples = line.rstrip("]}\n").partition('"samples":[')
                name = json.loads(head + '"x":0}')["signal"]
                for sample in samples.split("],"):
                    digests.setdefault(name, hashlib.sha256()).update(sample.rstrip("]").encode())
    return {name: digest.hexdigest() for name, digest in digests.items()}


def test_who_reads_slowly_slows_the_export_down_and_who_goes_away_ends_it(large):
    connections, before = counted(large, "http", "connections"), memory_of(large.process.pid)["VmRSS"]
    forget_peak(large.process.pid)
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 18)
        slow.connect(("127.0.0.1", large.http_port))
        slow.sendall(b"GET /api/v1/export?filter=%23 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for _ in range(20):
            assert slow.recv(65536)
        sent = counted(large, "http", "out_bytes")
        for _ in range(300):  # in the time that these take the whole export would be through
            counted(large, "http", "connections")
        assert counted(large, "http", "out_bytes") - sent < 24 << 20
        assert memory_of(large.process.pid)["VmHWM"] - before < 32 << 20
        assert counted(large, "http", "connections") == connections + 1
    deadline = time.monotonic() + 30
    while counted(large, "http", "connections") != connections:
        assert time.monotonic() < deadline


def test_an_export_whose_node_is_killed_leaves_no_file(large, make_node, tmp_path):
    file = tmp_path / "large.ndjson"
    running = subprocess.Popen([PROGRAM, "export", "--url", large.http_url, "--file", file], stderr=subprocess.PIPE, text=True)
    part = tmp_path / "large.ndjson.part"
    while not part.exists() or part.stat().st_size < 1_000_000:
        assert running.poll() is None
    port = large.http_port
    large.kill()
    assert running.wait(timeout=60) == 1
    assert "the connection ended before the answer did" in running.stderr.read()
    assert not file.exists() and not part.exists()
    large.start(http_port=port)


def test_kill_9_of_the_node_or_the_command_during_an_import_costs_nothing(large, make_node, tmp_path):
    file = tmp_path / "large.ndjson"
    assert artery("export", "--url", large.http_url, "--file", file, "--filter", "rig/+").returncode == 0
    other = make_node(name="other").start()
    port = other.http_port
    words = [PROGRAM, "import", file, "--url", other.http_url, "--state", tmp_path / "state.toml"]

    def wait_for(samples, process):
        while counted(other, "admission", "samples") < samples:
            assert process.poll() is None, process.communicate()

    first = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(300_000, first)
    first.kill()
    first.wait()
    second = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    taken = counted(other, "admission", "samples")
    wait_for(taken + 300_000, second)
    other.kill()
    other.start(http_port=port)
    said, _ = second.communicate(timeout=120)
    assert second.returncode == 0, said
    again = tmp_path / "again.ndjson"
    assert artery("export", "--url", other.http_url, "--file", again).returncode == 0
    assert samples_in(again) == samples_in(file)
