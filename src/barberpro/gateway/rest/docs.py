"""The page at `/docs`: the OpenAPI description, for people. HTML of ours without scripts, made once at the start."""

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from typing import Any

STYLE = (files("barberpro.gateway.rest") / "docs.css").read_text("utf-8")
POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
)
Told = Mapping[str, Any]


def page(told: Told) -> str:
    """The whole page over this OpenAPI description."""
    info, parts = told["info"], [_contents(told)]
    for tag in told["tags"]:
        parts.append(f"<h2 id='{_id(tag['name'])}'>{escape(tag['name'])}</h2>")
        for path, methods in told["paths"].items():
            parts += [
                _operation(path, m, o) for m, o in methods.items() if tag["name"] in o["tags"]
            ]
    parts.append(_named(told["components"]["schemas"]))
    parts.append(_ways(told["components"]["securitySchemes"]))
    parts.append(_problems(told["x-problems"]))
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escape(info['title'])} REST</title><style>{STYLE}</style></head><body><main>"
        f"<h1>{escape(info['title'])} REST</h1><p>{_text(info['description'])}</p>"
        "<p>For programs: <a href='/openapi.json'>openapi.json</a>, OpenAPI 3.1.</p>"
        f"{''.join(parts)}</main></body></html>"
    )


def _contents(told: Told) -> str:
    rows = [
        f"<tr><td><code>{method.upper()}</code></td>"
        f"<td><a href='#{o['operationId']}'><code>{escape(path)}</code></a></td>"
        f"<td>{_text(o['summary'])}</td></tr>"
        for path, methods in told["paths"].items()
        for method, o in methods.items()
    ]
    return f"<nav aria-label='Routes'>{_table(('Method', 'Path', 'What it does'), rows)}</nav>"


def _operation(path: str, method: str, told: Told) -> str:
    scopes = next(iter(told["security"][0].values()))
    needs = " ".join(f"<code>{escape(scope)}</code>" for scope in scopes) or "any valid token"
    parts = [
        f"<section id='{told['operationId']}'><h3><code>{method.upper()} {escape(path)}</code></h3>",
        f"<p>{_text(told['description'])}</p><p>Scopes: {needs}</p>",
    ]
    rows = [
        _row(p["name"], p["in"], p["schema"], p.get("description", ""), p["required"])
        for p in told.get("parameters", ())
    ]
    if "requestBody" in told:
        shape = told["requestBody"]["content"]["application/json"]["schema"]
        rows += [
            _row(name, "body", each, each.get("description", ""), name in shape["required"])
            for name, each in shape["properties"].items()
        ]
    if rows:
        parts.append(_table(("Name", "In", "Type", "What it is"), rows))
    rows = []
    for status, answer in told["responses"].items():
        shown = answer.get("content", {}).get("application/json")
        fields = f"<ul>{''.join(_fields(shown['schema']))}</ul>" if shown else ""
        words = _text(answer["description"])
        rows.append(f"<tr><td><code>{status}</code></td><td>{words}{fields}</td></tr>")
    parts.append(_table(("Status", "Answer"), rows))
    return "".join(parts) + "</section>"


def _row(name: str, place: str, shape: Told, words: str, is_required: bool) -> str:
    needed = " <strong>needed</strong>" if is_required else ""
    default = (
        f" Without it <code>{escape(str(shape['default']))}</code>." if "default" in shape else ""
    )
    return (
        f"<tr><td><code>{escape(name)}</code>{needed}</td><td>{place}</td>"
        f"<td>{_type(shape)}</td><td>{_text(words)}{default}</td></tr>"
    )


def _fields(shape: Told) -> list[str]:
    """A line for each member of an object, with its own members below it."""
    held = next((s for s in shape.get("anyOf", ()) if s.get("type") != "null"), shape)
    held = held.get("items", held)
    return [
        f"<li><code>{escape(name)}</code> {_type(each)} {_text(each.get('description', ''))}"
        + (f"<ul>{''.join(below)}</ul>" if (below := _fields(each)) else "")
        + "</li>"
        for name, each in held.get("properties", {}).items()
    ]


def _type(shape: Told) -> str:
    if "$ref" in shape:
        name = shape["$ref"].rpartition("/")[2]
        return f"<a href='#type-{name}'>{name}</a>"
    if "anyOf" in shape:
        return " or ".join(_type(each) for each in shape["anyOf"])
    kind = shape.get("type", "any")
    words = " or ".join(kind) if isinstance(kind, list) else kind
    return f"{words} of {_type(shape['items'])}" if "items" in shape else words


def _named(shapes: Told) -> str:
    parts = ["<h2 id='types'>Types</h2>"]
    for name, shape in shapes.items():
        parts.append(
            f"<section id='type-{name}'><h3>{name}</h3><p>{_text(shape['description'])}</p>"
        )
        if "enum" in shape:
            lines = (f"<li>{_text(line[2:])}</li>" for line in shape["x-enum-descriptions"])
            parts.append(f"<ul>{''.join(lines)}</ul>")
        if fields := _fields(shape):
            parts.append(f"<ul>{''.join(fields)}</ul>")
        parts.append("</section>")
    return "".join(parts)


def _ways(schemes: Told) -> str:
    rows = [
        f"<tr><td>{name}</td><td>{_text(each['description'])}</td></tr>"
        for name, each in schemes.items()
    ]
    return f"<h2 id='ways-in'>Ways in</h2>{_table(('Way', 'How'), rows)}"


def _problems(codes: Told) -> str:
    lines = (f"<li id='problem-{code}'><code>{code}</code></li>" for code in codes)
    return f"<h2 id='problems'>Problem codes</h2><ul class='codes'>{''.join(lines)}</ul>"


def _table(heads: tuple[str, ...], rows: list[str]) -> str:
    head = "".join(f"<th scope='col'>{each}</th>" for each in heads)
    return f"<div><table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"


def _text(words: str) -> str:
    """Prose with `code` in it."""
    parts = escape(words).split("`")
    if len(parts) % 2 == 0:
        return "`".join(parts)
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(parts))


def _id(name: str) -> str:
    return "group-" + name.lower()
