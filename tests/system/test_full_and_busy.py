"""A full disk and a disk that is behind, over HTTP: refused with a reason, nothing acknowledged lost, all of it read, and it goes on
by itself."""
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


def fill(folder, leave=0):
    """Takes all room but `leave` bytes, and returns the file to remove."""
    filler = folder / "filler"
    space = os.statvfs(folder)
    filler.write_bytes(b"\1" * (space.f_bavail * space.f_bsize - leave))
    return filler


def test_a_full_disk_is_507_and_the_node_goes_on_when_there_is_room(small_disk, make_node):
    node = make_node("--set", "log.segment_bytes=1MiB", "--set", "log.batch_bytes_max=512KiB",
                     "--set", "admission.batch_bytes=64KiB", "--set", "disk.refuse_free=0", name=small_disk.name).start()
    with httpx.Client(base_url=node.http_url, timeout=30) as client:
        def write(i):
            return client.post("/write", content=f'disk note="{"x" * 50_000}" {T + i}')

        assert write(0).status_code == 204
        filler = fill(small_disk, leave=4 << 20)
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


def test_a_full_disk_is_read_and_stopped_in_order_although_memory_is_full_too(small_disk, make_node):
    node = make_node("--set", "log.segment_bytes=8MiB", "--set", "log.batch_bytes_max=4MiB", "--set", "node.shards=2",
                     "--set", "history.head_bytes_max=8MiB", "--set", "history.checkpoint_bytes=1MiB",
                     "--set", "disk.refuse_free=0")
    node.data = small_disk / "data"
    node.start()
    assets, rows, taken = range(4), 500, []
    with httpx.Client(base_url=node.http_url, timeout=30) as client:
        def write(times):
            lines = (f"press,no={asset} force={time % 1000},count={time % 7}i {time}" for time in times for asset in assets)
            return client.post("/write", content="\n".join(lines))

        def expect_all_of_it():
            assert raw_times(client, "press/0/force") == taken
            for asset in assets:
                name = f"press/{asset}/force"
                last = client.get("/api/v1/last", params={"signal": name}).json()["last"][0]
                assert last["time"] == str(taken[-1]) and last["value"] == taken[-1] % 1000
                plot = client.get("/api/v1/plot", params={"signal": name, "from": T, "to": T + 10**9, "width": 1}).json()
                assert plot["columns"][0]["count"] == len(taken) and int(plot["columns"][0]["last"][0]) == taken[-1]

        assert write([T]).status_code == 204
        taken.append(T)
        filler = fill(small_disk)
        # The log has segments that are prepared; history has nothing.
        while True:
            times = range(taken[-1] + 1, taken[-1] + 1 + rows)
            answer = write(times)
            if answer.status_code != 204:
                break
            taken += times
        assert answer.status_code == 507, answer.text
        applied = metric(client, "artery_history_samples_applied_total")
        assert applied < 2 * len(assets) * len(taken), "memory for samples is not full: this test shows nothing"
        assert metric(client, "artery_history_checkpoints_failed_total") >= 1
        expect_all_of_it()
        assert metric(client, "artery_history_samples_applied_total") == applied

        started = time.monotonic()
        node.process.send_signal(signal.SIGTERM)
        assert node.process.wait(timeout=30) == 0, node.journal()
        assert time.monotonic() - started < 10
        assert "the last checkpoint failed, the next start will take longer" in node.journal()

        filler.unlink()
        node.start()
        client.base_url = node.http_url
        expect_all_of_it()
        assert write([taken[-1] + 1]).status_code == 204
        taken.append(taken[-1] + 1)
        expect_all_of_it()


def test_little_room_is_told_and_the_last_of_it_is_kept_for_what_is_acknowledged_already(small_disk, make_node):
    """Of 64 MiB less than a fifth is little, and a tenth is kept."""
    node = make_node("--set", "log.segment_bytes=1MiB", "--set", "log.batch_bytes_max=512KiB",
                     "--set", "admission.batch_bytes=64KiB", "--set", "history.checkpoint_bytes=1MiB")
    node.data = small_disk / "data"
    node.start()
    with httpx.Client(base_url=node.http_url, timeout=30) as client:
        def write(i):
            return client.post("/write", content=f'disk note="{os.urandom(20_000).hex()}" {T + i}').status_code

        def until(what, done):
            deadline = time.monotonic() + 60
            while not done():
                assert time.monotonic() < deadline, what
                time.sleep(0.05)

        assert write(0) == 204
        assert metric(client, "artery_node_disk_low") == 0 and "disk.warn_free" not in node.journal()
        little = fill(small_disk, leave=10 << 20)
        until("little room is not told", lambda: metric(client, "artery_node_disk_low") == 1)
        assert client.get("/api/v1/status").json()["node"]["disk_low"] == 1
        assert node.journal().count("disk.warn_free") == 1

        taken = 0
        while write(taken + 1) == 204:
            taken += 1
        refused = client.post("/write", content="disk value=1")
        assert refused.status_code == 507 and "disk.refuse_free" in refused.json()["error"], refused.text
        space = os.statvfs(small_disk)
        assert taken > 10 and space.f_bavail * space.f_bsize > 1 << 20, "nothing is kept"
        checkpoints = metric(client, "artery_history_checkpoints_total")
        assert checkpoints >= 1 and metric(client, "artery_history_checkpoints_failed_total") == 0
        assert len(raw_times(client, "disk/note")) == taken + 1

        little.unlink()
        until("there is room, but the node still refuses", lambda: write(taken + 1) == 204)
        until("there is room, but it is not told", lambda: metric(client, "artery_node_disk_low") == 0)
        assert len(raw_times(client, "disk/note")) == taken + 2
        assert node.journal().count("disk.warn_free") == 1


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
