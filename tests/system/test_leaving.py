"""Who leaves before the answer has come is not worked for any longer."""
import socket
import time

import pytest

T = 1_700_000_000_000_000_000


def queries(client):
    return client.get("/api/v1/status").json()["http"]["queries"]


def wait_for(count, client, seconds):
    deadline = time.monotonic() + seconds
    while queries(client) != count:
        assert time.monotonic() < deadline, f"{queries(client)} queries are under way"
        time.sleep(0.05)


@pytest.mark.parametrize("leave", [socket.socket.close, lambda connection: connection.shutdown(socket.SHUT_WR)])
def test_a_query_whose_client_has_left_is_stopped(client, write, leave):
    for part in range(20):
        write(*(f"m v={i % 97} {T + (part * 20_000 + i) * 1000}" for i in range(20_000)))
    names = "&".join(["signal=m/v"] * 1000)  # 400 million samples to look at: half a minute and more
    path = f"/api/v1/states?{names}&from={T}&to={T + 10**12}&step=10s"
    connection = socket.create_connection((client.base_url.host, client.base_url.port))
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    wait_for(1, client, 10)
    leave(connection)
    wait_for(0, client, 10)
    connection.close()
