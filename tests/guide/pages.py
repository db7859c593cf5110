"""The pages of the guide, cut into the blocks that a reader copies and compares.

A page has ```sh blocks (commands), ```text blocks (what is seen) and others (files, pictures of the mind). The text block
that follows a block of commands is what the reader sees when he runs it. One that stands alone is a message of the
program; a comment above it, `<!-- said by: NAME -->`, names the function in test_messages.py that makes the program say it.
A comment above commands, `<!-- when: TEST -->`, says what a reader sees before he goes on.
In a text block `…` stands for what differs from run to run: within a line for any characters, alone for any lines.
"""
import dataclasses
import re

from artery_node import ROOT

GUIDE = ROOT / "docs/guide"
LANGUAGES = ("en", "zh")
READMES = {"en": ROOT / "README.md", "zh": ROOT / "README.zh.md"}


@dataclasses.dataclass
class Block:
    kind: str          # "sh", "text", ...
    words: tuple       # behind the kind: "fails" where a command must fail, "any-status" where it depends on the machine
    text: str
    line: int          # of its first line in the page
    said_by: str = ""  # of a text block
    when: str = ""     # of commands
    shown: "Block" = None  # of a block of commands: what is seen


def blocks_of(page):
    """All blocks of a page, a text block behind its commands as their `shown`."""
    found, said_by, when, inside = [], "", "", None
    before = None  # the block of commands which the next text block belongs to
    for number, line in enumerate(page.read_text().splitlines(), 1):
        fence = re.fullmatch(r"\s*```(.*)", line)
        if inside is not None:
            if not fence:
                inside.text += line + "\n"
                continue
            if inside.kind == "text" and before is not None and not inside.said_by:
                before.shown, before = inside, None
            else:
                found.append(inside)
                before = inside if inside.kind == "sh" else None
            inside = None
        elif fence:
            kind, *words = fence[1].split() or [""]
            inside = Block(kind, tuple(words), "", number + 1, said_by, when)
            said_by = when = ""
        elif mark := re.fullmatch(r"<!-- said by: (\w+) -->", line):
            said_by, before = mark[1], None
        elif mark := re.fullmatch(r"<!-- when: (.*) -->", line):
            when = mark[1]
        elif line.startswith("#"):
            before = None
    assert inside is None, f"{page}: the block that begins at line {inside.line - 1} does not end"
    return found


def expression(shown):
    """A text block as a regular expression."""
    lines = []
    for line in shown.strip("\n").split("\n"):
        if line.strip() == "…":
            lines.append("(?:[^\n]*\n)*?")
        else:
            lines.append("[^\n]*".join(re.escape(part) for part in line.rstrip().split("…")) + "\n")
    return re.compile("".join(lines))


def normal(text):
    """What was seen, without what a terminal does not show."""
    return "".join(line.rstrip() + "\n" for line in text.replace("\r", "").strip("\n").split("\n"))
