"""The document /api/v1/openapi.json is held against the running node: every path and parameter it names is asked for,
every answer has a status that it knows and the shape that it says."""
import asyncio
import json
import pathlib
import re

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from websockets.asyncio.client import connect

DOCUMENT = json.loads((pathlib.Path(__file__).resolve().parents[2] / "docs/api/openapi.json").read_text())
REGISTRY = Registry().with_resource("doc", Resource(contents=DOCUMENT, specification=DRAFT202012))
T = 1_700_000_000_000_000_000
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


def resolve(part):
    while "$ref" in part:
        target = DOCUMENT
        for step in part["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        part = target
    return part


def absolute(schema):
    """The schema with its references made to lead into the document, wherever the schema is looked at."""
    return json.loads(json.dumps(schema).replace('"$ref": "#/', '"$ref": "doc#/'))


def validate(schema, instance):
    errors = list(Draft202012Validator(absolute(schema), registry=REGISTRY).iter_errors(instance))
    assert not errors, "\n".join(f"{error.json_path}: {error.message}" for error in errors[:5])


def operations():
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                yield path, method, operation


def json_body(data):
    return {"content": json.dumps(data), "headers": {"Content-Type": "application/json", "X-Artery-Author": "Li Wei"}}


def text_body(text, media="text/plain"):
    return {"content": text, "headers": {"Content-Type": media}}


# One request for every (path, method, status) that a test can bring about: what is sent beside the path.
SIGNAL = {"name": "cpu/a/load"}
ASSET = {"name": "cpu/a"}
TOO_LONG = {"description": "x" * (2 << 20)}
AGGREGATES = [name for name in DOCUMENT["components"]["schemas"]["Interval"]["properties"] if name not in ("from", "to")]
CASES = [
    ("/api/v1/assets", "get", 200, {}, {"filter": "cpu/#", "contains": "a", "after": "", "limit": 5}, {}),
    ("/api/v1/assets", "get", 400, {}, {"limit": 0}, {}),
    ("/api/v1/assets/{name}", "get", 200, ASSET, {}, {}),
    ("/api/v1/assets/{name}", "get", 400, ASSET, {"x": 1}, {}),
    ("/api/v1/assets/{name}", "get", 404, {"name": "no/where"}, {}, {}),
    ("/api/v1/assets/{name}", "patch", 200, ASSET, {}, json_body({"properties": {"rack": "7"}, "description": "d",
                                                                "display_names": {"zh": "机"}, "data_class": "core"})),
    ("/api/v1/assets/{name}", "patch", 400, ASSET, {}, json_body({"colour": "red"})),
    ("/api/v1/assets/{name}", "patch", 404, {"name": "no/where"}, {}, json_body({})),
    ("/api/v1/assets/{name}", "patch", 200, ASSET, {}, json_body({"aliases": ["cpu/was"]})),
    ("/api/v1/assets/{name}", "patch", 409, ASSET, {}, json_body({"new_name": "cpu/a/b"})),
    ("/api/v1/assets/{name}", "patch", 415, ASSET, {}, text_body("{}")),
    ("/api/v1/assets/{name}", "patch", 413, ASSET, {}, json_body(TOO_LONG)),
    ("/api/v1/assets/{name}", "put", 415, ASSET, {}, text_body("{}")),
    ("/api/v1/assets/{name}", "put", 201, {"name": "acme/new"}, {}, json_body({"type": "pump"})),
    ("/api/v1/assets/{name}", "put", 200, {"name": "acme/new"}, {}, json_body({"type": "pump"})),
    ("/api/v1/assets/{name}", "put", 400, {"name": "acme//new"}, {}, json_body({})),
    ("/api/v1/assets/{name}", "put", 413, ASSET, {}, json_body(TOO_LONG)),
    ("/api/v1/signals", "get", 200, {}, {"filter": "cpu/#", "contains": "a", "after": "", "limit": 5, "retired": "true"}, {}),
    ("/api/v1/signals", "get", 400, {}, {"limit": 0}, {}),
    ("/api/v1/signals/{name}", "get", 200, SIGNAL, {}, {}),
    ("/api/v1/signals/{name}", "get", 400, SIGNAL, {"x": 1}, {}),
    ("/api/v1/signals/{name}", "get", 404, {"name": "no/where"}, {}, {}),
    ("/api/v1/signals/{name}", "patch", 200, SIGNAL, {}, json_body({"unit": "%", "low": 0, "high": 100, "stepped": False})),
    ("/api/v1/signals/{name}", "patch", 400, SIGNAL, {}, json_body({"low": 2, "high": 1})),
    ("/api/v1/signals/{name}", "patch", 404, {"name": "no/where"}, {}, json_body({})),
    ("/api/v1/signals/{name}", "patch", 409, SIGNAL, {}, json_body({"new_name": "cpu/a/state"})),
    ("/api/v1/signals/{name}", "patch", 200, SIGNAL, {}, json_body({"new_name": "cpu/a/busy"})),
    ("/api/v1/signals/{name}", "patch", 200, SIGNAL, {}, json_body({"new_name": "cpu/a/load", "aliases": ["cpu/a/was"]})),
    ("/api/v1/signals/{name}", "patch", 200, SIGNAL, {}, json_body({"retired": True})),
    ("/api/v1/signals/{name}", "patch", 200, SIGNAL, {}, json_body({"retired": False})),
    ("/api/v1/signals/{name}", "patch", 413, SIGNAL, {}, json_body(TOO_LONG)),
    ("/api/v1/signals/{name}", "patch", 415, SIGNAL, {}, text_body("{}")),
    ("/api/v1/signals/{name}", "put", 400, SIGNAL, {}, json_body({"unit": "not a unit!"})),
    ("/api/v1/signals/{name}", "put", 413, SIGNAL, {}, json_body(TOO_LONG)),
    ("/api/v1/signals/{name}", "put", 415, SIGNAL, {}, text_body("{}")),
    ("/api/v1/signals/{name}", "put", 201, {"name": "acme/new/flow"}, {}, json_body({"type": "i64", "unit": "L/min"})),
    ("/api/v1/signals/{name}", "put", 200, {"name": "acme/new/flow"}, {}, json_body({"type": "i64"})),
    ("/api/v1/signals/{name}", "put", 404, {"name": "acme/new/other"}, {}, json_body({"unit": "m"})),
    ("/api/v1/catalogue", "get", 200, {}, {"format": "json", "filter": "#", "contains": "cpu"}, {}),
    ("/api/v1/catalogue", "get", 200, {}, {"format": "csv"}, {}),
    ("/api/v1/catalogue", "get", 400, {}, {"format": "xml"}, {}),
    ("/api/v1/catalogue", "post", 200, {}, {}, json_body({"signals": [{"name": "i/j", "type": "bool"}, {"name": "i/k"}]})),
    ("/api/v1/catalogue", "post", 200, {}, {"known": "keep"}, json_body({"signals": [{"name": "i/j", "type": "f64"}]})),
    ("/api/v1/catalogue", "post", 400, {}, {}, json_body([])),
    ("/api/v1/catalogue", "post", 413, {}, {}, text_body("x" * (65 << 20), "text/csv")),
    ("/api/v1/catalogue", "post", 415, {}, {}, text_body("x")),
    ("/api/v1/last", "get", 200, {}, {"signal": ["cpu/a/load", "cpu/a/state", "acme/new/flow"]}, {}),
    ("/api/v1/last", "get", 400, {}, {}, {}),
    ("/api/v1/last", "get", 404, {}, {"signal": "no/where"}, {}),
    ("/api/v1/raw", "get", 200, {}, {"signal": "cpu/a/load", "from": T, "to": "2040-01-01T00:00:00Z", "limit": 2,
                                     "revisions": "true", "arrivals": "true", "as_of": "2040-01-01T00:00:00Z"}, {}),
    ("/api/v1/raw", "get", 200, {}, {"signal": "cpu/a/load", "after": f"{T}.1"}, {}),
    ("/api/v1/raw", "get", 400, {}, {"signal": "cpu/a/load", "limit": 100001}, {}),
    ("/api/v1/raw", "get", 404, {}, {"signal": "no/where"}, {}),
    ("/api/v1/raw", "post", 204, {}, {}, text_body(json.dumps({"signal": "w/x", "type": "f64", "samples": [[T, 1]]}))),
    ("/api/v1/raw", "post", 400, {}, {}, text_body('{"signal":"w/x","type":"f64","samples":[["x",1]]}')),
    ("/api/v1/raw", "post", 413, {}, {}, text_body("#" * (33 << 20))),
    ("/api/v1/raw", "delete", 200, {}, {"signal": ["cpu/a/load", "cpu/a/big"], "from": T + 3, "to": T + 5},
     {"headers": {"X-Artery-Author": "Li Wei"}}),
    ("/api/v1/raw", "delete", 400, {}, {"signal": "cpu/a/load", "from": T}, {}),
    ("/api/v1/raw", "delete", 404, {}, {"signal": ["cpu/a/load", "no/where"], "from": T, "to": T + 1}, {}),
    ("/api/v1/export", "get", 200, {}, {"filter": ["cpu/#", "w/x"], "from": T, "to": T + 100}, {}),
    ("/api/v1/export", "get", 200, {}, {"filter": "#", "format": "csv"}, {}),
    ("/api/v1/export", "get", 400, {}, {"filter": "#", "from": T, "to": T}, {}),
    ("/api/v1/export", "get", 404, {}, {"filter": "no/where"}, {}),
    ("/api/v1/plot", "get", 200, {}, {"signal": "cpu/a/load", "from": T, "to": T + 100, "width": 10, "as_of": T * 2}, {}),
    ("/api/v1/plot", "get", 400, {}, {"signal": "cpu/a/state", "from": T, "to": T + 100}, {}),
    ("/api/v1/plot", "get", 404, {}, {"signal": "no/where", "from": T, "to": T + 100}, {}),
    ("/api/v1/aggregate", "get", 200, {}, {"signal": ["cpu/a/load", "acme/new/flow"], "aggregate": AGGREGATES, "from": T - 100,
                                           "to": T + 100, "step": 30, "origin": T, "line": "stepped",
                                           "uncertain_is_bad": "true", "as_of": T * 2}, {}),
    ("/api/v1/aggregate", "get", 200, {}, {"signal": "cpu/a/state", "aggregate": ["count", "first_time"], "from": T - 100,
                                           "to": T + 100}, {}),
    ("/api/v1/aggregate", "get", 400, {}, {"signal": "cpu/a/state", "aggregate": "mean", "from": T, "to": T + 100}, {}),
    ("/api/v1/aggregate", "get", 404, {}, {"signal": "no/where", "aggregate": "mean", "from": T, "to": T + 100}, {}),
    ("/api/v1/states", "get", 200, {}, {"signal": ["cpu/a/state", "cpu/a/load"], "from": T - 100, "to": T + 100, "step": 30,
                                        "origin": T, "uncertain_is_bad": "true", "as_of": T * 2}, {}),
    ("/api/v1/states", "get", 400, {}, {"signal": "cpu/a/state", "from": T, "to": T}, {}),
    ("/api/v1/states", "get", 404, {}, {"signal": "no/where", "from": T, "to": T + 100}, {}),
    ("/api/v1/at", "get", 200, {}, {"signal": ["cpu/a/load", "cpu/a/state"], "time": [T - 5, T, T + 5], "line": "stepped",
                                    "uncertain_is_bad": "false", "as_of": T * 2}, {}),
    ("/api/v1/at", "get", 200, {}, {"signal": "cpu/a/load", "from": T - 5, "to": T + 50, "step": "7"}, {}),
    ("/api/v1/at", "get", 400, {}, {"signal": "cpu/a/load"}, {}),
    ("/api/v1/at", "get", 404, {}, {"signal": "no/where", "time": T}, {}),
    ("/api/v1/live", "get", 403, {}, {}, {"headers": {"Origin": "https://evil.example"}}),
    ("/api/v1/clients", "get", 200, {}, {"source": "http", "contains": "HTTPX", "after": "", "limit": 10}, {}),
    ("/api/v1/clients", "get", 400, {}, {"source": "ftp"}, {}),
    ("/api/v1/backups", "post", 201, {}, {}, {}),
    ("/api/v1/backups", "post", 400, {}, {"folder": "/"}, {}),
    ("/api/v1/backups", "post", 409, {}, {}, {}),
    ("/api/v1/backups", "get", 200, {}, {}, {}),
    ("/api/v1/backups", "get", 400, {}, {"limit": 1}, {}),
    ("/api/v1/backups", "get", 409, {}, {}, {}),
    ("/api/v1/rejections", "get", 200, {}, {"limit": 10}, {}),
    ("/api/v1/rejections", "get", 400, {}, {"limit": 0}, {}),
    ("/api/v1/status", "get", 200, {}, {}, {}),
    ("/api/v1/openapi.json", "get", 200, {}, {}, {}),
    ("/health", "get", 200, {}, {}, {}),
    ("/ready", "get", 200, {}, {}, {}),
    ("/metrics", "get", 200, {}, {}, {}),
    ("/write", "post", 204, {}, {"db": "x", "precision": "ns"}, text_body(f"m v=1 {T}")),
    ("/write", "post", 400, {}, {}, text_body("m v=")),
    ("/write", "post", 413, {}, {}, text_body("#" * (33 << 20))),
    ("/api/v2/write", "post", 204, {}, {"bucket": "x", "org": "y", "precision": "ns"}, text_body(f"m v=1 {T}")),
    ("/api/v2/write", "post", 400, {}, {}, text_body("m v=")),
    ("/api/v2/write", "post", 413, {}, {}, text_body("#" * (33 << 20))),
    ("/ping", "get", 204, {}, {}, {}),
    ("/query", "get", 200, {}, {"q": "SHOW DATABASES"}, {}),
    ("/query", "get", 400, {}, {"q": "DROP SERIES"}, {}),
    ("/query", "post", 200, {}, {"q": "CREATE DATABASE x"}, {}),
    ("/query", "post", 400, {}, {"q": "DROP SERIES"}, {}),
]
# Statuses that need a full disk, an overload or damage: tested where those are simulated.
NOT_BROUGHT_ABOUT = {"500", "503", "507"}


def test_the_document_is_the_one_that_the_node_serves(client):
    assert client.get("/api/v1/openapi.json").json() == DOCUMENT


def test_its_schemas_are_schemas_and_all_references_lead_somewhere():
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(DOCUMENT)):
        resolve({"$ref": reference})


