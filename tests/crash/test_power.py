"""Promise 1 where the power goes: a device that loses what was not synced. The count of rounds is fixed, the seeds too."""
import pytest

import power_rounds
from lossy_disk import CannotMount


@pytest.fixture
def run(tmp_path):
    """power_rounds.run, where this machine can mount such a device."""
    def run_or_skip(*arguments):
        try:
            return power_rounds.run(tmp_path, *arguments)
        except CannotMount as error:
            pytest.skip(f"no FUSE file system can be mounted here: {error}")

    return run_or_skip


def test_nothing_acknowledged_is_lost_and_nothing_is_doubled_where_the_power_goes(run):
    done, (contents, names) = run(16, 1)
    assert done.wrong == []
    assert contents > 0 and names > 0, "the cuts must have cost something"
    assert done.compacted > 0
    assert done.acknowledged > 1000
    assert len(done.backups.made) > 3


@pytest.mark.parametrize("lie", ["--ignore-file-syncs", "--ignore-folder-syncs"])
def test_a_device_that_only_says_it_synced_is_found_out(run, lie):
    done, _ = run(16, 1, lie)
    assert done.wrong != []
