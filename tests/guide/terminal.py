"""A reader's terminals: shells in a folder that looks like a checkout, with a node that listens on free ports.

The guides say 8080 and 1883, where a node listens by itself. A test cannot take these, so both numbers are replaced in
the commands, and put back in what is seen; mosquitto's clients learn the port from their own file of defaults. `make run`
installs and builds first; here it stands for what it does then. Nothing else is changed.
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

from artery_node import PROGRAM, ROOT

WAIT_S_MAX = 120
PORTS = {"http": "8080", "mqtt": "1883"}
STARTS = {
    "make run": [sys.executable, ROOT / "tools/node_and_plant", "--build", "build/release", "--data", "var/data"],
    **{f"build/release/artery run --data {data} --set backup.folder=var/backups":
       [PROGRAM, "run", "--data", data, "--set", "backup.folder=var/backups", "--ready-file", "var/data.ready.json"]
       for data in ("var/data", "var/restored")},
    "make run PLANT=no": [PROGRAM, "run", "--data", "var/data", "--ready-file", "var/data.ready.json"],
}
LAST_WORDS = {"make run": "Ctrl-C stops it and the node"}  # that it says when all is running


def wait_until(condition, what):
    deadline = time.monotonic() + WAIT_S_MAX
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {WAIT_S_MAX} s: {what}"
        time.sleep(0.01)
    return found


class Shell:
    """A bash that lives as long as its page, so that variables and jobs do."""

    def __init__(self, folder, environment, name):
        self.folder, self.name = folder, name
        self.output = folder / f".{name}.output"
        self.output.touch()
        with open(self.output, "ab") as output:
            self.bash = subprocess.Popen(["/bin/bash", "--noprofile", "--norc"], stdin=subprocess.PIPE, stdout=output,
                                         stderr=output, cwd=folder, env=environment, text=True, start_new_session=True)
        self.tell("set -E -o pipefail; trap 'failed=$?' ERR")

    def tell(self, line):
        self.bash.stdin.write(line + "\n")
        self.bash.stdin.flush()

    def run(self, commands):
        """What was seen, and the status of the last command that failed (0: none)."""
        script = self.folder / f".{self.name}.sh"
        script.write_text(commands)
        begin = self.output.stat().st_size
        self.tell(f"failed=0; . ./{script.name} < /dev/null; printf '\\n[end %d]\\n' \"$failed\"")

        def end():
            assert self.bash.poll() is None, f"the shell ended: {self.seen(begin)}"
            return re.search(r"\n\[end (\d+)\]\n\Z", self.seen(begin))

        found = wait_until(end, commands)
        return self.seen(begin)[:found.start()], int(found[1])

    def seen(self, begin=0):
        with open(self.output, encoding="utf-8", errors="replace", newline="") as output:
            output.seek(begin)
            return output.read()

    def close(self):
        os.killpg(self.bash.pid, signal.SIGKILL)
        self.bash.wait()


class Reader:
    """Someone who follows one page from its beginning to its end."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "build").mkdir()
        (folder / "build/release").symlink_to(pathlib.Path(PROGRAM).parent)
        (folder / "tests").symlink_to(ROOT / "tests")
        (folder / ".config").mkdir()
        (folder / ".curlrc").write_text("no-progress-meter\n")  # as on a terminal
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", "TERM": "dumb"}
        self.ports = {}
        self.node = None
        self.starts = 0
        self.shell = Shell(folder, self.environment, "shell")

    def start(self, words):
        """`make run`: returns what is seen when all is running."""
        if self.node is not None:
            self.node.wait(timeout=WAIT_S_MAX)
        self.starts += 1
        words_of_node = self.folder / f".node.{self.starts}.output"
        ready = self.folder / "var/data.ready.json"
        ready.parent.mkdir(exist_ok=True)
        ready.unlink(missing_ok=True)
        with open(words_of_node, "ab") as output:
            self.node = subprocess.Popen(
                [*STARTS[words], *(f"--{name}-port={self.ports.get(name, 0)}" for name in PORTS)], stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, cwd=self.folder, env=self.environment)

        def is_complete():
            assert self.node.poll() is None, words_of_node.read_text()
            return ready.exists() and LAST_WORDS.get(words, "") in words_of_node.read_text()

        wait_until(is_complete, f"{words}: the node answers")
        said = json.loads(ready.read_text())
        self.ports = {name: said[name].rpartition(":")[2] for name in PORTS}
        (self.folder / ".config/mosquitto_pub").write_text(f"-p {self.ports['mqtt']}\n")
        return self.as_in_the_guide(words_of_node.read_text()), 0

    def run(self, commands):
        """What is seen, and the status of the last command that failed."""
        if commands.strip() in STARTS:
            return self.start(commands.strip())
        seen, status = self.shell.run(self.as_here(commands))
        return self.as_in_the_guide(seen), status

    def as_here(self, text):
        for name, port in self.ports.items():
            text = re.sub(rf"\b{PORTS[name]}\b", port, text)
        return text

    def as_in_the_guide(self, seen):
        for name, port in self.ports.items():
            seen = re.sub(rf"\b{port}\b", PORTS[name], seen)
        return seen

    def close(self):
        self.shell.close()
        if self.node is not None and self.node.poll() is None:
            self.node.send_signal(signal.SIGINT)
            self.node.wait(timeout=WAIT_S_MAX)
