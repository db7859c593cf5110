"""Backup and restore with the real program on a real disk, while it is written to."""
import subprocess
import threading

import httpx
import pytest

from artery_node import PROGRAM

T = 1_700_000_000_000_000_000
SMALL = ("--set", "log.segment_bytes=1MiB", "--set", "log.batch_bytes_max=512KiB", "--set", "admission.batch_bytes=256KiB",
         "--set", "history.checkpoint_bytes=1MiB", "--set", "history.compaction_neighbours=4",
         "--set", "newest.checkpoint_bytes=1MiB", "--set", "catalogue.checkpoint_bytes=1MiB")
SIGNALS = 20


def artery(*words):
    return subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=120, check=False)


class Writer(threading.Thread):
    """Writes rows, one after the other, and knows how many were acknowledged."""

    def __init__(self, url):
        super().__init__()
        self.url, self.acknowledged, self.stopping = url, 0, False
        self.changed = threading.Condition()

    def run(self):
        with httpx.Client(base_url=self.url, timeout=30) as client:
            while not self.stopping:
                first = self.acknowledged
                lines = "\n".join(f"press{s} force={row},text=\"{row:0100}\" {T + row}"
                                  for row in range(first, first + 20) for s in range(SIGNALS))
                assert client.post("/write", content=lines).status_code == 204
                with self.changed:
                    self.acknowledged = first + 20
                    self.changed.notify_all()

    def wait_for(self, rows):
        with self.changed:
            assert self.changed.wait_for(lambda: self.acknowledged >= rows, timeout=60)

    def stop(self):
        self.stopping = True
        self.join()


def rows_of(client, signal):
    """All rows of a signal that counts them, which must be there without a hole."""
    rows, after = [], None
    while True:
        page = client.get("/api/v1/raw", params={"signal": signal, "limit": 100_000} | ({"after": after} if after else {})).json()
        assert not page["incomplete"]
        rows += [(int(time) - T, value) for time, value, _ in page["samples"]]
        after = page["next"]
        if after is None:
            break
    assert rows == [(row, row) for row in range(len(rows))]
    return len(rows)


@pytest.fixture
def backups(tmp_path):
    return tmp_path / "backups"


def test_backups_while_writing_are_incremental_and_come_back_elsewhere_with_every_acknowledged_sample(make_node, tmp_path,
                                                                                                     backups):
    # Nothing is merged here, or it depends on the moment whether two backups have a segment in common.
    node = make_node(*SMALL, "--set", "history.compaction_neighbours=1000", "--set", f"backup.folder={backups}").start()
    writer = Writer(node.http_url)
    writer.start()
    made = []
    for rows in (2_000, 4_000, 6_000):
        writer.wait_for(rows)
        before = writer.acknowledged
        answer = httpx.post(f"{node.http_url}/api/v1/backups", timeout=60)
        assert answer.status_code == 201, answer.text
        made.append((answer.json(), before))
    writer.wait_for(writer.acknowledged + 100)  # the node goes on
    writer.stop()
    listed = httpx.get(f"{node.http_url}/api/v1/backups").json()["backups"]
    assert [(one["name"], one["complete"], one["offset"]) for one in listed] == \
        [(one["name"], True, one["offset"]) for one, _ in made]
    node.kill()

    shared = 0
    for (one, _), (other, _) in zip(made, made[1:]):
        assert other["bytes_linked"] > 0 and one["name"] < other["name"]
        for segment in (backups / one["name"] / "history").glob("*.seg"):
            again = backups / other["name"] / "history" / segment.name
            if again.exists():
                assert again.stat().st_ino == segment.stat().st_ino
                shared += 1
    assert shared > 0
    for number, (one, before) in enumerate(made):
        folder = tmp_path / f"elsewhere{number}"
        said = artery("restore", backups / one["name"], "--to", folder / "data")
        assert said.returncode == 0 and "whole" in said.stdout, said
        restored = make_node(*SMALL, name=folder.name).start()
        with httpx.Client(base_url=restored.http_url, timeout=30) as client:
            counts = {rows_of(client, f"press{s}/force") for s in range(SIGNALS)}
            assert min(counts) >= before
            newest = client.get("/api/v1/last", params={"signal": "press3/force"}).json()["last"][0]
            assert newest["value"] == rows_of(client, "press3/force") - 1
        assert restored.stop() == 0
        assert artery("verify", folder / "data").returncode == 0


