"""Segments are what docs/formats/segment.md and docs/formats/coding.md say: a reader written from these pages alone finds in the files
what the API told before they were closed."""
import math
import random
import struct
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "formats"))

from segment_reader import TILE_LENGTHS, double_of, read_segment  # noqa: E402  (after the path is known)

T = 1_700_000_000_000_000_000
ROWS = 2500  # two vectors and a part of one
SECOND = 1_000_000_000


def value_of(kind, value):
    if kind == 1:
        return double_of(value)
    if kind == 2:
        return value - (1 << 64) if value >> 63 else value
    return bool(value) if kind == 3 else value


def single(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def columns(chance):
    """What plants send, a column for each way in which it is coded."""
    walk, columns = 20.0, {}
    for i in range(ROWS):
        walk += chance.gauss(0, 0.05)
        columns.setdefault("constant", []).append("21.5")
        columns.setdefault("decimals", []).append(f"{walk:.2f}")
        columns.setdefault("reals", []).append(repr(single(round(walk, 3))))
        columns.setdefault("sums", []).append(repr(round(walk, 3) * 3 / 7))
        columns.setdefault("noise", []).append(repr(chance.gauss(0, 1e-9)))
        columns.setdefault("singles", []).append(repr(single(chance.gauss(0, 1))))
        columns.setdefault("huge", []).append(repr(chance.choice([1e300, -1e300, 5e-324, 0.0, -0.0, 12.5])))
        columns.setdefault("counter", []).append(f"{i * 7}i")
        columns.setdefault("steps", []).append(f"{chance.choice([0, 900, 1800, -(2**63)])}i")
        columns.setdefault("running", []).append("true" if i // 400 % 2 else "false")
        columns.setdefault("state", []).append('"' + chance.choice(["idle", "pressing", "压装", ""]) + '"')
        columns.setdefault("note", []).append(f'"part {chance.random()}"')
    return columns


@pytest.fixture
def sealed(node, client, write):
    """A node's signals by name, as the API told them, and the bytes of the segments that it left behind."""
    sent = columns(random.Random(7))
    for at in range(0, ROWS, 500):
        lines = []
        for i in range(at, at + 500):
            time = T + i * SECOND + (i // 1000) * 137  # regular but for two steps
            lines.append("m " + ",".join(f"{name}={values[i]}" for name, values in sent.items()) + f" {time}")
        write(*lines)
    write(f"m decimals=99.25 {T + 3 * SECOND}")  # a correction
    write(*(f"m decimals={n} {T - n * SECOND}" for n in range(1, 40)))  # late
    told = {}
    for name in sent:
        page = {"signal": f"m/{name}", "limit": 100000, "arrivals": "true", "revisions": "true"}
        told[f"m/{name}"] = client.get("/api/v1/raw", params=page).json()["samples"]
    assert node.stop() == 0, node.journal()
    return told, [path.read_bytes() for path in sorted((node.data / "history").glob("*.seg"))]


def test_a_reader_written_from_the_pages_finds_what_the_api_told(sealed):
    told, segments = sealed
    assert segments
    found = {}
    for segment in segments:
        for one in read_segment(segment):
            rows = [(time, value_of(one.type, value), quality, arrival) for time, value, quality, arrival in one.rows]
            found.setdefault(one.name, []).extend(rows)
    assert set(found) == set(told)
    for name, rows in told.items():
        said = [(int(time), int(value) if isinstance(value, str) and name in ("m/steps", "m/counter") else value, quality,
                 int(arrival)) for time, value, quality, arrival, *_ in rows]
        assert sorted(found[name], key=lambda row: (row[0], row[3])) == said, name


def test_stamps_of_signals_that_come_together_stand_in_the_file_once(sealed):
    _, segments = sealed
    named = {}
    for one in (one for segment in segments for one in read_segment(segment)):
        named[one.name] = named.get(one.name, 0) + one.named_stamps
    # A checkpoint is coded in pieces, here of six of the twelve signals; the first of each has stamps, and decimals has its own.
    assert set(named.values()) == {0, 1}, named
    assert sum(named.values()) == 9, named


def newest_numbers(one):
    """(time, number) of a numeric signal's rows in a segment, of each time the last."""
    return sorted({time: value_of(one.type, value) for time, value, _, _ in one.rows}.items())


def test_tiles_are_what_their_samples_come_to(sealed):
    _, segments = sealed
    levels = set()
    for one in (one for segment in segments for one in read_segment(segment) if one.tiles and one.type != 4):
        rows = newest_numbers(one)
        for tile in one.tiles:
            levels.add((one.name, tile["level"]))
            length = TILE_LENGTHS[tile["level"]]
            its = [(time, number) for time, number in rows if time // length == tile["first"] // length]
            numbers = [number for _, number in its]
            least, greatest = min(numbers), max(numbers)
            assert (tile["count"], tile["first"], tile["last"]) == (len(its), its[0][0], its[-1][0])
            assert (tile["unusable"], tile["not_usable"], tile["worst"]) == (0, 0, 0)
            assert [value_of(one.type, tile[f"{point}_value"]) for point in ("first", "last", "min", "max")] == [
                numbers[0], numbers[-1], least, greatest]
            assert tile["min_time"] == next(time for time, number in its if number == least)
            assert tile["max_time"] == next(time for time, number in its if number == greatest)
            steps = list(zip(its, its[1:]))
            assert tile["transitions"] == sum(a[1] != b[1] for a, b in steps)
            assert tile["zero"] == sum(b[0] - a[0] for a, b in steps if a[1] == 0)
            size = sum(abs(number) for number in numbers)
            assert tile["sum"] == pytest.approx(math.fsum(numbers), abs=1e-12 * size)
            spans = [((b[0] - a[0]) * 1e-9, a[1], b[1]) for a, b in steps]
            assert tile["stepped"] == pytest.approx(math.fsum(dt * a for dt, a, _ in spans), abs=1e-11 * size)
            assert tile["linear"] == pytest.approx(math.fsum(dt * (a / 2 + b / 2) for dt, a, b in spans), abs=1e-11 * size)
    assert len({level for _, level in levels}) >= 2 and len(levels) >= 4, levels


def test_a_flipped_bit_anywhere_is_found_by_its_checksum(sealed):
    _, segments = sealed
    chance = random.Random(3)
    data = segments[0]
    for _ in range(40):
        at = chance.randrange(len(data))
        hurt = data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
        with pytest.raises((AssertionError, ValueError, struct.error)):
            read_segment(hurt)
