"""Makes openapi.json and schema.graphql.gz of GitHub's published schemas. README.md says how to run it."""

import gzip
import json
import re
import sys
from pathlib import Path

OPERATIONS = [
    ("get", "/repos/{owner}/{repo}/git/trees/{tree_sha}"),
    ("post", "/repos/{owner}/{repo}/git/trees"),
    ("post", "/repos/{owner}/{repo}/git/blobs"),
    ("get", "/repos/{owner}/{repo}/git/blobs/{file_sha}"),
    ("post", "/repos/{owner}/{repo}/git/commits"),
    ("post", "/repos/{owner}/{repo}/git/refs"),
    ("get", "/repos/{owner}/{repo}/git/ref/{ref}"),
    ("patch", "/repos/{owner}/{repo}/git/refs/{ref}"),
    ("put", "/repos/{owner}/{repo}/contents/{path}"),
    ("get", "/repos/{owner}/{repo}/installation"),
    ("post", "/app/installations/{installation_id}/access_tokens"),
]
# What says nothing about which JSON is right.
WORDS = {"description", "example", "examples", "title", "x-github", "externalDocs", "deprecated", "xml"}


def schema(of, named=False):
    """JSON Schema of OpenAPI 3.0's schema: `nullable` becomes a type."""
    if isinstance(of, list):
        return [schema(item) for item in of]
    if not isinstance(of, dict):
        return of
    if named:
        return {name: schema(item) for name, item in of.items()}
    kept = {}
    for key, value in of.items():
        if key in WORDS or key in ("nullable", "readOnly", "writeOnly"):
            continue
        kept[key] = schema(value, named=key in ("properties", "patternProperties"))
    if of.get("nullable"):
        if "enum" in kept and None not in kept["enum"]:
            kept["enum"] = [*kept["enum"], None]
        if isinstance(kept.get("type"), str):
            kept["type"] = [kept["type"], "null"]
        elif "type" not in kept:
            kept = {"anyOf": [kept, {"type": "null"}]}
    return kept


def json_of(content):
    for kind, media in (content or {}).items():
        if "json" in kind and "raw" not in kind and "html" not in kind and "object" not in kind:
            return schema(media["schema"])
    return None


def operation(method, path, of):
    parameters = [
        {"name": p["name"], "in": p["in"], "required": p.get("required", False), "schema": schema(p["schema"])}
        for p in of.get("parameters", [])
    ]
    body = of.get("requestBody")
    return {
        "method": method.upper(),
        "path": path,
        "parameters": parameters,
        "body": json_of(body["content"]) if body else None,
        "body_required": bool(body and body.get("required")),
        "answers": {status: json_of(answer.get("content")) for status, answer in of["responses"].items()},
    }


def once(text):
    """The schema without fields that a type has twice, which GitHub publishes now and then and the specification forbids."""
    kept, item, seen, is_block, left_out = [], [], set(), False, []
    in_text, name = False, None
    for line in text.splitlines(keepends=True):
        if not is_block:
            kept.append(line)
            if not in_text and re.match(r"(type|interface|input) .*\{$", line):
                is_block, seen, item = True, set(), []
            if line.startswith('"""') and line.count('"""') == 1:
                in_text = not in_text
            continue
        if line == "}\n":
            kept += [*item, line]
            is_block = False
            continue
        item.append(line)
        # A field ends with its type, on its own line or after its arguments.
        if line.startswith('  """') and line.count('"""') == 1:
            in_text = not in_text
            continue
        if in_text:
            continue
        started = re.match(r"  (\w+)[(:]", line)
        name = started.group(1) if started else name
        if not re.match(r"  (\w+:|\):)", line):
            continue
        if name in seen:
            left_out.append(name)
        else:
            kept += item
        seen.add(name)
        item = []
    return "".join(kept), left_out


def main():
    modules = Path(sys.argv[1])
    openapi = modules / "@octokit/openapi"
    graphql = modules / "@octokit/graphql-schema"
    whole = json.loads((openapi / "generated/api.github.com.deref.json").read_text())
    version = json.loads((openapi / "package.json").read_text())["version"]
    kept = {
        "source": f"@octokit/openapi {version}, generated/api.github.com.deref.json",
        "operations": [operation(method, path, whole["paths"][path][method]) for method, path in OPERATIONS],
    }
    here = Path(__file__).parent
    (here / "openapi.json").write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
    text, left_out = once((graphql / "schema.graphql").read_text())
    (here / "schema.graphql.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print("left out:", left_out)
    print("openapi", version, "graphql", json.loads((graphql / "package.json").read_text())["version"])


main()
