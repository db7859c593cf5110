"""The program's commands as a person meets them: help, exit status, and one line that says what is wrong."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

import pytest

from artery_node import PROGRAM, ROOT

COMMANDS = ["run", "config", "doctor", "inspect", "verify", "repair", "catalogue", "backup", "restore", "version"]


def artery(*words, cwd=None, stdin=""):
    return subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=60, cwd=cwd, input=stdin)


def one_line(result, status=1):
    """The one line that a command which failed has told."""
    assert result.returncode == status, result
    assert result.stderr.startswith("artery: ") and result.stderr.count("\n") == 1, result.stderr
    return result.stderr


# Help and usage

def test_the_help_names_every_command_and_how_to_begin():
    result = artery("--help")
    assert result.returncode == 0
    for command in COMMANDS:
        assert f"  {command} " in result.stdout
    assert "First steps" in result.stdout and "docs/guide/en/reference.md" in result.stdout


@pytest.mark.parametrize("words", [[c] for c in COMMANDS] +
                         [["inspect", "log"], ["inspect", "segment"], ["catalogue", "import"], ["catalogue", "export"]])
def test_every_command_explains_itself(words):
    result = artery(*words, "--help")
    assert result.returncode == 0 and result.stderr == ""
    assert "Usage: artery " + " ".join(words) in result.stdout


@pytest.mark.parametrize("words", [[], ["fly"], ["run", "--fly"], ["run", "--data"], ["inspect"], ["verify"],
                                   ["inspect", "log", ".", "--from", "x"], ["catalogue", "export", "-", "--format", "xml"]])
def test_wrong_usage_is_one_line_and_status_2(words):
    assert "--help" in one_line(artery(*words), status=2)


def test_the_version_is_that_of_the_build():
    [line] = [x for x in (ROOT / "CMakeLists.txt").read_text().splitlines() if x.startswith("project(artery VERSION ")]
    for word in ("version", "--version", "-v"):
        result = artery(word)
        assert (result.returncode, result.stdout) == (0, f"artery {line.split()[2]}\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_shows_no_examples_but_its_own(command):
    text = artery(command, "--help").stdout
    assert "First steps" not in text and (f"  artery {command} " in text or command == "version")


def test_wrong_usage_points_to_the_help_of_that_command():
    assert "'artery inspect segment --help'" in one_line(artery("inspect", "segment"), status=2)


def test_an_empty_data_folder_is_told_by_its_option():
    assert "--data" in one_line(artery("run", "--data", ""), status=1)


# Settings

def test_config_says_where_each_value_comes_from(tmp_path):
    (tmp_path / "a.toml").write_text('[log]\nsegment_bytes = "64MiB"\nkeep_time = "1h"\n')
    result = artery("config", "--config", "a.toml", "--set", "log.keep_time=24h", "--http-port", "0", cwd=tmp_path)
    assert result.returncode == 0
    said = {line.split(" = ")[0]: line.rsplit("# ")[-1] for line in result.stdout.splitlines() if "#" in line}
    assert said["segment_bytes"] == "a.toml:2"
    assert said["keep_time"] == "--set"
    assert "port = 0 " in result.stdout and "# --http-port" in result.stdout
    assert said["batch_bytes_max"] == "default"


def test_config_prints_a_file_that_config_reads(tmp_path):
    first = artery("config", "--set", "http.host_names=a.example,b.example").stdout
    (tmp_path / "a.toml").write_text(first)
    second = artery("config", "--config", tmp_path / "a.toml")
    assert second.returncode == 0
    values = [line.split("  #")[0] for line in first.splitlines()]
    assert [line.split("  #")[0] for line in second.stdout.splitlines()] == values


@pytest.mark.parametrize("toml, told", [
    ('[log]\nsegmnt_bytes = 1\n', "a.toml:2: 'log.segmnt_bytes' is no setting; the nearest is 'log.segment_bytes'"),
    ('[log]\n\nsegment_bytes = "7"\n', "a.toml:3: log.segment_bytes = '7' must be a size from 1MiB to 4GiB"),
    ('[admission]\nstrict = 1\n', "a.toml:2: admission.strict = '1' must be true or false"),
    ('[log\n', "a.toml:1: "),
])
def test_a_wrong_configuration_is_told_with_file_line_and_what_would_be_right(tmp_path, toml, told):
    (tmp_path / "a.toml").write_text(toml)
    for command in ("run", "config"):
        assert told in one_line(artery(command, "--config", "a.toml", cwd=tmp_path))
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("words, told", [
    (["--set", "http.prt=1"], "'http.prt' is no setting; the nearest is 'http.port'"),
    (["--http-port", "70000"], "--http-port: http.port = '70000' must be a whole number up to 65535"),
    (["--http-host", "0.0.0.0"], "nothing may listen beyond this machine until authentication exists"),
    (["--http-host", "localhost"], "write the address, 127.0.0.1"),
    (["--mqtt-host", "::"], "nothing may listen beyond this machine until authentication exists"),
    (["--config", "nowhere.toml"], "nowhere.toml: cannot open"),
])
def test_a_wrong_option_is_one_line(tmp_path, words, told):
    assert told in one_line(artery("run", "--data", tmp_path / "data", *words, cwd=tmp_path))


# Start and stop

@pytest.mark.parametrize("which", ["http", "mqtt"])
def test_a_taken_port_is_one_line_that_names_it(tmp_path, which):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ports = {"http": 0, "mqtt": 0, which: port}
        told = one_line(artery("run", "--data", tmp_path / "data", "--http-port", ports["http"], "--mqtt-port",
                               ports["mqtt"], "--ready-file", tmp_path / "ready.json"))
    assert f"{which}.port: " in told and str(port) in told
    assert not (tmp_path / "ready.json").exists()


def test_a_folder_in_use_names_the_process_that_has_it(node):
    told = one_line(artery("run", "--data", node.data, "--http-port", "0", "--mqtt-port", "0"))
    assert f"data folder {node.data}" in told and f"in use by process {node.process.pid}" in told
    assert "in use" in one_line(artery("verify", node.data))


def test_a_folder_where_nothing_can_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    assert str(tmp_path / "file") in one_line(artery("run", "--data", tmp_path / "file" / "data"))
    assert "/proc/artery" in one_line(artery("run", "--data", "/proc/artery"))


def mounted(tmp_path, options):
    """A small file system of its own, or a skip where this user may not mount."""
    folder = tmp_path / "mount"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True)
    if done.returncode != 0:
        pytest.skip("needs a user who may mount")
    return folder


def test_a_full_disk_at_the_start_is_one_line(tmp_path):
    folder = mounted(tmp_path, "size=64k")
    try:
        (folder / "ballast").write_bytes(b"x" * 60 * 1024)
        told = one_line(artery("run", "--data", folder / "data", "--http-port", "0", "--mqtt-port", "0"))
        assert str(folder) in told and ("room" in told or "space" in told)
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_read_only_disk_is_one_line(tmp_path):
    folder = mounted(tmp_path, "ro,size=64k")
    try:
        told = one_line(artery("run", "--data", folder / "data", "--http-port", "0", "--mqtt-port", "0"))
        assert str(folder) in told and "Read-only" in told
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_node_in_order_with_0_and_takes_its_ready_file(make_node, ending):
    node = make_node().start()
    ready = json.loads((node.folder / "ready.json").read_text())
    assert ready["pid"] == node.process.pid
    assert ready["http"] == f"127.0.0.1:{node.http_port}" and ready["mqtt"] == f"127.0.0.1:{node.mqtt_port}"
    node.process.send_signal(ending)
    assert node.process.wait(timeout=60) == 0
    assert not (node.folder / "ready.json").exists()
    assert artery("verify", node.data).returncode == 0


def test_a_signal_while_the_node_starts_ends_it_with_0(tmp_path):
    for then in ("lock", "log", "catalogue", "live", "history"):
        data = tmp_path / then / "data"
        process = subprocess.Popen([PROGRAM, "run", "--data", data, "--http-port", "0", "--mqtt-port", "0"],
                                   stderr=subprocess.DEVNULL)
        while not (data / then).exists():
            assert process.poll() is None
            time.sleep(0.0005)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0


def test_a_second_signal_ends_the_node_at_once(make_node):
    node = make_node("--set", "node.stop_grace=10m").start()
    with socket.create_connection(("127.0.0.1", node.http_port)) as slow:
        # The answer to the first says that the second has begun.
        slow.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
                     b"POST /write HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n")
        assert slow.recv(4096).startswith(b"HTTP/1.1 200")
        node.process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            node.process.wait(timeout=0.5)
        node.process.send_signal(signal.SIGTERM)
        assert node.process.wait(timeout=10) == 128 + signal.SIGTERM


def test_the_node_runs_in_little_memory(node, client):
    assert client.get("/health").status_code == 200
    status = pathlib.Path(f"/proc/{node.process.pid}/status").read_text()
    [resident] = [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")]
    assert resident <= 32 * 1024, f"{resident} KiB"


# Looking at data

@pytest.fixture
def stopped(make_node):
    """A node that has run, taken two samples, and stopped."""
    node = make_node().start()
    answer = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--data-binary",
                             "press,line=2 force=3.1,state=\"on\" 1700000000000000000", f"{node.http_url}/write"],
                            capture_output=True, text=True)
    assert answer.stdout == "204"
    assert node.stop() == 0
    return node


def test_inspect_log_shows_batches_and_records(stopped):
    for folder in (stopped.data, stopped.data / "log"):
        result = artery("inspect", "log", folder, "--payload")
        assert result.returncode == 0
        for text in ("batch 0 at byte 4096", "asset created: 1 'press/2'", "signal created: 1 'force' of asset 1, f64",
                     "3.1 at 2023-11-14T22:13:20Z", "'on' at 2023-11-14T22:13:20Z"):
            assert text in result.stdout, result.stdout
    assert "batch 0" not in artery("inspect", "log", stopped.data, "--from", "1").stdout
    assert "batch 1" not in artery("inspect", "log", stopped.data, "--to", "1").stdout


def test_inspect_segment_shows_its_signals(stopped):
    [segment] = (stopped.data / "history").glob("segment-*.seg")
    result = artery("inspect", "segment", segment)
    assert result.returncode == 0
    assert "'press/2/force' f64" in result.stdout and "1 samples" in result.stdout
    segment.write_bytes(segment.read_bytes()[:-1])
    assert str(segment) in one_line(artery("inspect", "segment", segment))


def test_verify_finds_the_damaged_byte_and_doctor_tells_of_it(stopped):
    whole = artery("verify", stopped.data)
    assert whole.returncode == 0 and whole.stdout.endswith("whole\n")
    for pattern, at in (("log/segment-*.log", 4096 + 70), ("history/segment-*.seg", 80), ("catalogue/snapshot-*", 40),
                        ("live/newest-*", 20), ("live/retained-*", 20)):
        file = next(stopped.data.glob(pattern))
        intact = file.read_bytes()
        file.write_bytes(intact[:at] + bytes([intact[at] ^ 1]) + intact[at + 1:])
        result = artery("verify", stopped.data)
        assert result.returncode == 1, pattern
        assert f"damage: {file}: offset " in result.stdout, result.stdout
        doctor = artery("doctor", "--data", stopped.data)
        assert doctor.returncode == 1
        assert any(line.startswith("bad   data") and str(file) in line for line in doctor.stdout.splitlines())
        file.write_bytes(intact)
    assert artery("verify", stopped.data).returncode == 0


def test_verify_and_inspect_of_a_folder_that_is_not_there_are_one_line(tmp_path):
    for words in (["verify"], ["inspect", "log"], ["inspect", "segment"]):
        assert str(tmp_path / "nowhere") in one_line(artery(*words, tmp_path / "nowhere"))


def test_verify_changes_nothing(stopped):
    def state():
        return {path: (path.stat().st_size, path.read_bytes()) for path in stopped.data.rglob("*")
                if path.is_file() and path.name != "lock"}
    before = state()
    artery("verify", stopped.data)
    artery("inspect", "log", stopped.data)
    artery("doctor", "--data", stopped.data)
    assert state() == before


def test_doctor_looks_at_the_machine_and_a_folder_in_use(node):
    result = artery("doctor", "--data", node.data)
    about = {line[6:16].strip(): line for line in result.stdout.splitlines()}
    assert {"machine", "cpu", "clock", "open files", "folder", "disk", "space", "data"} <= about.keys()
    assert "a node has the folder open" in about["data"]
    assert result.returncode == (1 if any(line.startswith("bad") for line in result.stdout.splitlines()) else 0)
    missing = artery("doctor", "--data", node.folder / "nowhere")
    assert missing.returncode == 1 and "is not there" in missing.stdout


# The catalogue of a running node

def test_the_catalogue_goes_out_and_comes_back_changed(node, write, client, tmp_path):
    write("press7 force=3.1")
    file = tmp_path / "plant.csv"
    assert artery("catalogue", "export", file, "--url", node.http_url).returncode == 0
    text = file.read_text()
    assert "press7/force" in text
    header, *rows = text.splitlines()
    unit = header.split(",").index("unit")
    changed = []
    for row in rows:
        cells = row.split(",")
        if cells[1] == "press7/force":
            cells[unit] = "kN"
        changed.append(",".join(cells))
    file.write_text("\n".join([header, *changed]) + "\n")
    result = artery("catalogue", "import", file, "--url", node.http_url, "--author", "ann")
    assert result.returncode == 0 and "2 applied, 0 refused" in result.stdout
    [signal_said] = client.get("/api/v1/signals").json()["signals"]
    assert signal_said["unit"] == "kN" and signal_said["author"] == "ann"

    result = artery("catalogue", "export", "-", "--url", node.http_url)
    assert json.loads(result.stdout)["signals"][0]["unit"] == "kN"
    again = artery("catalogue", "import", "-", "--url", node.http_url, stdin=result.stdout)
    assert again.returncode == 0


def test_a_refused_line_is_told_with_its_number_and_the_others_are_applied(node, write, tmp_path):
    write("press7 force=3.1")
    file = tmp_path / "a.csv"
    file.write_text("kind,name,unit\nsignal,press7/force,kN\nsignal,press7/nothing,kN\n")
    result = artery("catalogue", "import", file, "--url", node.http_url)
    assert result.returncode == 1
    assert f"artery: {file}:3: " in result.stderr
    assert "1 applied, 1 refused" in result.stdout


def test_a_node_that_does_not_answer_is_one_line(tmp_path):
    for url in ("http://127.0.0.1:1", "https://127.0.0.1:1", "nonsense"):
        assert url in one_line(artery("catalogue", "export", "-", "--url", url))
