"""Fixtures of the tests that drive the real program (ARTERY_PROGRAM, or build/release/artery)."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))

from artery_node import Node  # noqa: E402  (after the path is known)


@pytest.fixture
def node(tmp_path):
    """A running node on a fresh folder; stopped in order at the end, which must end it with 0."""
    running = Node(tmp_path)
    running.start()
    yield running
    running.stop_at_end()


@pytest.fixture
def make_node(tmp_path):
    """Makes nodes with options of their own; they are not started."""
    made = []

    def make(*options, name="node"):
        made.append(Node(tmp_path / name, *options))
        return made[-1]

    yield make
    for one in made:
        one.stop_at_end()
