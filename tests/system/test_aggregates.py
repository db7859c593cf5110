"""Aggregates and values at times over HTTP, against a naive Python over the raw samples of the same node."""
import json
import math
import random
import statistics

import paho.mqtt.publish
import pytest

T = 1_700_000_000_000_000_000
S = 1_000_000_000
BAD, UNCERTAIN = 0x80000000, 0x40000000


def get(client, path, **parameters):
    answer = client.get(f"/api/v1/{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def raw(client, signal):
    return [(int(time), float(value), quality) for time, value, quality in get(client, "raw", signal=signal)["samples"]]


def is_usable(sample):
    return sample[2] < BAD and not math.isnan(sample[1])


def stretches(samples, start, end, line):
    """(seconds, value at the beginning, value at the end) of what is known between start and end."""
    for i, (time, value, _) in enumerate(samples):
        after = samples[i + 1] if i + 1 < len(samples) else None
        begin, stop = max(time, start), min(after[0], end) if after else end  # all samples lie far in the past
        if not is_usable(samples[i]) or begin >= stop:
            continue

        def at(moment, value=value, time=time, after=after):
            if line == "stepped" or after is None or not is_usable(after):
                return value
            return value + (after[1] - value) * (moment - time) / (after[0] - time)

        yield (stop - begin) / S, at(begin), at(stop)


def naive(samples, start, end, line):
    inside = [one for one in samples if start <= one[0] < end]
    usable = [one for one in inside if is_usable(one)]
    values = [value for _, value, _ in usable]
    known = list(stretches(samples, start, end, line))
    seconds = sum(one[0] for one in known)
    integral = sum(length * (first + last) / 2 for length, first, last in known)
    answer = {"count": len(usable), "unusable": len(inside) - len(usable), "duration_good": seconds,
              "percent_good": 100 * seconds * S / (end - start), "integral": integral if known else None,
              "time_average": integral / seconds if known else None}
    if not inside and not known:
        return None
    names = ("min", "max", "range", "first", "last", "delta", "sum", "mean", "stddev", "stddev_population", "variance_population")
    answer |= dict.fromkeys(names)
    if values:
        answer |= {"min": min(values), "max": max(values), "range": max(values) - min(values), "first": values[0],
                   "last": values[-1], "delta": values[-1] - values[0], "sum": math.fsum(values), "mean": statistics.fmean(values),
                   "stddev_population": statistics.pstdev(values), "variance_population": statistics.pvariance(values)}
    if len(values) > 1:
        answer["stddev"] = statistics.stdev(values)
    return answer


def expect_near(should, interval):
    for name, value in should.items():
        near = value if value is None else pytest.approx(value, rel=1e-9, abs=1e-9)
        assert interval[name] == near, (name, interval)


@pytest.fixture
def plant(node, write):
    """Two signals with gaps, late and corrected samples, bad and uncertain ones."""
    chance = random.Random(1)
    for name in ("a", "b"):
        rows = [(chance.randrange(0, 4000), chance.randrange(-50, 50) / 4) for _ in range(300)]
        write(*(f"m {name}={value} {T + second * S // 4}" for second, value in rows))
        doubtful = [{name: 7.5, "quality": quality, "ts": T // 10**6 + chance.randrange(0, 1000) * 1000}
                    for quality in ("bad", "uncertain") for _ in range(10)]
        paho.mqtt.publish.multiple([("m", json.dumps(body), 1) for body in doubtful], "127.0.0.1", node.mqtt_port)
    return ["m/a", "m/b"]


@pytest.mark.parametrize("line", ["stepped", "linear"])
def test_aggregates_are_those_of_the_raw_samples(client, plant, line):
    asked = "count unusable min max range first last delta sum mean stddev stddev_population variance_population " \
            "time_average integral duration_good percent_good".split()
    chance = random.Random(2)
    samples = {signal: raw(client, signal) for signal in plant}
    assert all(any(one[2] >= BAD for one in rows) and any(one[2] == UNCERTAIN for one in rows) for rows in samples.values())
    for _ in range(20):
        start = T + chance.randrange(-100, 900) * S
        end = start + chance.randrange(1, 1500) * S
        step = chance.choice([7, 60, 3600]) * S
        answer = get(client, "aggregate", signal=plant, aggregate=asked, **{"from": start, "to": end}, step=step, origin=T,
                     line=line)
        for one in answer["signals"]:
            intervals = {(int(i["from"]), int(i["to"])): i for i in one["intervals"]}
            begin = start
            while begin < end:
                stop = min(end, begin - (begin - T) % step + step)
                should = naive(samples[one["signal"]], begin, stop, line)
                if should is None:
                    assert (begin, stop) not in intervals
                else:
                    expect_near(should, intervals.pop((begin, stop)))
                begin = stop
            assert not intervals and one["incomplete"] is False and one["line"] == line


def test_values_at_times_are_those_of_the_raw_samples(client, plant):
    (one,) = get(client, "at", signal="m/a", **{"from": T - 10 * S, "to": T + 1100 * S}, step="7s")["signals"]
    samples = raw(client, "m/a")
    assert one["line"] == "linear" and len(one["values"]) == math.ceil(1110 / 7)
    for time, value, quality in one["values"]:
        moment = int(time)
        before = [sample for sample in samples if sample[0] <= moment]
        after = next((sample for sample in samples if sample[0] > moment), None)
        if before and before[-1][0] == moment:
            assert (value, quality) == before[-1][1:]
        elif not before or not is_usable(before[-1]):
            assert (value, quality) == (None, None)
        else:
            good = before[-1][2] < UNCERTAIN and after is not None and after[2] < UNCERTAIN
            assert quality == 0x402 + (0 if good else UNCERTAIN)
            if after is None or not is_usable(after):
                assert value == before[-1][1]
            else:
                part = (moment - before[-1][0]) / (after[0] - before[-1][0])
                assert value == pytest.approx(before[-1][1] + (after[1] - before[-1][1]) * part)


def test_states_say_how_long_a_machine_did_what_in_each_shift(client, write):
    shift = 8 * 3600 * S
    write(*(f'm state="{state}" {T + int(hour * 3600) * S}' for hour, state in
            [(0, "run"), (2, "idle"), (3, "run"), (3.5, "run"), (9, "down"), (10, "run"), (16, "off")]))
    answer = get(client, "states", signal="m/state", **{"from": T, "to": T + 2 * shift}, step=shift, origin=T)
    (one,) = answer["signals"]
    assert [{state["value"]: (state["seconds"] / 3600, state["entered"]) for state in interval["states"]}
            for interval in one["intervals"]] == [
        {"idle": (1, 1), "run": (7, 2)}, {"down": (1, 1), "run": (7, 1)}]
    write(*(f"m v={i} {T + i}" for i in range(1001)))
    answer = client.get("/api/v1/states", params={"signal": "m/v", "from": T, "to": T + 2000})
    assert answer.status_code == 400 and "m/v" in answer.json()["detail"] and "1000" in answer.json()["detail"]


def test_times_are_answered_in_their_order_and_once(client, write):
    write(f"m v=1i {T}", f"m v=3i {T + 10}")
    (one,) = get(client, "at", signal="m/v", time=[T + 5, T, T + 5], line="linear")["signals"]
    assert one["values"] == [[str(T), 1, 0], [str(T + 5), 2, 0x402]]
    (one,) = get(client, "at", signal="m/v", time=T + 5)["signals"]
    assert one["line"] == "stepped" and one["values"] == [[str(T + 5), 1, 0x402]]


def test_the_catalogue_says_whether_a_signal_is_stepped(client, write):
    write(f"m v=1 {T}", f"m v=3 {T + 10}")
    ask = {"signal": "m/v", "aggregate": "time_average", "from": T, "to": T + 10}
    assert get(client, "aggregate", **ask)["signals"][0]["intervals"][0]["time_average"] == 2
    assert client.patch("/api/v1/signals/m/v", json={"stepped": True}).status_code == 200
    (one,) = get(client, "aggregate", **ask)["signals"]
    assert one["line"] == "stepped" and one["intervals"][0]["time_average"] == 1


def test_whole_numbers_stay_whole_and_times_are_strings(client, write):
    big = 2**53 + 1
    write(f"m v={big}i {T}", f"m v={big + 2}i {T + 1}")
    asked = ["min", "max_time", "delta", "sum", "transitions"]
    (one,) = get(client, "aggregate", signal="m/v", aggregate=asked, **{"from": T, "to": T + 2})["signals"]
    assert one["intervals"] == [{"from": str(T), "to": str(T + 2), "min": str(big), "max_time": str(T + 1), "delta": 2,
                                 "sum": str(2 * big + 2), "transitions": 1}]


def test_of_texts_there_are_the_first_and_the_last(client, write):
    write(*(f'm state="{text}" {T + i * S}' for i, text in enumerate(("idle", "running", "故障", "idle"))))
    (one,) = get(client, "aggregate", signal="m/state", aggregate=["first", "last", "transitions"], **{"from": T, "to": T + 6 * S},
                 step="2s")["signals"]
    shown = [(interval["first"], interval["last"], interval["transitions"]) for interval in one["intervals"]]
    assert shown == [("idle", "running", 1), ("故障", "idle", 2), (None, None, 0)]


@pytest.mark.parametrize("path", ["aggregate", "states", "at"])
def test_texts_that_come_to_too_much_are_refused(client, write, path):
    for i in range(1200 if path == "aggregate" else 1):
        write(f'm t="{"x" * 60_000}" {T + i}')
    asked = {"aggregate": ["first"]} if path == "aggregate" else {}
    answer = client.get(f"/api/v1/{path}", params=asked | {"signal": "m/t", "from": T, "to": T + 1200, "step": 1})
    assert answer.status_code == 400 and "64 MiB" in answer.json()["detail"]


def test_a_long_answer_is_whole(client, write):
    write(f"m v=1 {T}")
    (one,) = get(client, "aggregate", signal="m/v", aggregate=["count", "mean"], **{"from": T, "to": T + 90_000}, step=1)["signals"]
    assert [int(interval["from"]) for interval in one["intervals"]] == list(range(T, T + 90_000))


@pytest.mark.parametrize("query, said", [
    ("aggregate=median&from=0&to=1", "there are: count, unusable, min"),
    ("aggregate=min&aggregate=min&from=0&to=1", "min twice"),
    ("from=0&to=1", "`aggregate` is missing"),
    ("aggregate=min&from=1&to=1", "`from` must be before `to`"),
    ("aggregate=min&from=0&to=1&step=5x", "10s, 5m, 24h"),
    ("aggregate=min&from=0&to=1&step=0", "10s, 5m, 24h"),
    ("aggregate=min&from=0&to=1&line=curved", "stepped or linear"),
    ("aggregate=min&from=0&to=100000000&step=1", "take a longer step"),
    ("aggregate=min&aggregate=max&aggregate=sum&aggregate=mean&aggregate=last&aggregate=first&from=0&to=90000&step=1", "500000"),
    ("aggregate=mean&from=0&to=2000000000000000000&signal=m/t", "m/t: the signal is a text"),
])
def test_what_cannot_be_answered_is_refused_with_what_would_be_right(client, write, query, said):
    write(f'm v=1,t="x" {T}')
    answer = client.get(f"/api/v1/aggregate?signal=m/v&{query}")
    assert answer.status_code == 400 and said in answer.json()["detail"]


def test_times_that_cannot_be_answered_are_refused(client, write):
    write(f'm v=1,t="x" {T}')
    for query, said in (("signal=m/v", "`from` is missing"), ("signal=m/v&from=0&to=5", "`step`"),
                        ("signal=m/v&from=0&to=1000000&step=1", "100000"), ("signal=m/v&time=now", "RFC 3339"),
                        (f"signal=m/t&time={T}&line=linear", "m/t: the signal is a text")):
        answer = client.get(f"/api/v1/at?{query}")
        assert answer.status_code == 400 and said in answer.json()["detail"], answer.text
