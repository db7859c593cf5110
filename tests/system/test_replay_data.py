"""Real data through `artery replay`, one command per folder, and back value for value.

Needs the data in ../shared/data beside the project, or in ARTERY_DATA; skipped where it is not.
"""
import datetime
import functools
import os
import pathlib
import re
import zoneinfo

import pytest
from replay_oracle import MISSING, Expected, escape, replay, rows_of

DATA = pathlib.Path(os.environ.get("ARTERY_DATA", pathlib.Path(__file__).resolve().parents[3] / "shared/data"))
NS = 1_000_000_000
UTC = datetime.timezone.utc


def folder(name):
    """The data's folder; the test is skipped where it is not."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return path


@functools.cache
def ns(text, form="%Y-%m-%d %H:%M:%S", zone=UTC):
    return int(datetime.datetime.strptime(text, form).replace(tzinfo=zone).timestamp()) * NS


def path_of(file, root):
    parts = [root.name, *file.relative_to(root).parent.parts, re.sub(r"\.(csv|txt)(\.gz)?$", "", file.name).strip()]
    return "/".join(escape(part, equals=True) for part in parts)


def test_nab_comes_out_value_for_value_and_repeated_times_as_revisions(node, client):
    root, expected = folder("nab"), Expected()
    replay(node, root)
    for file in sorted(root.rglob("*.csv")):
        for time, value in rows_of(file)[1:]:
            expected.add_number(f"{path_of(file, root)}/value", ns(time), value)
    expected.check(client)
    assert len(expected.signals) == 58
    assert expected.revised() == (18, 32)


def test_nabs_repeated_times_are_counted():
    """Counted from the files alone: what `artery replay` and its test above make of them is told by these numbers."""
    rows_that_repeat, other_than_the_last, new_values, times, times_in_doubt = 0, 0, 0, 0, 0
    for file in sorted(folder("nab").rglob("*.csv")):
        said = {}
        for time, text in rows_of(file)[1:]:
            values, value = said.setdefault(time, []), float(text)
            rows_that_repeat += bool(values)
            other_than_the_last += bool(values) and value != values[-1]
            new_values += bool(values) and value not in values
            values.append(value)
        times += sum(len(values) > 1 for values in said.values())
        times_in_doubt += sum(len(set(values)) > 1 for values in said.values())
    # 19 times are said more than once, by 49 rows beyond their first. Of these rows 38 say another value than the row of
    # that time before them, but 6 of the 38 return to a value that was there already: a replay, not a revision. So 32
    # further revisions come out, for 18 times (the 19th says the same twelve times).
    assert (times, rows_that_repeat) == (19, 49)
    assert (other_than_the_last, new_values, times_in_doubt) == (38, 32, 18)


def test_steel_energy_with_day_first_dates_and_texts(node, client):
    root, expected = folder("steel_energy"), Expected()
    assert "day before month" in replay(node, root)
    file = root / "Steel_industry_data.csv"
    header, *rows = rows_of(file)
    texts = {"WeekStatus", "Day_of_week", "Load_Type"}
    for row in rows:
        time = ns(row[0], "%d/%m/%Y %H:%M")
        for name, cell in zip(header[1:], row[1:], strict=True):
            expected.add(f"{path_of(file, root)}/{escape(name)}", time, cell if name in texts else float(cell))
    expected.check(client)
    assert sum(len(times) for times in expected.signals.values()) == 350_400


# What the headings' ends mean; the rest of a heading is the signal's name.
UNITS = {"°C", "%", "m³/m³", "µmol/m²/s", "klux"}


def greenhouse_signals(header):
    names = []
    for heading in header:
        match = re.fullmatch(r"(.*?)\s*\(([^()]*)\)", heading.strip())
        name = " ".join((match[1] if match and match[2] in UNITS else heading).split())
        number, unique = 2, name
        while unique in names:
            unique, number = f"{name} ({number})", number + 1
        names.append(unique)
    return names


@functools.cache
def greenhouse_time(text, zone):
    """None where the clocks are set and Python and Artery need not agree, and where there is no time."""
    form = "%Y-%m-%d %H:%M:%S" if text[4:5] == "-" else "%d/%m/%Y %H:%M:%S"
    try:
        first = datetime.datetime.strptime(text.strip(), form).replace(tzinfo=zone)
    except ValueError:
        return None
    # Python's fold=0 is what Artery does: the earlier of two, and what held before a gap.
    return int(first.timestamp()) * NS


def test_the_greenhouses_27_files_with_mixed_dates_in_a_named_zone(node, client):
    root, expected, zone = folder("greenhouse"), Expected(), zoneinfo.ZoneInfo("Europe/Rome")
    said = replay(node, root, "--zone", "Europe/Rome", status=1)
    assert "4 refused" in said and "Temp_4ch_1.csv:6169: Timestamp: '0712/2021 00:00:00' is no time" in said
    files = sorted(root.rglob("*.csv"))
    assert len(files) == 27
    for file in files[::2]:  # all are poured in; half of them is compared
        header, *rows = rows_of(file)
        names = greenhouse_signals(header)
        at = next(i for i, name in enumerate(header) if name in ("Timestamp", "Europe/Rome"))
        for row in rows:
            time = greenhouse_time(row[at], zone) if len(row) > at else None
            if time is None:
                continue
            for i, cell in enumerate(row):
                if i != at:
                    expected.add_number(f"{path_of(file, root)}/{escape(names[i])}", time, cell)
    expected.check(client)
    catalogue = client.get("/api/v1/catalogue", params={"format": "csv"}).text
    assert "greenhouse/Greenhouse_1/TRH_1/Relative Humidity,f64,%," in catalogue
    assert "greenhouse/Greenhouse_1/Micro_1/Water Content 1 (2),f64,m3/m3," in catalogue


def test_the_underground_farms_sensors_become_levels_of_the_path(node, client):
    root, expected = folder("crop_underground_farm"), Expected()
    replay(node, root)
    header, *rows = rows_of(root / "aranet_trh.csv")
    for name, sensor, time, temperature, humidity in rows:
        asset = f"crop_underground_farm/aranet_trh/{escape(name, equals=True)}"
        for signal, text in (("sensor_id", sensor), ("temperature", temperature), ("humidity", humidity)):
            expected.add_number(f"{asset}/{signal}", ns(time), text)
    expected.check(client)


def test_ett_with_all_its_digits(node, client):
    root, expected = folder("ett"), Expected()
    replay(node, root)
    for file in sorted(root.rglob("*.csv")):
        header, *rows = rows_of(file)
        for row in rows:
            for name, cell in zip(header[1:], row[1:], strict=True):
                expected.add_number(f"{path_of(file, root)}/{name}", ns(row[0]), cell)
    expected.check(client)


def test_cmapss_counts_its_times(node, client, tmp_path):
    root, expected = folder("cmapss_fd001"), Expected()
    replay(node, root, "--include", "*_FD001.txt.gz", "--names",
           "unit,cycle,setting1,setting2,setting3," + ",".join(f"sensor{i}" for i in range(1, 22)),
           "--count", "cycle", "--start", "2008-01-01T00:00:00Z", "--step", "1h", "--asset", "cmapss/{file}/{unit}")
    start = ns("2008-01-01 00:00:00")
    names = [f"setting{i}" for i in (1, 2, 3)] + [f"sensor{i}" for i in range(1, 22)]
    for stem in ("train_FD001", "test_FD001"):
        for row in rows_of(root / f"{stem}.txt.gz", delimiter="\t"):
            if len(row) == 1:
                row = row[0].split()
            for name, cell in zip(names, row[2:], strict=False):
                expected.add_number(f"cmapss/{stem}/{row[0]}/{name}", start + int(row[1]) * 3600 * NS, cell)
    assert len(expected.signals) == 200 * 24
    expected.check(client)


def test_flights_and_weather_by_plane_and_airport(node, client):
    root, flights, weather = folder("pnwflights14"), Expected(), Expected()
    said = replay(node, root, "--start", "2014-01-01T00:00:00Z")
    assert " 0 refused" in said
    header, *rows = rows_of(root / "data/flights.csv")
    texts, times = {"carrier", "origin", "dest"}, {"year", "month", "day", "hour", "minute", "tailnum"}
    for row in rows:
        cells = dict(zip(header, row, strict=True))
        clock = [int(cells[part]) if cells[part] not in MISSING else 0 for part in ("hour", "minute")]
        day = datetime.datetime(int(cells["year"]), int(cells["month"]), int(cells["day"]), tzinfo=UTC)
        time = (int(day.timestamp()) + clock[0] * 3600 + clock[1] * 60) * NS
        plane = "none" if cells["tailnum"] in MISSING else cells["tailnum"]
        for name in set(header) - times:
            if cells[name] not in MISSING:
                flights.add(f"pnwflights14/data/flights/{plane}/{name}", time,
                            cells[name] if name in texts else float(cells[name]))
    flights.check(client)

    header, *rows = rows_of(root / "data/weather.csv")
    for row in rows:
        cells = dict(zip(header, row, strict=True))
        for name in set(header) - {"origin", "date"}:
            weather.add_number(f"pnwflights14/data/weather/{cells['origin']}/{name}", ns(cells["date"]), cells[name])
    weather.check(client)


def test_supplygraphs_wide_tables_and_its_tables_without_times(node, client):
    root, expected = folder("supplygraph"), Expected()
    said = replay(node, root, "--start", "2023-01-01T00:00:00Z", "--step", "1s")
    assert " 0 refused" in said
    for file in sorted(root.rglob("*.csv")):
        header, *rows = rows_of(file)
        is_timed = header[0] == "Date"
        for i, row in enumerate(rows):
            time = ns(row[0]) if is_timed else ns("2023-01-01 00:00:00") + i * NS
            for name, cell in list(zip(header, row, strict=True))[is_timed:]:
                signal = f"{path_of(file, root)}/{escape(name)}"
                is_number = re.fullmatch(r"-?[0-9.]+", cell)
                if cell in MISSING:
                    continue
                expected.add(signal, time, float(cell) if is_number else cell)
    expected.check(client)


def test_the_input_output_tables_have_codes_for_headings(node, client):
    root, expected = folder("us_io_2023"), Expected()
    assert " 0 refused" in replay(node, root, "--start", "2023-01-01T00:00:00Z", "--step", "1s")
    for file in sorted(root.rglob("*.csv")):
        header, *rows = rows_of(file)
        for column, (name, *cells) in enumerate(zip(header, *rows, strict=True)):
            is_number = all(cell in MISSING or re.fullmatch(r"-?[0-9.]+", cell) for cell in cells)
            for i, cell in enumerate(cells):
                if cell not in MISSING:
                    expected.add(f"{path_of(file, root)}/{escape(name) or f'c{column + 1}'}",
                                 ns("2023-01-01 00:00:00") + i * NS, float(cell) if is_number else cell)
    expected.check(client)
    assert len(expected.signals) > 150
