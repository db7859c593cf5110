#!/usr/bin/env python3
"""kill -9 under load: crash_rounds.py [--rounds 30] [--seed 1] [--compacting]

Writers over HTTP (line protocol) and MQTT (paho, QoS 1) send samples that carry their source's time, each value once.
At a random moment the node is killed. After its restart a writer sends again what was not acknowledged. At the end every
acknowledged sample must be there with its value, in one revision, but those whose deletion was acknowledged, and nothing
that was not sent; of each topic the last retained message. With --compacting a node lives
for seconds, makes a segment a second and merges any two of them: kills meet checkpoints and compactions.
"""
import argparse
import pathlib
import random
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from artery_node import Node  # noqa: E402
from writers import COMPACTING, DeletingWriter, HttpWriter, MqttWriter, RetainedWriter, check, compactions  # noqa: E402


def run(folder, rounds, seed, compacting=False):
    chance = random.Random(seed)
    node = Node(folder, *(COMPACTING if compacting else ()))
    compacted = 0
    writers = [HttpWriter(0), DeletingWriter(1), MqttWriter(0), MqttWriter(1), RetainedWriter(0)]
    for writer in writers:
        writer.node = node
        writer.start()
    wrong = []
    for number in range(1, rounds + 1):
        node.start()
        if number % 10 == 0:
            wrong += check(node.http_port, writers)
        for writer in writers:
            writer.running.set()
        time.sleep(chance.uniform(0.05, 4 if compacting else 0.5))
        compacted += compactions(node.http_port)
        node.kill()
        for writer in writers:
            writer.wait_until_idle()
        if wrong:
            break
    node.start()
    wrong += check(node.http_port, writers)
    http_count = sum(writer.acknowledged for writer in writers if isinstance(writer, HttpWriter))
    mqtt_count = sum(writer.acknowledged for writer in writers if isinstance(writer, MqttWriter))
    print(f"{number} kills; acknowledged: {http_count} samples over HTTP, {mqtt_count} over MQTT; "
          f"{compacted} compactions; {len(wrong)} wrong")
    for writer in writers:
        writer.ending = True
    exit_code = node.stop()
    if exit_code != 0:
        wrong.append(f"the node ended with {exit_code}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--compacting", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wrong = run(folder, arguments.rounds, arguments.seed, arguments.compacting)
    for line in wrong:
        print(line)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