def test_a_backup_without_its_node_is_read_by_verify_and_a_changed_bit_is_found_with_its_file(make_node, tmp_path, backups):
    node = make_node("--set", f"backup.folder={backups}").start()
    with httpx.Client(base_url=node.http_url) as client:
        assert client.post("/write", content="press force=1 1").status_code == 204
    node.stop()
    node.start()
    said = artery("backup", "--url", node.http_url)
    assert said.returncode == 0 and "everything before batch" in said.stdout, said
    [folder] = backups.iterdir()
    assert artery("backup", "--list", "--url", node.http_url).stdout.startswith(folder.name)
    node.kill()
    assert artery("verify", folder).returncode == 0
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    assert len(files) > 4
    for path in files:
        whole = path.read_bytes()
        spoilt = bytearray(whole)
        spoilt[len(whole) // 2] ^= 1
        path.write_bytes(spoilt)
        refused = artery("restore", folder, "--to", tmp_path / "restored")
        assert refused.returncode == 1 and refused.stderr.startswith(f"artery: {path}: "), refused
        assert not (tmp_path / "restored").exists()
        path.write_bytes(whole)
    (folder / "backup").rename(tmp_path / "aside")
    refused = artery("restore", folder, "--to", tmp_path / "restored")
    assert refused.returncode == 1 and "made half" in refused.stderr, refused


def test_a_backup_is_opened_by_no_node_and_restored_over_nothing(make_node, tmp_path, backups):
    node = make_node("--set", f"backup.folder={backups}").start()
    assert artery("backup", "--url", node.http_url).returncode == 0
    [folder] = backups.iterdir()
    for words in (["run", "--data", folder, "--http-port", "0", "--mqtt-port", "0"], ["repair", folder, "--write"]):
        refused = artery(*words)
        assert refused.returncode == 1 and "artery restore" in refused.stderr, refused
    refused = artery("restore", folder, "--to", node.data)
    assert refused.returncode == 1 and "empty or new" in refused.stderr, refused


def test_a_disk_without_room_for_a_backup_keeps_node_and_backups_as_they_are(make_node, small_disk):
    node = make_node("--set", f"backup.folder={small_disk}").start()
    with httpx.Client(base_url=node.http_url, timeout=30) as client:
        assert client.post("/write", content="press force=1 1").status_code == 204
    node.stop()
    node.start()
    with httpx.Client(base_url=node.http_url, timeout=30) as client:
        first, second = (client.post("/api/v1/backups") for _ in range(2))
        assert first.status_code == 201 and first.json()["bytes_linked"] == 0  # another disk
        assert second.status_code == 201 and second.json()["bytes_linked"] > 0
        filler = small_disk / "filler"
        with open(filler, "wb", buffering=0) as file:
            while file.write(b"x" * 65536) == 65536:
                pass
        refused = client.post("/api/v1/backups")
        assert refused.status_code == 507, refused.text
        assert sorted(path.name for path in small_disk.iterdir()) == [first.json()["name"], second.json()["name"], "filler"]
        filler.unlink()
        assert client.post("/write", content="press force=2 2").status_code == 204
        assert client.post("/api/v1/backups").status_code == 201


def test_by_schedule_the_newest_are_kept_and_told_in_status_and_metrics(make_node, backups, tmp_path):
    node = make_node("--set", f"backup.folder={backups}", "--set", "backup.every=1s", "--set", "backup.keep=2").start()
    with httpx.Client(base_url=node.http_url, timeout=30) as client:
        assert client.post("/write", content="press force=1 1").status_code == 204
        seen = set()
        while len(seen) < 5:
            seen |= {path.name for path in backups.glob("*Z")}
        status = client.get("/api/v1/status").json()
        assert status["backups"]["enabled"] and status["backups"]["failure"] is None
        assert int(status["backups"]["next"]) > int(status["backups"]["last"]["time"])
        assert status["backups"]["last"]["bytes"] > 0 and status["backup"]["failed"] == 0 and status["backup"]["made"] >= 3
        metrics = client.get("/metrics").text
        for name in ("made_total", "failed_total", "failing", "last_success_time_seconds", "last_success_bytes",
                     "last_success_duration_seconds"):
            assert f"\nartery_backup_{name} " in metrics
    node.stop()
    kept = sorted(path.name for path in backups.iterdir())
    assert len(kept) == 2 and kept == sorted(seen | set(kept))[-2:]
    for name in kept:
        assert artery("restore", backups / name, "--to", tmp_path / name).returncode == 0
    node.start()
    assert httpx.get(f"{node.http_url}/api/v1/status").status_code == 200