def test_every_operation_and_parameter_is_exercised():
    """So that a new endpoint comes with a case here."""
    for path, method, operation in operations():
        cases = [case for case in CASES if case[:2] == (path, method)]
        assert cases, f"no case for {method} {path}"
        for parameter in map(resolve, operation.get("parameters", [])):
            name = parameter["name"]
            used = {"path": lambda case: name in case[3], "query": lambda case: name in case[4],
                    "header": lambda case: name in case[5].get("headers", {})}[parameter["in"]]
            assert any(map(used, cases)), f"{method} {path}: no case has `{name}`"


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """The answer to each case, of one node; where there must be no folder for backups, of another one."""
    import httpx
    from artery_node import Node

    folder = tmp_path_factory.mktemp("openapi")
    node = Node(folder / "node", "--set", f"backup.folder={folder / 'backups'}").start()
    bare = Node(folder / "bare").start()
    with httpx.Client(base_url=node.http_url, timeout=30) as client:
        client.post("/write", content="\n".join(
            [f'cpu,host=a load={i}.5,state="on",big=9007199254740993i {T + i}' for i in range(20)] + ["bad line v"]))
        got = []
        for path, method, status, in_path, query, extra in CASES:
            url = path.format(**in_path)
            if (path, status) == ("/api/v1/backups", 409):
                url = bare.http_url + url
            got.append(client.request(method.upper(), url, params=query, **extra))
    yield got
    node.stop_at_end()
    bare.stop_at_end()


