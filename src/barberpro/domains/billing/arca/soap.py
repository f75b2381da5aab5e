"""SOAP 1.1 envelopes of document/literal services, which ARCA's are: trees of text both ways, no numbers.

Amounts stay the text they are on the wire, for whoever reads them to make exact decimals of.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
Content = str | Mapping[str, "Content"] | Sequence["Content"]
"""Text, the children by name in their order (None is left out by the caller), or one element several times."""


class Malformed(ValueError):
    """The text is no SOAP envelope, or has a document type, which neither side of ARCA ever sends."""


class Fault(Exception):
    """A SOAP fault: `code` without its namespace prefix, and its words."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


class _NoDoctype(ET.TreeBuilder):
    """Entities are declared in a document type; without one there is nothing to expand."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise Malformed("A document type is not taken.")


def tree(text: bytes | str) -> ET.Element:
    """The root of an XML text. Raises Malformed."""
    parser = ET.XMLParser(target=_NoDoctype())  # noqa: S314 - a document type is refused above
    try:
        parser.feed(text)
        return parser.close()
    except (ET.ParseError, ValueError, LookupError) as error:
        raise Malformed(str(error)) from error


def envelope(namespace: str, name: str, content: Content, *, header: bytes = b"") -> bytes:
    """An envelope around one element of a namespace, all of whose descendants are of it too."""
    body = ET.Element(name, {"xmlns": namespace})
    _fill(body, content)
    return (
        b'<?xml version="1.0" encoding="utf-8"?>'
        b'<soap:Envelope xmlns:soap="' + ENVELOPE.encode() + b'">' + header + b"<soap:Body>"
        + ET.tostring(body, encoding="utf-8").split(b"?>", 1)[-1].lstrip()
        + b"</soap:Body></soap:Envelope>"
    )  # fmt: skip


def fault(code: str, text: str) -> bytes:
    """An envelope with a fault, its code as Axis writes it."""
    body = ET.Element("soap:Fault")
    ET.SubElement(body, "faultcode").text = f"ns1:{code}"
    ET.SubElement(body, "faultstring").text = text
    return (
        b'<soap:Envelope xmlns:soap="' + ENVELOPE.encode() + b'"><soap:Body>'
        + ET.tostring(body) + b"</soap:Body></soap:Envelope>"
    )  # fmt: skip


def opened(text: bytes) -> ET.Element:
    """The one element in the body of an envelope. Raises Malformed, or Fault where it is one."""
    body = tree(text).find(f"{{{ENVELOPE}}}Body")
    if body is None or len(body) != 1:
        raise Malformed("There is no envelope with one element in its body.")
    [element] = body
    if element.tag == f"{{{ENVELOPE}}}Fault":
        code = (element.findtext("faultcode") or "").rpartition(":")[2]
        raise Fault(code, element.findtext("faultstring") or "")
    return element


def child(element: ET.Element, *names: str) -> ET.Element | None:
    """The first descendant down a path of local names."""
    for name in names:
        found = next(children(element, name), None)
        if found is None:
            return None
        element = found
    return element


def children(element: ET.Element, name: str) -> Iterator[ET.Element]:
    """The children of a local name, whatever their namespace."""
    return (each for each in element if each.tag.rpartition("}")[2] == name)


def text_of(element: ET.Element, *names: str) -> str:
    """The stripped text down a path, empty where there is none."""
    found = child(element, *names)
    return "" if found is None else (found.text or "").strip()


def _fill(element: ET.Element, content: Content) -> None:
    if isinstance(content, str):
        element.text = content
        return
    if not isinstance(content, Mapping):
        raise TypeError("A list stands under a name")
    for name, value in content.items():
        many = [value] if isinstance(value, (str, Mapping)) else value
        for each in many:
            _fill(ET.SubElement(element, name), each)
