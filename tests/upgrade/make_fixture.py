#!/usr/bin/env python3
"""Makes a fixture of this folder: the data folder that a program leaves behind, and what it told of it before.

    ARTERY_PROGRAM=path/to/the/old/artery tests/upgrade/make_fixture.py NAME

NAME.tar.xz and NAME.json are written beside this file, once for each format version that landed; never make one anew.
"""
import hashlib
import http.client
import json
import pathlib
import random
import sys
import tarfile
import tempfile
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

from artery_node import Node  # noqa: E402  (after the path is known)

START = 1_700_000_000_000_000_000
ROWS = 4000
SECOND = 1_000_000_000


def ask(node, path, **parameters):
    connection = http.client.HTTPConnection("127.0.0.1", node.http_port)
    connection.request("GET", f"{path}?{urllib.parse.urlencode(parameters)}")
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, body
    return json.loads(body)


def raw(node, signal):
    return ask(node, "/api/v1/raw", signal=signal, limit=100_000, revisions="true", arrivals="true")["samples"]


def told_of(samples):
    """What stands for them in a fixture: all of them would be a megabyte."""
    text = json.dumps(samples, ensure_ascii=False, separators=(",", ":"))
    return {"samples": len(samples), "first": samples[0], "last": samples[-1],
            "sha256": hashlib.sha256(text.encode()).hexdigest()}


def write(node, lines):
    connection = http.client.HTTPConnection("127.0.0.1", node.http_port)
    connection.request("POST", "/write", body="\n".join(lines).encode())
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 204, body


def samples(chance):
    """Lines of the kinds of signals that are coded differently, some of them late, corrected or sent twice."""
    walk = 20.0
    for i in range(ROWS):
        walk += chance.gauss(0, 0.05)
        time = START + i * SECOND + (i // 1000) * 137
        fields = [f"level={walk:.2f}", f"flow={walk * 3 / 7}", f"parts={i * 7}i", f"running={'true' if i // 400 % 2 else 'false'}",
                  f'state="{chance.choice(["idle", "pressing", "压装"])}"', f"odd={chance.choice([1e300, -0.0, 5e-324, 12.5])}"]
        yield "press,line=l1 " + ",".join(fields) + f" {time}"
        if i % 900 == 5:
            yield f"press,line=l1 level=99.25 {time}"
        if i % 700 == 5:
            yield f"press,line=l1 level={i} {START - i * SECOND}"


def main():
    name = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        node = Node(folder).start()
        lines = list(samples(random.Random(name)))
        for at in range(0, len(lines), 500):
            write(node, lines[at : at + 500])
            if at == 2000:  # two segments
                assert node.stop() == 0
                node.start()
        signals = sorted(one["name"] for one in ask(node, "/api/v1/signals")["signals"])
        told = {signal: told_of(raw(node, signal)) for signal in signals}
        assert node.stop() == 0
        (HERE / f"{name}.json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n")
        with tarfile.open(HERE / f"{name}.tar.xz", "w:xz") as archive:
            archive.add(node.data, arcname="data")


if __name__ == "__main__":
    main()
