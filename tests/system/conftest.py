"""Fixtures of the tests that speak HTTP."""
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
