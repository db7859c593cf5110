"""Names, types and service of signals and assets are changed where they are looked at; what is refused is said beside its field."""
import httpx
import pytest

ASSET = "acme/hall1/press7"
WORDS = {
    "en": {"change": "Change…", "one": "Change {}", "name": "Name", "rename": "Rename", "other": "Other names", "add": "Add",
           "type": "Type of new values", "set": "Set", "retire": "Retire", "recall": "Call back", "done": "Done", "close": "Close",
           "give up": "Give up the name {}", "retired": "Retired signals", "asset type": "Asset type", "slash": "has no “/”", "conflict": "in conflict"},
    "zh": {"change": "修改…", "one": "修改 {}", "name": "名称", "rename": "改名", "other": "其他名称", "add": "添加",
           "type": "新值的类型", "set": "设置", "retire": "停用", "recall": "恢复使用", "done": "已完成", "close": "关闭",
           "give up": "放弃名称 {}", "retired": "已停用的测点", "asset type": "资产类型", "slash": "不能有“/”", "conflict": "冲突"}}
LOOKS = [("en", "light", 1400, 900), ("zh", "dark", 1400, 900), ("en", "dark", 320, 640), ("zh", "light", 320, 640)]


@pytest.fixture
def plant(make_node):
    """A node with two signals of a press, written as its machine does it."""
    node = make_node().start()
    write(node, "force=1,oil=2i")
    return node


def write(node, fields, status=204):
    answer = httpx.post(f"{node.http_url}/write", content=f"acme,hall=hall1,machine=press7 {fields}")
    assert answer.status_code == status, answer.text


def signal(node, name):
    return httpx.get(f"{node.http_url}/api/v1/signals/{name}").raise_for_status().json()


def field(dialog, label):
    """(field, its form) by the field's label."""
    found = dialog.get_by_label(label, exact=True).and_(dialog.locator("input, select"))
    return found, found.locator("xpath=ancestor::form")


def save(dialog, label, value, button):
    """Puts a value in and asks for the change; returns the form."""
    found, form = field(dialog, label)
    if found.evaluate("element => element.localName") == "select":
        found.select_option(value)
    else:
        found.fill(value)
    form.get_by_role("button", name=button).click()
    return form


@pytest.mark.parametrize("lang,scheme,width,height", LOOKS)
def test_a_signal_is_renamed_retyped_given_other_names_and_retired(plant, open_tab, lang, scheme, width, height):
    words = WORDS[lang]
    tab = open_tab(plant, lang=lang, scheme=scheme, width=width, height=height)
    page = tab.open(f"/plant/{ASSET}")
    page.get_by_role("link", name=words["one"].format("force")).click()
    dialog = page.get_by_role("dialog")

    save(dialog, words["name"], "ram force", words["rename"]).get_by_text(words["done"]).wait_for()
    assert signal(plant, f"{ASSET}/force")["name"] == f"{ASSET}/ram force"
    save(dialog, words["other"], "F1", words["add"]).get_by_text(words["done"]).wait_for()
    assert signal(plant, f"{ASSET}/F1")["aliases"] == [f"{ASSET}/F1", f"{ASSET}/force"]
    dialog.get_by_role("button", name=words["give up"].format(f"{ASSET}/F1")).click()
    dialog.get_by_role("button", name=words["give up"].format(f"{ASSET}/F1")).wait_for(state="detached")
    assert signal(plant, f"{ASSET}/force")["aliases"] == [f"{ASSET}/force"]
    save(dialog, words["type"], "i64", words["set"]).get_by_text(words["done"]).wait_for()
    assert signal(plant, f"{ASSET}/force")["type"] == "i64"
    assert tab.serious() == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tab.screenshot(f"change-signal-{lang}-{scheme}-{width}")

    dialog.get_by_role("button", name=words["retire"]).click()
    dialog.get_by_role("button", name=words["recall"]).wait_for()
    assert signal(plant, f"{ASSET}/force")["retired"] is True
    write(plant, "force=3i", status=400)
    dialog.get_by_role("button", name=words["close"]).click()
    dialog.wait_for(state="detached")
    listed = page.get_by_role("region", name=words["retired"])
    listed.get_by_text("ram force").wait_for()
    assert page.get_by_role("row", name="ram force").count() == 0
    assert tab.serious() == []
    tab.screenshot(f"change-retired-{lang}-{scheme}-{width}")
    listed.get_by_role("link", name=words["one"].format("ram force")).click()
    dialog.get_by_role("button", name=words["recall"]).click()
    dialog.get_by_role("button", name=words["retire"]).wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("row", name="ram force").wait_for()
    write(plant, "force=3i")
    page.get_by_role("row", name="ram force").locator(".value").get_by_text("3", exact=True).wait_for()
    assert tab.complaints == [] and tab.outside == []


