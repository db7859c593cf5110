"""Deletions, revisions and answers as of a moment, of the real node by HTTP."""
import time

import pytest

T = 1_700_000_000_000_000_000
S = 1_000_000_000
SIGNAL = "press/force"


def raw(client, **parameters):
    answer = client.get("/api/v1/raw", params={"signal": SIGNAL, **parameters})
    assert answer.status_code == 200, answer.text
    return [(int(one[0]), float(one[1])) for one in answer.json()["samples"]]


def plot_counts(client, start, end):
    answer = client.get("/api/v1/plot", params={"signal": SIGNAL, "from": start, "to": end, "width": 10})
    assert answer.status_code == 200, answer.text
    return sum(column["count"] for column in answer.json()["columns"])


def value_at(client, moment, **more):
    (one,) = client.get("/api/v1/at", params={"signal": SIGNAL, "time": moment, "line": "stepped", **more}).json()["signals"]
    return one["values"][0][1]


def last(client):
    (one,) = client.get("/api/v1/last", params={"signal": SIGNAL}).json()["last"]
    return one["time"] and int(one["time"]), one["value"]


def delete(client, start, end, **more):
    return client.delete("/api/v1/raw", params={"signal": SIGNAL, "from": start, "to": end, **more},
                         headers={"X-Artery-Author": "Li Wei"})


def test_what_is_deleted_is_gone_from_every_answer_also_after_a_start(node, client, write):
    write(*(f"press force={i} {T + i * S}" for i in range(100)))
    answer = delete(client, T + 40 * S, T + 200 * S)
    assert answer.status_code == 200 and answer.json() == {"signals": 1, "from": str(T + 40 * S), "to": str(T + 200 * S)}
    kept = [(T + i * S, float(i)) for i in range(40)]

    def check():
        assert raw(client) == kept
        assert raw(client, revisions="true") == kept
        assert plot_counts(client, T, T + 100 * S) == 40
        assert last(client) == (T + 39 * S, 39)
        (one,) = client.get("/api/v1/aggregate", params={"signal": SIGNAL, "aggregate": ["count", "max"], "from": T,
                                                         "to": T + 100 * S}).json()["signals"]
        assert [(i["count"], i["max"]) for i in one["intervals"]] == [(40, 39)]
        assert value_at(client, T + 50 * S) == 39

    check()
    measured = client.get("/metrics").text.splitlines()
    assert "artery_admission_deletions_total 1" in measured
    assert "Li Wei" in node.journal() and SIGNAL in node.journal(), "who deleted what is told"
    node.stop_at_end()
    node.start()
    client.base_url = node.http_url
    check()
    # What is sent again is new; what is older than what was deleted takes nothing's place.
    write(f"press force=7 {T + 60 * S}", f"press force=8 {T + 30 * S}")
    kept[30] = (T + 30 * S, 8.0)
    kept.append((T + 60 * S, 7.0))
    assert raw(client) == kept
    assert last(client) == (T + 60 * S, 7)
    delete(client, T + 60 * S, T + 60 * S + 1)
    write(f"press force=9 {T + 20 * S}")
    assert last(client) == (T + 39 * S, 39)


def test_an_answer_as_of_a_moment_knows_nothing_of_later_arrivals(client, write):
    write(*(f"press force={i} {T + i * S}" for i in range(10)))
    time.sleep(0.005)  # arrivals are of whole milliseconds
    then = time.time_ns()
    time.sleep(0.005)
    write(f"press force=50 {T + 5 * S}", f"press force=60 {T + 60 * S}")
    before = [(T + i * S, float(i)) for i in range(10)]
    after = [*before[:5], (T + 5 * S, 50.0), *before[6:], (T + 60 * S, 60.0)]
    assert raw(client) == after
    assert raw(client, as_of=then) == before
    assert len(raw(client, revisions="true")) == 12
    ask = {"signal": SIGNAL, "from": T, "to": T + 100 * S, "as_of": then}
    (one,) = client.get("/api/v1/aggregate", params={**ask, "aggregate": ["count", "max"]}).json()["signals"]
    assert [(i["count"], i["max"]) for i in one["intervals"]] == [(10, 9)]
    assert sum(c["count"] for c in client.get("/api/v1/plot", params={**ask, "width": 10}).json()["columns"]) == 10
    assert value_at(client, T + 5 * S, as_of=then) == 5
    delete(client, T, T + 3 * S)
    assert raw(client, as_of=then) == before[3:], "what was deleted is no more, whenever it is asked about"


@pytest.mark.parametrize(("parameters", "why"), [
    ({"from": T}, "to"),
    ({"to": T}, "from"),
    ({"from": T, "to": T}, "before"),
    ({"from": T + 1, "to": T}, "before"),
    ({"from": "yesterday", "to": T}, "from"),
    ({"from": T, "to": T + 1, "limit": 1}, "limit"),
])
def test_a_deletion_without_a_range_is_refused_with_what_is_wrong(client, write, parameters, why):
    write(f"press force=1 {T}")
    answer = client.delete("/api/v1/raw", params={"signal": SIGNAL, **parameters})
    assert answer.status_code == 400 and why in answer.json()["detail"], answer.text
    assert len(raw(client)) == 1


def test_where_one_signal_is_unknown_nothing_is_deleted(client, write):
    write(f"press force=1 {T}")
    answer = client.delete("/api/v1/raw", params={"signal": [SIGNAL, "no/where"], "from": T, "to": T + 1})
    assert answer.status_code == 404 and "no/where" in answer.json()["detail"]
    assert len(raw(client)) == 1
