"""What is refused, and how it is said: RFC 9457, limits, and which web pages may reach a node."""
import http.client

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

T = 1_700_000_000_000_000_000


def problem(answer, status):
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status and body["title"] and body["detail"]
    return body["detail"]


@pytest.mark.parametrize("path, word", [
    ("last", "signal"), ("raw", "signal"), ("raw?signal=m/v&limit=0", "limit"), ("raw?signal=m/v&limit=100001", "limit"),
    ("raw?signal=m/v&limit=x", "limit"), ("raw?signal=m/v&from=yesterday", "RFC 3339"), ("raw?signal=m/v&from=5&to=5", "before"),
    ("raw?signal=m/v&after=x", "after"), ("raw?signal=m/v&revisions=yes", "revisions"), ("raw?signal=m/v&signal=m/v", "once"),
    ("raw?signal=m/v&lmit=5", "lmit"), ("plot?signal=m/v&to=5", "from"), ("plot?signal=m/v&from=0&to=5&width=10001", "width"),
    ("signals?limit=100001", "limit"), ("signals?filter=a/%23/b", "filter"), ("rejections?limit=0", "limit"),
    ("catalogue?format=xml", "format"), ("last?" + "&".join(["signal=m/v"] * 1001), "1000")])
def test_a_wrong_parameter_is_named(client, write, path, word):
    write(f"m v=1 {T}")
    assert word in problem(client.get(f"/api/v1/{path}"), 400)


def test_an_unknown_path_and_method_are_told_apart(client):
    problem(client.get("/api/v1/nothing"), 404)
    answer = client.delete("/api/v1/status")
    problem(answer, 405)
    assert "GET" in answer.headers["Allow"]


def test_a_write_of_json_needs_its_content_type(client, write):
    write(f"m v=1 {T}")
    for media in ("text/plain", "application/x-www-form-urlencoded"):
        problem(client.patch("/api/v1/signals/m/v", content='{"unit":"m"}', headers={"Content-Type": media}), 415)
    problem(client.post("/api/v1/catalogue", content="{}", headers={"Content-Type": "text/plain"}), 415)
    problem(client.patch("/api/v1/signals/m/v", content="{", headers={"Content-Type": "application/json"}), 400)


def test_a_foreign_host_is_refused(client, node):
    problem(client.get("/api/v1/status", headers={"Host": "evil.example:80"}), 421)
    for host in ("localhost", "localhost:9", f"127.0.0.1:{node.http_port}", "[::1]:80"):
        assert client.get("/health", headers={"Host": host}).status_code == 200, host


def test_a_foreign_origin_is_refused_for_pages_and_websockets(client, node):
    problem(client.post("/write", content="m v=1", headers={"Origin": "https://evil.example"}), 403)
    problem(client.get("/api/v1/status", headers={"Origin": "null"}), 403)
    assert client.get("/health", headers={"Origin": f"http://127.0.0.1:{node.http_port}"}).status_code == 200
    problem(client.get("/health", headers={"Origin": f"http://127.0.0.1:{node.http_port + 1}"}), 403)
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{node.ws_url}/api/v1/live", origin="https://evil.example")
    assert refused.value.response.status_code == 403


def test_too_long_a_header_and_body_are_refused(client):
    assert client.get("/health", headers={"X-Long": "x" * 20_000}).status_code == 431
    problem(client.put("/api/v1/assets/a", content=b" " * (2 << 20), headers={"Content-Type": "application/json"}), 413)


def test_bodies_of_all_clients_together_have_a_limit(make_node):
    node = make_node("--set", "http.body_bytes_max=64KiB", "--set", "http.inflated_bytes_max=64KiB",
                     "--set", "http.bodies_bytes_max=128KiB").start()

    def metric(name):
        return next(float(line.split()[1]) for line in client.get("/metrics").text.splitlines() if line.startswith(name + " "))

    body = f'm v="{"x" * 60_000}" {T}'.encode()
    with httpx.Client(base_url=node.http_url, timeout=30) as client:
        slow = [http.client.HTTPConnection("127.0.0.1", node.http_port, timeout=30) for _ in range(2)]
        for one in slow:
            one.putrequest("POST", "/write")
            one.putheader("Content-Length", str(len(body)))
            one.endheaders(body[:-1])
        while metric("artery_http_bodies_bytes") < 2 * (len(body) - 1):
            pass
        refused = client.post("/write", content=body)
        problem(refused, 503)
        assert int(refused.headers["Retry-After"]) >= 1 and metric("artery_http_bodies_refused_total") == 1
        for one in slow:
            one.send(body[-1:])
            assert one.getresponse().status == 204
            one.close()
        assert metric("artery_http_bodies_bytes") == 0
        assert client.post("/write", content=body).status_code == 204


def test_a_plain_request_to_the_websocket_is_told_to_upgrade(client):
    assert client.get("/api/v1/live").status_code in (400, 426)


def test_unbound_addresses_are_refused_at_start(make_node):
    node = make_node("--http-host", "0.0.0.0")
    with pytest.raises(AssertionError, match="ended with"):
        node.start()
    assert "loopback" in node.journal() or "127.0.0.1" in node.journal()


def test_strict_mode_refuses_unknown_names(make_node):
    node = make_node("--set", "admission.strict=true").start()
    with httpx.Client(base_url=node.http_url) as client:
        answer = client.post("/write", content=f"m v=1 {T}")
        assert answer.status_code == 400 and "dropped=1" in answer.json()["error"]
        assert client.get("/api/v1/rejections").json()["rejections"][0]["kind"] == "unknown_name"
        assert client.put("/api/v1/signals/m/v", json={"type": "f64"}).status_code == 201
