"""`artery replay` where things go wrong: nodes that refuse, fall silent or have no room, stopping, and what is shown meanwhile."""
import csv
import fcntl
import gzip
import http.server
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
import tomllib

import httpx
import pytest
from artery_node import PROGRAM
from replay_oracle import read_all

COLUMNS = 5


class FakeNode:
    """Answers /write as it is told: each of `script` once, then `otherwise`. Remembers what it was asked and what it took."""

    def __init__(self):
        self.script, self.otherwise = [], 204
        self.asked = []  # (when, body, answer)
        self.lock = threading.Lock()
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with fake.lock:
                    answer = fake.script.pop(0) if fake.script else fake.otherwise
                    fake.asked.append((time.monotonic(), body, answer))
                self.reply(answer)

            def reply(self, answer):
                status, headers = answer if isinstance(answer, tuple) else (answer, {})
                if status == "close":
                    self.close_connection = True
                    return
                if status == "half":
                    self.wfile.write(b"HTTP/1.1 204 No Con")
                    self.close_connection = True
                    return
                text = b"" if status == 204 else b'{"error": "come again"}'
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def taken(self):
        """All lines that it has answered for, in the order in which they came."""
        return [line for _, body, answer in self.asked if answer == 204 for line in body.decode().splitlines()]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def fake():
    node = FakeNode()
    yield node
    node.close()


def write_table(file, rows):
    opened = gzip.open(file, "wt") if file.suffix == ".gz" else open(file, "w")
    with opened as out:
        out.write("time," + ",".join(f"v{i}" for i in range(COLUMNS)) + "\n")
        for row in range(rows):
            out.write(f"{1704067200 + row}," + ",".join(f"{row + i / 10}" for i in range(COLUMNS)) + "\n")
    return file


def lines_of(rows, asset="table"):
    return [asset + " " + ",".join(f"v{i}={row + i / 10}" for i in range(COLUMNS)) + f" {1704067200 + row}000000000"
            for row in range(rows)]


def command(url, file, *more):
    return [PROGRAM, "replay", "--to", url, str(file), *map(str, more)]


def run(*arguments, timeout=60):
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=timeout)


def test_a_node_that_refuses_and_breaks_off_gets_everything_once(fake, tmp_path):
    rows = 60_000
    fake.script = [(503, {"Retry-After": "1"}), 507, 204, "close", 429, "half", 204, 507]
    done = run(fake.url, write_table(tmp_path / "table.csv", rows), "--no-state")
    assert done.returncode == 0, done.stderr
    assert not fake.script
    assert fake.taken() == lines_of(rows)


def test_several_connections_lose_and_double_nothing(fake, tmp_path):
    rows = 20_000
    for number in range(6):
        write_table(tmp_path / f"t{number}.csv", rows)
    fake.script = [503, 503, "close", 507, 204, "half", 503, 503, 204, 507]
    done = run(fake.url, tmp_path, "--no-state", "--connections", "3")
    assert done.returncode == 0, done.stderr
    taken = fake.taken()
    for number in range(6):
        name = f"{tmp_path.name},level02=t{number}"
        assert [line for line in taken if line.startswith(name + " ")] == lines_of(rows, name)
    assert len(taken) == 6 * rows


def test_it_comes_again_no_earlier_than_asked_and_else_after_pauses_that_double(fake, tmp_path):
    fake.script = [(503, {"Retry-After": "2"}), 507, 507, 507, 507]
    done = run(fake.url, write_table(tmp_path / "table.csv", 10), "--no-state")
    assert done.returncode == 0, done.stderr
    assert len({body for _, body, _ in fake.asked}) == 1
    pauses = [later[0] - earlier[0] for earlier, later in zip(fake.asked, fake.asked[1:])]
    assert pauses[0] >= 2
    for pause, least in zip(pauses[1:], (0.2, 0.4, 0.8, 1.6)):
        assert pause >= least


def test_it_gives_up_after_its_patience_and_the_same_command_goes_on(fake, tmp_path):
    rows, state = 60_000, tmp_path / "state.toml"
    file = write_table(tmp_path / "table.csv", rows)
    fake.script, fake.otherwise = [204, 204], 507
    done = run(fake.url, file, "--state", state, "--wait", "1")
    assert done.returncode == 3 and "the node answers 507: come again" in done.stderr
    assert "stopped; the same command goes on from here" in done.stdout
    before = fake.taken()
    assert before == lines_of(rows)[:len(before)] and before
    fake.otherwise, fake.asked = 204, []
    done = run(fake.url, file, "--state", state, "--wait", "1")
    assert done.returncode == 0 and "going on behind row" in done.stderr
    assert before + fake.taken() == lines_of(rows)
    assert not state.exists()


def test_asked_to_come_after_its_patience_it_gives_up_at_once(fake, tmp_path):
    fake.otherwise = (503, {"Retry-After": "3600"})
    done = run(fake.url, write_table(tmp_path / "table.csv", 10), "--no-state", "--wait", "60", timeout=30)
    assert done.returncode == 3 and len(fake.asked) == 1


