"""Fixtures of the tests that speak HTTP."""
import subprocess

import httpx
import pytest


@pytest.fixture
def client(node):
    """An HTTP client of the running node."""
    with httpx.Client(base_url=node.http_url, timeout=30) as http:
        yield http


@pytest.fixture
def write(client):
    """Writes lines of line protocol, which must all be taken."""
    def lines(*texts, **parameters):
        answer = client.post("/write", params=parameters, content="\n".join(texts))
        assert answer.status_code == 204, answer.text

    return lines


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 MiB, where a test may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], capture_output=True, text=True,
                             check=False)
    if mounted.returncode != 0:
        pytest.skip(f"a small file system needs the right to mount: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)
