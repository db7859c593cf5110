"""A full disk and a disk that is behind, over HTTP: refused with a reason, nothing acknowledged lost, and it goes on by itself."""
import http.client
import os
import signal
import time

import httpx

T = 1_700_000_000_000_000_000


def raw_times(client, name):
    """The times of all samples of a signal."""
    times, after = [], None
    while True:
        page = client.get("/api/v1/raw", params={"signal": name} | ({"after": after} if after else {})).json()
        times += [int(row[0]) for row in page["samples"]]
        after = page["next"]
        if after is None:
            return times


def metric(client, name):
    return sum(float(line.rsplit(" ", 1)[1]) for line in client.get("/metrics").text.splitlines()
               if line.startswith(name + " "))


def test_a_full_disk_is_507_and_the_node_goes_on_when_there_is_room(small_disk, make_node):
    node = make_node("--set", "log.segment_bytes=1MiB", "--set", "log.batch_bytes_max=512KiB",
                     "--set", "admission.batch_bytes=64KiB", name=small_disk.name).start()
    with httpx.Client(base_url=node.http_url, timeout=30) as client:
        def write(i):
            return client.post("/write", content=f'disk note="{"x" * 50_000}" {T + i}')

        assert write(0).status_code == 204
        filler = small_disk / "filler"
        space = os.statvfs(small_disk)
        filler.write_bytes(b"\1" * (space.f_bavail * space.f_bsize - (4 << 20)))
        taken = [T]
        for i in range(1, 1000):
            answer = write(i)
            if answer.status_code != 204:
                break
            taken.append(T + i)
        assert answer.status_code == 507 and "disk" in answer.json()["error"], answer.text
        assert client.get("/ready").status_code == 503 and "full" in client.get("/ready").json()["detail"]
        assert client.get("/health").status_code == 200
        assert client.get("/api/v1/last?signal=disk/note").json()["last"][0]["time"] == str(taken[-1])
        assert metric(client, "artery_admission_refused_full_total") >= 1
        filler.unlink()
        deadline = time.monotonic() + 60
        while (answer := write(1000)).status_code == 507:
            assert time.monotonic() < deadline, "there is room, but the node still refuses"
            time.sleep(0.05)
        assert answer.status_code == 204, answer.text
        assert client.get("/ready").status_code == 200
        node.restart()
        client.base_url = node.http_url
        assert set(taken + [T + 1000]) <= set(raw_times(client, "disk/note"))


def test_what_comes_faster_than_the_disk_is_503_and_may_come_again(make_node):
    node = make_node("--set", "node.shards=1", "--set", "admission.pending_bytes_max=1MiB").start()
    with httpx.Client(base_url=node.http_url, timeout=30) as client:
        assert client.post("/write", content=f'busy note="" {T}').status_code == 204
        senders = [http.client.HTTPConnection("127.0.0.1", node.http_port, timeout=60) for _ in range(120)]

        def send(i):
            senders[i].request("POST", "/write", f'busy note="{"x" * 30_000}" {T + 1 + i}')

        def answer(i):
            got = senders[i].getresponse()
            got.read()
            return got.status, got.getheader("Retry-After")

        # All of it waits for the node when it wakes, so it is there before any of it can be on the disk.
        node.process.send_signal(signal.SIGSTOP)
        for i in range(len(senders)):
            send(i)
        node.process.send_signal(signal.SIGCONT)
        answers = [answer(i) for i in range(len(senders))]
        refused = [i for i, got in enumerate(answers) if got[0] != 204]
        assert refused and len(refused) < len(senders)
        assert all(answers[i][0] == 503 and int(answers[i][1]) >= 1 for i in refused), answers
        assert metric(client, "artery_admission_refused_busy_total") == len(refused)
        assert set(raw_times(client, "busy/note")) == {T} | {T + 1 + i for i in range(len(senders)) if i not in refused}
        for i in refused:
            send(i)
            assert answer(i)[0] == 204
        assert raw_times(client, "busy/note") == [T + i for i in range(len(senders) + 1)]
        for sender in senders:
            sender.close()
