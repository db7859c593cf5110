"""A data folder that an older program left behind is read by this one, goes on being written, and can be verified."""
import json
import pathlib
import subprocess
import tarfile

import pytest
from artery_node import PROGRAM
from make_fixture import ask, raw, told_of, write

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = sorted(path.name.removesuffix(".tar.xz") for path in HERE.glob("*.tar.xz"))


def test_there_are_fixtures():
    assert {"segment-2", "segment-3", "segment-4", "segment-5", "snapshot-2"} <= set(FIXTURES)


@pytest.mark.parametrize("name", FIXTURES)
def test_shows_what_the_old_program_showed(name, make_node):
    told = json.loads((HERE / f"{name}.json").read_text())
    node = make_node()
    with tarfile.open(HERE / f"{name}.tar.xz") as archive:
        archive.extractall(node.folder)
    verified = subprocess.run([PROGRAM, "verify", node.data], capture_output=True, text=True, check=False)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    node.start()
    assert " error " not in node.journal()
    for signal, samples in told.items():
        (newest,) = ask(node, "/api/v1/last", signal=signal)["last"]
        assert [newest["time"], newest["value"]] == samples["last"][:2]
    assert {signal: told_of(raw(node, signal)) for signal in told} == told
    write(node, ["press,line=l1 level=1.5 1700100000000000000"])
    assert node.stop() == 0
    node.start()
    shown = {signal: raw(node, signal) for signal in told}
    assert shown["press/l1/level"].pop()[1] == 1.5
    assert {signal: told_of(samples) for signal, samples in shown.items()} == told
