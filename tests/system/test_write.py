"""Line protocol over HTTP, as InfluxDB's clients send it."""
import gzip
import socket

import pytest

T = 1_700_000_000_000_000_000


def raw(client, signal, **parameters):
    answer = client.get("/api/v1/raw", params={"signal": signal, **parameters})
    assert answer.status_code == 200, answer.text
    return answer.json()["samples"]


def test_every_type_of_value_comes_back_as_it_was_sent(client, write):
    write(f'press,line=2,site=sz force=3.1,count=7i,state="on \\"x\\"",up=t {T}')
    assert raw(client, "press/2/sz/force") == [[str(T), 3.1, 0]]
    assert raw(client, "press/2/sz/count") == [[str(T), 7, 0]]
    assert raw(client, "press/2/sz/state") == [[str(T), 'on "x"', 0]]
    assert raw(client, "press/2/sz/up") == [[str(T), True, 0]]


def test_tags_in_another_order_are_the_same_asset(client, write):
    write(f"cpu,host=a,region=eu v=1 {T}", f"cpu,region=eu,host=a v=2 {T + 1}")
    assert [row[1] for row in raw(client, "cpu/a/eu/v")] == [1, 2]


def test_times_are_scaled_by_the_precision(client):
    for i, (unit, factor) in enumerate({"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9}.items()):
        body = f"t{i} v=1 {T // factor}"
        assert client.post("/write", params={"precision": unit}, content=body).status_code == 204
        assert raw(client, f"t{i}/v") == [[str(T // factor * factor), 1, 0]]


def test_an_unknown_precision_is_refused(client):
    answer = client.post("/write?precision=day", content="m v=1")
    assert answer.status_code == 400 and "precision" in answer.json()["error"]


def test_samples_without_a_time_get_the_nodes_strictly_increasing(client, write):
    write("m v=1", "m v=2", "m v=3")
    rows = raw(client, "m/v")
    assert [row[1] for row in rows] == [1, 2, 3]
    times = [int(row[0]) for row in rows]
    assert times == sorted(set(times))


def test_gzip_and_any_content_type_are_taken(client):
    for number, headers in enumerate([{"Content-Encoding": "gzip"}, {"Content-Type": "application/x-www-form-urlencoded"},
                                      {"Content-Type": "text/plain; charset=utf-8"}]):
        body = f"g{number} v=1 {T}\n".encode()
        if "Content-Encoding" in headers:
            body = gzip.compress(body)
        assert client.post("/write", content=body, headers=headers).status_code == 204
        assert len(raw(client, f"g{number}/v")) == 1


def test_a_write_that_cannot_be_read_is_shown_with_its_bytes(client):
    agent = {"User-Agent": "logger/7 (hall \u00fc)".encode("latin-1")}
    assert client.post("/write", content=b"m v=1", headers={"Content-Encoding": "gzip", **agent}).status_code == 400
    assert client.post("/write?precision=day", content=b"m v=2", headers=agent).status_code == 400
    assert client.post("/write", content=b"#" * (33 << 20), headers=agent).status_code == 413
    client.post("/api/v1/catalogue", content=b"{}", headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})
    large, precision, packed = client.get("/api/v1/rejections").json()["rejections"]
    assert {(one["source"], one["client"], one["kind"]) for one in (large, precision, packed)} == {
        ("http", "logger/7 (hall ?)", "malformed")}
    assert packed["remote"].startswith("127.0.0.1:")
    assert "gzip" in packed["reason"] and packed["text"] == "m v=1"
    assert "precision" in precision["reason"] and precision["text"] == "m v=2"
    assert str(32 << 20) in large["reason"]
    (writer,) = client.get("/api/v1/clients").json()["clients"]
    assert writer["messages_in"] == 3 and writer["samples_refused"] == 3 and writer["samples_accepted"] == 0


def test_a_partial_write_keeps_the_good_lines_and_names_the_bad_ones(client):
    answer = client.post("/write", content=f"m v=1 {T}\nbroken\nm v=x,w=2 {T}\nm v=3 {T + 1}\n")
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error.startswith("partial write: line 2: unable to parse 'broken': missing fields")
    assert "line 3: field 'v=x'" in error and error.endswith("dropped=2")
    assert [row[1] for row in raw(client, "m/v")] == [1, 3]
    assert [row[1] for row in raw(client, "m/w")] == [2]


def test_a_type_conflict_costs_its_field_alone(client, write):
    write(f"m v=1 {T}")
    answer = client.post("/write", content=f"m v=2i,w=5 {T + 1}\n")
    assert answer.status_code == 400
    assert [row[1] for row in raw(client, "m/v")] == [1]
    assert [row[1] for row in raw(client, "m/w")] == [5]


def test_a_field_twice_in_a_line_does_no_harm(client):
    answer = client.post("/write", content=f"m v=1,v=2 {T}\nm v=3 {T + 1}\n")
    assert answer.status_code in (204, 400)
    assert raw(client, "m/v")[-1][1] == 3


def test_version_2_answers_in_its_own_shape(client):
    ok = client.post("/api/v2/write?bucket=b&org=o&precision=s", content=f"m v=1 {T // 10**9}")
    assert ok.status_code == 204
    bad = client.post("/api/v2/write?bucket=b&org=o", content="m v=")
    assert bad.status_code == 400
    assert bad.json()["code"] == "invalid" and "missing field value" in bad.json()["message"]


def test_agents_and_loaders_find_what_they_ask_for_first(client):
    for method in ("GET", "HEAD"):
        ping = client.request(method, "/ping")
        assert ping.status_code == 204 and ping.headers["X-Influxdb-Version"].startswith("1.8")
    created = client.post("/query", data={"q": 'CREATE DATABASE "benchmark"'}).json()["results"][0]
    assert created["statement_id"] == 0 and "none was created" in created["messages"][0]["text"]
    assert client.get("/query", params={"q": "SHOW DATABASES"}).json()["results"][0]["series"][0]["name"] == "databases"


CPU_LINE = ("cpu,hostname=host_{host},region=eu-west-1,datacenter=eu-west-1c,rack=87,os=Ubuntu16.04LTS,arch=x64,team=NYC,service=18,"
            "service_version=1,service_environment=production usage_user=58i,usage_system=2i,usage_guest_nice=38i {time}\n")


@pytest.mark.parametrize("packed", [False, True])
def test_tsbs_load_influx_finds_its_way_and_every_batch_is_stored(client, packed):
    """Request by request what the unmodified loader sends, in its order, over one connection for all batches."""
    databases = client.get("/query?q=show%20databases").json()["results"][0]["series"][0]["values"]
    if ["benchmark"] in databases:
        assert client.post("/query?q=drop+database+benchmark", headers={"Content-Type": "text/plain"}).status_code == 200
    created = client.get("/query?consistency=all&q=CREATE+DATABASE+benchmark+WITH+REPLICATION+1")
    assert created.status_code == 200
    headers = {"Content-Type": "text/plain", "User-Agent": "tsbs_load_influx"}
    for batch in range(3):
        body = "".join(CPU_LINE.format(host=host, time=T + batch * 10**10) for host in range(100)).encode()
        if packed:
            body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
        assert client.post("/write?consistency=all&db=benchmark", content=body, headers=headers).status_code == 204
    signal = "cpu/x64/eu-west-1c/host_7/Ubuntu16.04LTS/87/eu-west-1/18/production/1/NYC/usage_user"
    assert [row[1] for row in raw(client, signal)] == [58, 58, 58]


def test_tsbs_load_victoriametrics_gets_a_204_for_every_batch(client):
    for batch in range(3):
        body = "".join(CPU_LINE.format(host=host, time=T + batch * 10**10) for host in range(100))
        answer = client.post("/write", content=body, headers={"User-Agent": "Go-http-client/1.1", "Accept-Encoding": "gzip"})
        assert (answer.status_code, answer.content) == (204, b"")


def test_the_nodes_own_database_is_not_dropped(client, write):
    write(f"m v=1 {T}")
    assert client.post("/query?q=drop+database+artery").status_code == 400
    assert len(raw(client, "m/v")) == 1


def test_a_body_beyond_the_limit_is_refused_and_the_node_goes_on(client):
    assert client.post("/write", content=b"#" * (33 << 20)).status_code == 413
    assert client.get("/health").status_code == 200


def test_the_same_again_is_a_replay_and_another_value_a_revision(client, write):
    for value in (1, 1, 2, 1):
        write(f"m v={value} {T}")
    assert raw(client, "m/v") == [[str(T), 2, 0]]
    assert [row[1] for row in raw(client, "m/v", revisions="true")] == [1, 2]


def test_what_was_acknowledged_survives_a_kill(node, client, write):
    write(*(f"m,host=h{i} v={i} {T}" for i in range(100)))
    node.restart()
    client.base_url = node.http_url
    for i in range(100):
        assert raw(client, f"m/h{i}/v") == [[str(T), i, 0]]


def test_a_client_that_ends_its_direction_after_the_request_gets_its_answer(node, client):
    body = f"half closed=1 {T}\n".encode()
    request = b"POST /write HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", node.http_port), timeout=30) as raw:
            raw.sendall(request)
            raw.shutdown(socket.SHUT_WR)
            answer = b""
            while more := raw.recv(4096):
                answer += more
        assert answer.startswith(b"HTTP/1.1 204"), answer
    assert client.get("/api/v1/last?signal=half/closed").json()["last"][0]["value"] == 1


@pytest.mark.parametrize("path", ["/write", "/api/v1/raw"])
def test_a_write_that_is_read_in_pieces_is_answered_once_and_names_its_lines(client, path):
    def line(asset, row):
        if path == "/write":
            return f"large{asset} v={row} {T + row}"
        return f'{{"signal":"large{asset}/v","type":"f64","samples":[["{T + row}",{row}]]}}'

    rows = 2000
    lines = [line(asset, row) for row in range(rows) for asset in range(10)]
    lines[15_000] = "bad"
    body = "\n".join(lines)
    assert len(body) > 4 * 128 * 1024
    answer = client.post(path, content=body)
    assert answer.status_code == 400 and answer.json()["dropped"] == 1
    assert [refused["line"] for refused in answer.json()["refused"]] == [15_001]
    for asset in range(10):
        assert [row[1] for row in raw(client, f"large{asset}/v", limit=rows)] == [
            row for row in range(rows) if (asset, row) != (0, 1500)]
