"""Bytes per value of history's coding beside pcodec, level 8, on real columns: python3 bench/column_coding.py

Needs the data (ARTERY_DATA, or ../shared/data), numpy, pandas and pcodec (pip install pcodec pandas), and the program
(tools/build release column_coding). Values only: no times, no index. Each column is one pcodec file; history codes it in chunks of
8,192 values.
"""
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy
import pandas
from pcodec import ChunkConfig, standalone

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = pathlib.Path(os.environ.get("ARTERY_DATA", ROOT.parent / "shared/data"))
PROGRAM = ROOT / "build/release/benches/column_coding"


def numbers(table):
    return [column.to_numpy() for _, column in table.select_dtypes("number").items()]


def doubles(columns):
    return [numpy.ascontiguousarray(column, "f8") for column in columns]


def ett():
    return doubles(c for name in ("ETTh1", "ETTh2") for c in numbers(pandas.read_csv(DATA / f"ett/ETT-small/{name}.csv")))


def steel():
    return doubles(numbers(pandas.read_csv(DATA / "steel_energy/Steel_industry_data.csv", encoding="utf-8-sig")))


def farm():
    table = pandas.read_csv(DATA / "crop_underground_farm/aranet_trh.csv").sort_values("timestamp", kind="stable")
    sensors = table.groupby(["name", "sensor_id"])
    return doubles(group[name].dropna() for _, group in sensors for name in ("temperature", "humidity"))


def nab():
    return doubles(pandas.read_csv(path)["value"] for path in sorted((DATA / "nab/data").rglob("*.csv")))


def cmapss():
    table = pandas.read_csv(DATA / "cmapss_fd001/train_FD001.txt.gz", sep=r"\s+", header=None)
    return doubles(unit[column] for _, unit in table.groupby(0) for column in range(2, 26))


def cpu_only():
    """The shape of TSBS's cpu-only: integers that walk between 0 and 100 by normal steps."""
    chance, columns = numpy.random.default_rng(1), []
    for _ in range(40):
        at, column = chance.uniform(0, 100), []
        for step in chance.normal(0, 1, 25920):
            at = min(100.0, max(0.0, at + step))
            column.append(int(at))
        columns.append(numpy.array(column, "i8"))
    return columns


def ours(columns):
    words = b"".join(struct.pack("<QQ", len(c), c.dtype == "i8") + c.tobytes() for c in columns)
    with tempfile.NamedTemporaryFile() as file:
        file.write(words)
        file.flush()
        out = subprocess.run([PROGRAM, file.name], stdout=subprocess.PIPE, check=True).stdout
    return {line["effort"]: line for line in map(json.loads, out.splitlines())}


def peer(columns):
    return sum(len(standalone.simple_compress(c, ChunkConfig(compression_level=8))) for c in columns)


def main():
    print(f"{'data':10} {'values':>9} {'pcodec 8':>9} {'small':>7} {'ratio':>6} {'light':>7}   ns a value to code, to decode: small; light")
    for make in (ett, steel, farm, nab, cmapss, cpu_only):
        columns = [column for column in make() if len(column)]
        small, light = (ours(columns)[effort] for effort in ("small", "light"))
        values = small["values"]
        assert values == sum(map(len, columns))
        pcodec = peer(columns) / values
        print(f"{make.__name__:10} {values:9} {pcodec:9.3f} {small['bytes'] / values:7.3f} {small['bytes'] / values / pcodec:6.2f} "
              f"{light['bytes'] / values:7.3f}   {small['coding_ns']:7.1f} {small['decoding_ns']:6.2f}; "
              f"{light['coding_ns']:6.1f} {light['decoding_ns']:6.2f}")


if __name__ == "__main__":
    sys.exit(main())
