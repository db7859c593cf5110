"""A node as a child process, for tests."""
import json
import os
import pathlib
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("ARTERY_PROGRAM", str(ROOT / "build/release/artery"))
START_S_MAX = 60


class Node:
    """`artery run` on a folder of its own, on ports that are free."""

    def __init__(self, folder, *options):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data = self.folder / "data"
        self.ready_file = self.folder / "ready.json"
        self.options = options
        self.process = None
        self.ports = {}

    def start(self, http_port=0):
        """Starts it and returns when its ready file says that it answers; on the port given, else on a free one."""
        self.launch(http_port)
        ready = self.ready_file
        deadline = time.monotonic() + START_S_MAX
        while not ready.exists():
            assert self.process.poll() is None, f"the node ended with {self.process.returncode}: {self.journal()}"
            assert time.monotonic() < deadline, f"the node is not ready after {START_S_MAX} s: {self.journal()}"
            time.sleep(0.002)
        said = json.loads(ready.read_text())
        self.ports = {name: int(said[name].rpartition(":")[2]) for name in ("http", "mqtt")}
        return self

    def launch(self, http_port=0):
        """Starts it and does not wait for it."""
        self.ready_file.unlink(missing_ok=True)
        mqtt_port = [] if "--mqtt-port" in self.options else ["--mqtt-port", "0"]
        with open(self.folder / "journal", "ab") as journal:
            self.process = subprocess.Popen(
                [PROGRAM, "run", "--data", self.data, "--http-port", str(http_port), *mqtt_port, "--ready-file",
                 self.ready_file, *self.options], stderr=journal, stdin=subprocess.DEVNULL)

    def journal(self):
        """Everything that it has told so far."""
        return (self.folder / "journal").read_text()

    @property
    def http_port(self):
        return self.ports["http"]

    @property
    def mqtt_port(self):
        return self.ports["mqtt"]

    @property
    def http_url(self):
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def ws_url(self):
        return f"ws://127.0.0.1:{self.http_port}"

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGINT, as Ctrl-C sends it; returns the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)

    def restart(self):
        """kill -9 and a new start on the same folder."""
        self.kill()
        return self.start()

    def stop_at_end(self):
        if self.process is not None and self.process.poll() is None:
            assert self.stop() == 0, self.journal()