@pytest.mark.parametrize("number", range(len(CASES)),
                         ids=[f"{method} {path} {status} {i}" for i, (path, method, status, *_) in enumerate(CASES)])
def test_an_answer_has_the_status_and_shape_that_is_documented(answers, number):
    path, method, status, *_ = CASES[number]
    answer = answers[number]
    assert answer.status_code == status, answer.text[:500]
    documented = resolve(DOCUMENT["paths"][path][method]["responses"][str(status)])
    media = answer.headers.get("Content-Type", "").partition(";")[0]
    content = documented.get("content", {})
    assert (media in content) if content else answer.content == b"", f"{media} is not documented"
    if media.endswith("ndjson"):
        for line in answer.text.splitlines():
            validate(content[media]["schema"], json.loads(line))
    elif media.endswith("json"):
        validate(content[media]["schema"], answer.json())


def test_every_documented_status_is_brought_about():
    brought = {(path, method, str(status)) for path, method, status, *_ in CASES}
    missing = []
    for path, method, operation in operations():
        for status in operation["responses"]:
            if status in NOT_BROUGHT_ABOUT or (path, method, status) in brought or path == "/api/v1/live":
                continue
            missing.append((path, method, status))
    assert missing == []


def test_live_messages_have_their_documented_shape(node, write):
    message = DOCUMENT["components"]["schemas"]["LiveMessage"]
    request = DOCUMENT["components"]["schemas"]["LiveRequest"]
    write(f'm v=1,big=9007199254740993i,t="x",b=t {T}')

    async def session():
        async with connect(f"{node.ws_url}/api/v1/live") as socket:
            for wish in ({"op": "subscribe", "id": "a", "signals": ["#"], "every": "sample", "interval_ms": 100},
                         {"op": "unsubscribe", "id": "a"}, {"op": "unsubscribe", "id": "a"}):
                validate(request, wish)
                await socket.send(json.dumps(wish))
            kinds = set()
            while "error" not in kinds:
                got = json.loads(await asyncio.wait_for(socket.recv(), 10))
                validate(message, got)
                kinds.add(got["op"])
            assert {"subscribed", "unsubscribed", "error"} <= kinds

    asyncio.run(session())