@pytest.mark.parametrize("lang,scheme,width,height", LOOKS)
def test_an_asset_is_renamed_with_all_below_it_and_its_old_address_leads_there(plant, open_tab, lang, scheme, width, height):
    words = WORDS[lang]
    tab = open_tab(plant, lang=lang, scheme=scheme, width=width, height=height)
    page = tab.open(f"/plant/{ASSET}")
    page.get_by_role("link", name=words["change"], exact=True).click()
    dialog = page.get_by_role("dialog")
    save(dialog, words["asset type"], "press", words["set"]).get_by_text(words["done"]).wait_for()
    save(dialog, words["other"], "line2/press", words["add"]).get_by_text(words["done"]).wait_for()
    tab.screenshot(f"change-asset-{lang}-{scheme}-{width}")
    assert tab.serious() == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    save(dialog, words["name"], "jena/press 7", words["rename"])
    page.get_by_role("heading", name="press 7", exact=True).wait_for()
    assert page.url.endswith("/plant/jena/press%207")
    asset = httpx.get(f"{plant.http_url}/api/v1/assets/{ASSET}").json()
    assert (asset["name"], asset["type"]) == ("jena/press 7", "press")
    assert asset["aliases"] == [ASSET, "line2/press"]
    write(plant, "force=7")
    page.get_by_role("row", name="force").locator(".value").get_by_text("7", exact=True).wait_for()
    tab.open(f"/plant/{ASSET}")
    page.get_by_role("heading", name="press 7", exact=True).wait_for()
    page.wait_for_url("**/plant/jena/press%207")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_is_refused_is_said_beside_its_field_and_what_was_typed_stays(plant, open_tab, lang):
    words = WORDS[lang]
    tab = open_tab(plant, lang=lang)
    page = tab.open(f"/plant/{ASSET}?change=force")
    dialog = page.get_by_role("dialog")
    for label, button in (("name", "rename"), ("other", "add")):
        form = save(dialog, words[label], "oil", words[button])
        said = form.get_by_role("alert").filter(has_text=f"leads to signal {ASSET}/oil already")
        said.get_by_text(words["conflict"]).wait_for()
        found, _ = field(dialog, words[label])
        assert found.input_value() == "oil" and found.get_attribute("aria-invalid") == "true"
        described = found.get_attribute("aria-describedby").split()
        assert any("leads to signal" in page.locator(f"[id='{one}']").inner_text() for one in described)
        tab.screenshot(f"change-refused-{label}-{lang}")
        found.fill("a/b")
        form.get_by_role("alert").get_by_text(words["slash"]).wait_for()
        assert form.get_by_role("button", name=words[button]).is_disabled()
    assert tab.serious() == []
    assert signal(plant, f"{ASSET}/force")["name"] == f"{ASSET}/force"
    assert "aliases" not in signal(plant, f"{ASSET}/force")


def test_what_is_typed_in_one_field_outlives_a_change_by_another(plant, open_tab):
    page = open_tab(plant).open(f"/plant/{ASSET}?change=force")
    dialog = page.get_by_role("dialog")
    name, _ = field(dialog, "Name")
    name.fill("not yet")
    kind, _ = field(dialog, "Type of new values")
    kind.select_option("bool")
    save(dialog, "Other names", "F1", "Add").get_by_text("Done").wait_for()
    assert name.input_value() == "not yet" and kind.input_value() == "bool"
    assert signal(plant, f"{ASSET}/force")["type"] == "f64"


def test_the_keyboard_is_enough_and_the_focus_comes_back(plant, open_tab):
    page = open_tab(plant).open(f"/plant/{ASSET}")
    link = page.get_by_role("link", name="Change force")
    link.focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    assert link.evaluate("element => element === document.activeElement")
    page.keyboard.press("Enter")
    found, form = field(page.get_by_role("dialog"), "Name")
    found.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("ram")
    page.keyboard.press("Enter")
    form.get_by_text("Done").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    page.get_by_role("row", name="ram").wait_for()
    assert signal(plant, f"{ASSET}/ram")["aliases"] == [f"{ASSET}/force"]
