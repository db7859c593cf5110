"""The console as it goes over the wire; tests/web looks at it in a browser."""
import gzip
import re

import httpx
import pytest

PAGES = ["/", "/plant", "/plant/acme/press7", "/plant/50%25/%E6%B8%A9%E5%BA%A6", "/trend?s=a/b&range=1h", "/data-in", "/system"]


@pytest.fixture
def http(node):
    with httpx.Client(base_url=node.http_url, headers={"Accept-Encoding": "identity"}) as client:
        yield client


def test_every_page_is_the_same_document(http):
    documents = {http.get(page).raise_for_status().text for page in PAGES}
    assert len(documents) == 1
    assert '<div id="app">' in documents.pop()


def test_head_is_answered_as_get_without_a_body(http):
    got, head = http.get("/plant"), http.head("/plant")
    assert head.status_code == 200 and head.content == b""
    assert head.headers["etag"] == got.headers["etag"]
    assert head.headers["content-length"] == got.headers["content-length"]


def test_what_is_neither_page_nor_file_is_not_found(http):
    for path in ("/static/none-1.js", "/static/", "/plants", "/index.html", "/favicon.ico", "/api/v1/none"):
        assert http.get(path).status_code == 404, path


def test_its_files_come_compressed_once_and_stay_in_the_clients_cache(http):
    script = re.search(r'src="(/static/[^"]+\.js)"', http.get("/").text)[1]
    plain = http.get(script)
    assert plain.headers["content-type"].startswith("text/javascript")
    assert "immutable" in plain.headers["cache-control"]
    assert "content-encoding" not in plain.headers
    for coding in ("gzip", "br"):
        with http.stream("GET", script, headers={"Accept-Encoding": coding}) as answer:
            packed = b"".join(answer.iter_raw())
        assert answer.headers["content-encoding"] == coding
        assert answer.headers.get_list("vary") == ["Accept-Encoding"]
        assert len(packed) < len(plain.content) / 2
        if coding == "gzip":
            assert gzip.decompress(packed) == plain.content
    again = http.get(script, headers={"If-None-Match": plain.headers["etag"]})
    assert again.status_code == 304 and again.content == b""


def test_no_address_is_answered_without_a_policy(http):
    for page in PAGES:
        assert "default-src 'none'" in http.get(page).headers["content-security-policy"]
