"""Promise 1 and 3 with real processes: the count of rounds is fixed, the seed too."""
import crash_rounds


def test_nothing_acknowledged_is_lost_and_nothing_is_doubled_through_30_kills(tmp_path):
    assert crash_rounds.run(tmp_path, rounds=30, seed=1) == []


def test_the_same_while_segments_are_written_and_merged(tmp_path):
    assert crash_rounds.run(tmp_path, rounds=10, seed=2, compacting=True) == []
