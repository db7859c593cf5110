"""The device that loses what was not synced (tests/crash/lossy_disk.cc), mounted for as long as it is entered."""
import os
import pathlib
import signal
import subprocess

from artery_node import PROGRAM

LOSSY_DISK = pathlib.Path(PROGRAM).parent / "tests/crash/lossy_disk"


class CannotMount(Exception):
    """This machine does not let this user mount a FUSE file system."""


class LossyDisk:
    def __init__(self, folder, seed, *options):
        self.folder = pathlib.Path(folder)
        self.command = [LOSSY_DISK, self.folder, str(seed), *options]
        self.process = None

    def __enter__(self):
        self.folder.mkdir()
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "mounted\n":
            raise CannotMount(self.process.communicate()[1].strip())
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)

    def cut_power(self):
        """From here on nothing reaches the disk; what used it has to be ended before the power is back."""
        os.setxattr(self.folder, "user.power", b"off")

    def restore_power(self):
        os.setxattr(self.folder, "user.power", b"on")

    def lost(self):
        """How many files had other contents after a cut, and how many names were gone or back."""
        contents, names = os.getxattr(self.folder, "user.lost").split()
        return int(contents), int(names)
