"""The reference of commands and settings is what the program says, and every sentence of it is there in Chinese."""
import subprocess
import sys

from artery_node import PROGRAM, ROOT


def test_the_reference_is_what_the_program_says():
    checked = subprocess.run([sys.executable, ROOT / "tools/guide_reference", "--program", PROGRAM, "--check"],
                             capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
