"""Backups on the page System: how they stand, the button, and a failure with its reason."""
import httpx
import pytest

WORDS = {"en": {"now": "Back up now", "last": "Last made", "next": "Next", "none": "This node is not backed up"},
         "zh": {"now": "立即备份", "last": "上次完成", "next": "下次", "none": "此节点没有备份"}}
TITLES = {"en": "Backups", "zh": "备份"}


def panel_of(page, lang):
    return page.get_by_role("region", name=TITLES[lang], exact=True)


def row(panel, label):
    return panel.locator("dl > div").filter(has_text=label).locator("dd")


@pytest.mark.parametrize("lang, scheme", [("en", "light"), ("zh", "dark")])
def test_the_button_makes_one_and_the_page_says_when_how_large_and_when_the_next_is_due(make_node, open_tab, tmp_path, lang, scheme):
    node = make_node("--set", f"backup.folder={tmp_path / 'backups'}", "--set", "backup.keep=2").start()
    assert httpx.post(f"{node.http_url}/write", content="press force=1 1").status_code == 204
    assert httpx.post(f"{node.http_url}/api/v1/backups").status_code == 201
    node.stop()
    node.options += ("--set", "backup.every=24h")  # the next one is due in a day
    node.start()
    tab = open_tab(node, lang=lang, scheme=scheme)
    panel = panel_of(tab.open("/system"), lang)
    for count in (1, 2):
        panel.get_by_role("button", name=WORDS[lang]["now"]).click()
        panel.get_by_role("button", name=WORDS[lang]["now"], disabled=False).wait_for()
        assert httpx.get(f"{node.http_url}/api/v1/status").json()["backup"]["made"] == count
        assert len(list((tmp_path / "backups").glob("*Z"))) == 2
    assert row(panel, WORDS[lang]["last"]).locator("time").count() == 1
    assert httpx.get(f"{node.http_url}/api/v1/status").json()["backups"]["next"] is not None
    assert row(panel, WORDS[lang]["next"]).inner_text().startswith("20")
    assert tab.serious() == [] and tab.complaints == [] and tab.outside == []
    panel.scroll_into_view_if_needed()
    tab.screenshot(f"backups-{lang}-{scheme}")


@pytest.mark.parametrize("lang, scheme", [("en", "dark"), ("zh", "light")])
def test_a_failure_is_shown_with_its_reason_and_among_the_troubles(make_node, open_tab, tmp_path, lang, scheme):
    (tmp_path / "file").write_text("no folder")
    node = make_node("--set", f"backup.folder={tmp_path / 'file'}").start()
    tab = open_tab(node, lang=lang, scheme=scheme)
    page = tab.open("/system")
    panel = panel_of(page, lang)
    panel.get_by_role("button", name=WORDS[lang]["now"]).click()
    panel.get_by_text(str(tmp_path / "file")).first.wait_for()
    page.locator("#troubles").locator("..").get_by_text("备份" if lang == "zh" else "Backups").first.wait_for()
    panel.scroll_into_view_if_needed()
    tab.screenshot(f"backups-failed-{lang}-{scheme}")
    failure = httpx.get(f"{node.http_url}/api/v1/status").json()["backups"]["failure"]
    assert str(tmp_path / "file") in failure["reason"]


def test_a_node_without_a_folder_says_how_to_give_it_one(make_node, open_tab):
    tab = open_tab(make_node().start())
    panel = panel_of(tab.open("/system"), "en")
    panel.get_by_text(WORDS["en"]["none"]).wait_for()
    assert panel.get_by_role("button").count() == 0
