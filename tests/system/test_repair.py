"""`artery repair`, the real program on real files."""
import subprocess

import httpx

from artery_node import PROGRAM

LINES = "\n".join(f"press{press} force={press}.5,stroke={n}i {n * 1_000_000_000}" for press in (1, 2) for n in range(1, 101))


def artery(*words):
    return subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=60, check=False)


def flip(path, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def write(node, lines):
    assert httpx.post(f"{node.http_url}/write", content=lines).status_code == 204


def samples(node):
    """Of every signal that LINES make: how many of its samples are shown."""
    counts = {}
    for signal in ("press1/force", "press1/stroke", "press2/force", "press2/stroke"):
        answer = httpx.get(f"{node.http_url}/api/v1/raw", params={"signal": signal})
        counts[signal] = len(answer.json()["samples"])
    return counts


def test_a_damaged_segment_and_a_missing_manifest_come_back_from_segments_and_log(node):
    write(node, LINES)
    node.stop()
    history = node.data / "history"
    [segment] = history.glob("segment-*.seg")
    flip(segment, 90)
    (history / "manifest").unlink()
    assert artery("verify", node.data).returncode == 1

    said = artery("repair", node.data)
    assert said.returncode == 1 and "--write" in said.stdout, said
    assert not (history / "manifest").exists() and not (history / "damaged").exists()
    done = artery("repair", node.data, "--write")
    assert done.returncode == 0 and done.stdout.endswith("\nwhole\n"), done

    assert artery("verify", node.data).returncode == 0
    assert (history / "damaged" / segment.name).exists()
    assert artery("repair", node.data).stdout == "whole\n"
    node.start()
    assert set(samples(node).values()) == {100}


def test_what_the_log_has_no_more_is_said_to_be_lost_by_signal_and_time(node):
    write(node, LINES)
    for later in ("press3 force=1", "press4 force=1", "press5 force=1"):  # the log forgets behind the catalogue's snapshots
        node.stop()
        node.start()
        write(node, later)
    node.stop()
    segment = node.data / "history" / "segment-000000000001.seg"
    flip(segment, 90)

    done = artery("repair", node.data, "--write")
    assert done.returncode == 1, done
    [lost] = [line for line in done.stdout.splitlines() if line.startswith("lost: ")]
    assert "100 samples of 'press1/force' from 1970-01-01T00:00:01Z to 1970-01-01T00:01:40Z" in lost

    assert artery("verify", node.data).returncode == 0
    node.start()
    assert samples(node) == {"press1/force": 0, "press1/stroke": 100, "press2/force": 100, "press2/stroke": 100}


def test_a_node_at_work_is_not_repaired(node):
    for words in ([], ["--write"]):
        told = artery("repair", node.data, *words)
        assert told.returncode == 1 and f"in use by process {node.process.pid}" in told.stderr