@pytest.mark.parametrize("name", ["table.csv", "table.csv.gz"])
def test_going_on_reads_a_plain_file_from_where_it_was(fake, tmp_path, name):
    """What was answered for is made unreadable meanwhile: a file that can be entered anywhere is not read there again."""
    rows, state = 60_000, tmp_path / "state.toml"
    file = write_table(tmp_path / name, rows)
    fake.script, fake.otherwise = [204, 204], 503
    assert run(fake.url, file, "--state", state, "--wait", "0").returncode == 3
    saved = tomllib.loads(state.read_text())
    assert saved["row"] == len(fake.taken())
    if name.endswith(".gz"):
        assert saved["byte"] == 0
    else:
        whole = file.read_bytes()
        assert whole[saved["byte"]:].startswith(f"{1704067200 + saved['row']},".encode())
        assert whole[:saved["byte"]].count(b"\n") == saved["row"] + 1 == saved["line"] - 1
        damaged_from = len(whole) // 10  # behind the rows that are looked at first
        assert damaged_from + 1000 < saved["byte"]
        file.write_bytes(whole[:damaged_from] + b"?" * 1000 + whole[damaged_from + 1000:])
    before, fake.asked, fake.otherwise = fake.taken(), [], 204
    done = run(fake.url, file, "--state", state)
    assert done.returncode == 0, done.stdout + done.stderr
    assert before + fake.taken() == lines_of(rows)


def test_refused_rows_of_both_runs_are_kept_with_their_lines(fake, tmp_path):
    rows, state, refused = 60_000, tmp_path / "state.toml", tmp_path / "refused.csv"
    file = write_table(tmp_path / "table.csv", rows)
    text = file.read_text().splitlines()
    for line in (1_500, 59_000):
        text[line - 1] = text[line - 1].replace("1704", "noon", 1)
    file.write_text("\n".join(text) + "\n")
    fake.script, fake.otherwise = [204, 204], 503
    more = ("--state", state, "--wait", "0", "--refused", refused)
    assert run(fake.url, file, *more).returncode == 3
    fake.otherwise = 204
    assert run(fake.url, file, *more).returncode == 1
    with open(refused, newline="") as kept:
        assert [int(row["line"]) for row in csv.DictReader(kept)] == [1_500, 59_000]


def test_a_full_disk_is_waited_for(small_disk, make_node, tmp_path):
    node = make_node("--set", "log.segment_bytes=1MiB", "--set", "log.batch_bytes_max=512KiB",
                     "--set", "admission.batch_bytes=64KiB", "--set", "disk.refuse_free=0", name=small_disk.name).start()
    space = os.statvfs(small_disk)
    filler = small_disk / "filler"
    filler.write_bytes(b"\1" * (space.f_bavail * space.f_bsize - (2 << 20)))
    rows = 250_000
    # Texts that no codec makes small, so that the disk is full soon.
    file = tmp_path / "table.csv"
    with open(file, "w") as out:
        out.write("time,note\n")
        for row in range(rows):
            out.write(f"{1704067200 + row},{row * 2654435761 % 2**32:08x}{row * 40503 % 2**31:08x}{row:08x}\n")
    running = subprocess.Popen(command(node.http_url, file, "--no-state", "--wait", "60"), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    said = running.stderr.readline()
    assert "the node answers 507" in said and "disk" in said, said + running.stderr.read()
    filler.unlink()
    out, err = running.communicate(timeout=90)
    assert running.returncode == 0, out + err
    with httpx.Client(base_url=node.http_url, timeout=30) as client:
        assert len(read_all(client, "table/note")) == rows


def test_where_there_is_no_terminal_trouble_is_a_plain_line_at_once(fake, tmp_path):
    fake.script = [507, 507, 507]
    done = run(fake.url, write_table(tmp_path / "table.csv", 10), "--no-state")
    assert done.returncode == 0
    assert re.search(r"^ *\d+ %.*the node answers 507: come again; trying again$", done.stderr, re.M), done.stderr
    assert "\r" not in done.stderr and "\x1b" not in done.stderr


def on_a_terminal(arguments, width):
    """What a terminal of that width is sent, and the exit status."""
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        os.execv(arguments[0], arguments)
    sent = b""
    while True:
        ready, _, _ = select.select([terminal], [], [], 60)
        assert ready, "nothing for a minute"
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # how Linux says that nobody writes any more
            break
        if not piece:
            break
        sent += piece
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return sent.decode(), os.waitstatus_to_exitcode(status)


def frames_of(sent):
    """The states of the line that is written over."""
    return [part.split("\x1b[K")[0] for part in sent.split("\r") if "\x1b[K" in part]


@pytest.mark.parametrize("width", [100, 44, 12])
def test_on_a_terminal_one_line_is_written_over_and_is_never_wider(fake, tmp_path, width):
    # Refusals hold it up, so that there is time for more than one state.
    fake.script = [503] * 3 + [204] + [507] * 3
    sent, status = on_a_terminal(command(fake.url, write_table(tmp_path / "table.csv", 60_000), "--no-state"), width)
    assert status == 0, sent
    frames = frames_of(sent)
    assert len(frames) >= 3
    assert all(len(frame) < width for frame in frames), frames
    assert frames[-1].strip().startswith("[####" if width == 100 else "100 %"[:width - 1])
    if width == 100:
        assert any("503: come again; trying again" in frame for frame in frames)
        assert re.fullmatch(r"\[#{24}\] 100 %  0:00 left  \S+( [kM])?/s  300000 samples  60000 rows", frames[-1]), frames[-1]
    assert "\n" not in sent[sent.index("\x1b[K"):sent.rindex("\x1b[K")], "the line is written over, not a new one begun"
    assert "60000 rows read, 300000 samples sent, 300000 answered for" in sent


def test_ctrl_c_while_it_waits_ends_it_in_order(fake, tmp_path):
    fake.otherwise = 503
    running = subprocess.Popen(command(fake.url, write_table(tmp_path / "table.csv", 10), "--no-state"),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert "trying again" in running.stderr.readline()
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert running.returncode == 1 and "stopping in order" in err
    assert "stopped; the same command begins again, which is harmless" in out
