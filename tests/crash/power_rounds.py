#!/usr/bin/env python3
"""Power cuts under load: power_rounds.py [--rounds 16] [--seed 1] [--ignore-file-syncs | --ignore-folder-syncs]

A node has its data on a device that loses what was not synced (lossy_disk.cc), with log segments of 1 MiB, checkpoints
every second and compactions of any two segments. Writers over HTTP and MQTT (QoS 1) send samples and new signals, delete
some, publish retained messages and make backups. At a random moment, in every fourth round while the node is still starting, the power
goes: what was not synced is lost, torn or reordered. After every cut `artery verify` must find the folder whole and the
node must start; what was acknowledged must be there: each sample once and with its value, but those whose deletion was
acknowledged, of each topic the last retained message, and every backup, whole. --ignore-... makes a device that lies, which must be found out.
"""
import argparse
import http.client
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from artery_node import PROGRAM, Node  # noqa: E402
from lossy_disk import CannotMount, LossyDisk  # noqa: E402
from writers import (  # noqa: E402
    COMPACTING, DeletingWriter, HttpWriter, MqttWriter, NewSignalsWriter, RetainedWriter, Writer, check, compactions)

SMALL = (*COMPACTING, "--set", "log.segment_bytes=1MiB", "--set", "log.batch_bytes_max=512KiB",
         "--set", "admission.batch_bytes=256KiB",
         "--set", "catalogue.checkpoint_bytes=1MiB", "--set", "newest.checkpoint_time=1s",
         "--set", "retained.checkpoint_time=1s")
TOLD_MAX = 5  # lines of what is wrong
CHECK_EVERY = 5  # rounds: what is lost stays lost, so the last check finds it too


def verify(data):
    """What `artery verify` has to say against a folder that is there."""
    if not data.exists():
        return []
    done = subprocess.run([PROGRAM, "verify", data], capture_output=True, text=True, check=False)
    told = (done.stdout + done.stderr).splitlines()[-TOLD_MAX:]
    return [] if done.returncode == 0 else [f"artery verify: {line}" for line in told]


class BackupMaker(Writer):
    """Makes a backup whenever it is let run. One that was answered is whole for good."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder
        self.made = []
        self.acknowledged = 0  # samples

    def session(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.node.http_port, timeout=30)
        connection.request("POST", "/api/v1/backups")
        answer = connection.getresponse()
        body = answer.read()
        if answer.status == 201:
            self.made.append(json.loads(body)["name"])
        else:
            self.refused.append(f"POST /api/v1/backups answered {answer.status}")
        connection.close()
        while self.running.is_set():  # one a round
            time.sleep(0.01)

    def check(self, _port):
        return [f"backup {name}: {line}" for name in self.made for line in
                verify(self.folder / name) or ([] if (self.folder / name).exists() else ["is gone"])]


class Rounds:
    """The rounds on one disk, and what was seen."""

    def __init__(self, folder, disk, seed):
        self.disk = disk
        self.chance = random.Random(seed)
        self.node = Node(folder, *SMALL, "--set", f"backup.folder={disk.folder}/backups")
        self.node.data = disk.folder / "data"
        self.backups = BackupMaker(disk.folder / "backups")
        self.writers = [HttpWriter(0), NewSignalsWriter(1), DeletingWriter(2), MqttWriter(0), MqttWriter(1), RetainedWriter(0),
                        self.backups]
        self.wrong = []
        self.compacted = 0
        for writer in self.writers:
            writer.node = self.node
            writer.start()

    def run(self, rounds):
        for number in range(1, rounds + 1):
            if number % 4 == 0:
                self.node.launch()
                time.sleep(self.chance.uniform(0, 0.2))
            elif self.start(checked=number % CHECK_EVERY == 0):
                self.write(self.chance.uniform(0.05, 4))
            if self.wrong:
                return
            self.cut()
            self.wrong += verify(self.node.data)
        if self.start(checked=True) and not self.wrong:
            exit_code = self.node.stop()
            self.wrong += verify(self.node.data) + ([f"the node ended with {exit_code}"] if exit_code else [])

    def start(self, checked):
        try:
            self.node.start()
            if checked:
                self.wrong += check(self.node.http_port, self.writers)
        except AssertionError as error:
            self.wrong += str(error).splitlines()[-TOLD_MAX:]  # with all of the node's journal
        return not self.wrong

    def write(self, seconds):
        for writer in self.writers:
            writer.running.set()
        time.sleep(seconds)
        self.compacted += compactions(self.node.http_port)
        self.wrong += [line for writer in self.writers for line in writer.refused]

    def cut(self):
        self.disk.cut_power()
        self.node.kill()
        for writer in self.writers:
            writer.wait_until_idle()
            writer.refused.clear()  # by a node without a disk
        self.disk.restore_power()

    def end(self):
        for writer in self.writers:
            writer.ending = True
            writer.wait_until_idle()
        if self.node.process.poll() is None:
            self.node.kill()

    @property
    def acknowledged(self):
        return sum(writer.acknowledged for writer in self.writers)


def run(folder, rounds, seed, *options):
    """Returns the rounds, and what the disk has lost: numbers of contents and of names."""
    with LossyDisk(folder / "disk", seed, *options) as disk:
        done = Rounds(folder / "node", disk, seed)
        try:
            done.run(rounds)
        finally:
            done.end()
        return done, disk.lost()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    lies = parser.add_mutually_exclusive_group()
    for lie in ("--ignore-file-syncs", "--ignore-folder-syncs"):
        lies.add_argument(lie, dest="lie", action="store_const", const=[lie], default=[])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        try:
            done, lost = run(pathlib.Path(folder), arguments.rounds, arguments.seed, *arguments.lie)
        except CannotMount as error:
            sys.exit(f"no FUSE file system can be mounted here: {error}")
    print(f"{done.acknowledged} samples acknowledged; {done.compacted} compactions; the cuts changed {lost[0]} files' contents and "
          f"{lost[1]} names; {len(done.backups.made)} backups; {len(done.wrong)} wrong")
    for line in done.wrong:
        print(line)
    sys.exit(1 if done.wrong else 0)


if __name__ == "__main__":
    main()
