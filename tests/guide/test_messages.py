"""What the guides quote without a command that shows it: here the program is brought to say it."""
import http.client
import os
import signal
import subprocess

import httpx
import pytest
from artery_node import PROGRAM, Node
from pages import GUIDE, LANGUAGES, blocks_of, expression, normal
from terminal import wait_until

QUOTES = [(page, block) for language in LANGUAGES for page in sorted((GUIDE / language).glob("*.md"))
          for block in blocks_of(page) if block.kind == "text"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("messages")


@pytest.fixture(scope="module")
def disk_full(folder):
    """A disk of 24 MiB fills up and gets room again; may be done by a user who may mount."""
    disk = folder / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk], capture_output=True).returncode != 0:
        return None
    try:
        node = Node(disk, "--set", "log.segment_bytes=1MiB", "--set", "log.batch_bytes_max=512KiB", "--set",
                    "admission.batch_bytes=64KiB").start()
        with httpx.Client(base_url=node.http_url, timeout=30) as client:
            (disk / "filler").write_bytes(bytes(os.statvfs(disk).f_bavail * os.statvfs(disk).f_bsize - (4 << 20)))
            wait_until(lambda: (answer := client.post("/write", content=f'm note="{"x" * 50_000}"')).status_code == 507,
                       "the disk is full")
            refused = client.post("/write", content="m v=1")
            (disk / "filler").unlink()
            wait_until(lambda: client.post("/write", content="m v=1").status_code == 204, "there is room")
        assert refused.status_code == 507 and node.stop() == 0
        return refused.text + "\n" + node.journal()
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.fixture(scope="module")
def busy(folder):
    """More comes at once than may wait."""
    node = Node(folder / "busy", "--set", "node.shards=1", "--set", "admission.pending_bytes_max=1MiB").start()
    senders = [http.client.HTTPConnection("127.0.0.1", node.http_port, timeout=60) for _ in range(120)]
    httpx.post(f"{node.http_url}/write", content='busy note=""').raise_for_status()
    node.process.send_signal(signal.SIGSTOP)
    for number, sender in enumerate(senders):
        sender.request("POST", "/write", f'busy note="{"x" * 30_000}" {number}')
    node.process.send_signal(signal.SIGCONT)
    answers = [sender.getresponse() for sender in senders]
    said = {answer.read().decode() for answer in answers if answer.status == 503}
    for sender in senders:
        sender.close()
    assert node.stop() == 0
    return "\n".join(said)


@pytest.fixture(scope="module")
def unsynchronised_clock(folder):
    """A kernel that says so."""
    source, library = folder / "kernel.c", folder / "kernel.so"
    source.write_text("#include <sys/timex.h>\n"
                      "int adjtimex(struct timex* state) { state->status = STA_UNSYNC; return TIME_ERROR; }\n")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source], check=True)
    return subprocess.run([PROGRAM, "doctor"], capture_output=True, text=True,
                          env={**os.environ, "LD_PRELOAD": str(library)}, check=False).stdout


@pytest.mark.parametrize("page, block", QUOTES, ids=[f"{page.parent.name}/{page.name}:{block.line}" for page, block in QUOTES])
def test_the_program_says_what_is_quoted(page, block, request):
    assert block.said_by, f"{page}:{block.line}: nothing makes the program say this; see tests/guide/pages.py"
    said = request.getfixturevalue(block.said_by)
    if said is None:
        pytest.skip("needs a user who may mount")
    assert expression("…\n" + block.text + "…").fullmatch(normal(said)), f"{page}:{block.line}: not in:\n{said}"
