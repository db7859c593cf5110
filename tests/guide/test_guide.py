"""Whoever follows a page of the guide sees what the page shows."""
import pathlib
import re
import subprocess

import pytest
from artery_node import PROGRAM, ROOT
from pages import GUIDE, LANGUAGES, READMES, blocks_of, expression, normal
from terminal import Reader, wait_until

PAGES = [page for language in LANGUAGES for page in [READMES[language], *sorted((GUIDE / language).glob("*.md"))]]
NAMES = sorted(page.name for page in (GUIDE / "en").glob("*.md"))


@pytest.fixture
def reader(tmp_path):
    someone = Reader(tmp_path)
    yield someone
    someone.close()


@pytest.mark.parametrize("page", [page for page in PAGES if any(block.kind == "sh" for block in blocks_of(page))],
                         ids=lambda page: f"{page.parent.name}/{page.name}")
def test_every_command_of_a_page_works_and_shows_what_the_page_says(reader, trend, page):
    for block in blocks_of(page):
        if block.kind != "sh":
            continue
        if block.when:
            wait_until(lambda: reader.run(block.when)[1] == 0, f"{page}:{block.line}: {block.when}")
        seen, status = reader.run(block.text)
        place = f"{page}:{block.line}: status {status}\n$ {block.text}{seen}"
        if "any-status" not in block.words and (status != 0) != ("fails" in block.words):
            pytest.fail(place, pytrace=False)
        if block.shown and not expression(block.shown.text).fullmatch(normal(seen)):
            pytest.fail(f"{place}\nbut the page shows:\n{block.shown.text}", pytrace=False)
    for number, address in enumerate(re.findall(r"<(http://127.0.0.1:8080/trend\?[^>]*)>", page.read_text())):
        counts = trend(reader.as_here(address), page.parent.name, f"guide-{page.stem}-{page.parent.name}-{number}")
        assert len(counts) == address.count("s=") and all(re.search("[1-9]", count) for count in counts), (address, counts)


def test_both_languages_have_the_same_pages():
    assert NAMES == sorted(page.name for page in (GUIDE / "zh").glob("*.md")) != []


def without_comments(block):
    """The block without its comments, which are in the page's language."""
    text = re.sub(r"(^|\s+)# .*$", "", block.text, flags=re.MULTILINE)
    return [block.kind, block.words, block.said_by, text.strip(), without_comments(block.shown) if block.shown else None]


@pytest.mark.parametrize("name", ["README.md", *NAMES])
def test_both_languages_give_the_same_commands_and_show_the_same(name):
    pages = [READMES[language] if name == "README.md" else GUIDE / language / name for language in LANGUAGES]
    english, chinese = ([without_comments(block) for block in blocks_of(page)] for page in pages)
    assert english == chinese


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.name}")
def test_every_link_to_a_file_leads_somewhere(page):
    text = re.sub(r"^\s*```.*?^\s*```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (page.parent / target).exists(), f"{page}: {target}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["first-hour.md", "troubleshooting.md"])
def test_what_stands_in_italics_is_a_word_of_the_console_or_the_plant(language, name):
    words = "".join(file.read_text() for file in [*(ROOT / "web/src/i18n" / language).glob("*.ts"),
                                                  *(ROOT / "web/src/pages/trend").glob("*.svelte")])
    words += subprocess.run([pathlib.Path(PROGRAM).with_name("artery-plant"), "--catalogue"], capture_output=True, text=True,
                            check=True).stdout
    text = re.sub(r"^```.*?^```", "", (GUIDE / language / name).read_text(), flags=re.MULTILINE | re.DOTALL)
    labels = re.findall(r"(?<![*A-Za-z0-9])\*([^*\n]+)\*(?!\*)", text)
    assert labels and [label for label in labels if not re.search(rf"['\">]{re.escape(label)}['\"<]", words)] == []
