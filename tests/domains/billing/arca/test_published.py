"""What the client sends and reads, held to ARCA's published descriptions and to recorded answers, where they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from barberpro.demo.arca.words import NEXT, RANGE, RECORDED
from barberpro.domains.billing.arca import reading
from barberpro.domains.billing.arca.port import Associated, Authorised, Known, Refused, Tribute
from barberpro.domains.billing.arca.soap import envelope, opened, tree
from barberpro.domains.billing.arca.wire import WSAA, WSFE

from .conftest import TODAY, B, receipt

WHERE = Path(__file__).parents[5] / "shared" / "arca"
pytestmark = pytest.mark.skipif(
    not (WHERE / "wsfe.wsdl").exists(),
    reason="ARCA's own descriptions are not beside this checkout",
)
XSD = "{http://www.w3.org/2001/XMLSchema}"


def sequence(types: dict[str, ET.Element], name: str) -> dict[str, str]:
    """The elements of a type in their order, those of what it extends first, with their types."""
    found: dict[str, str] = {}
    for base in types[name].iter(XSD + "extension"):
        found |= sequence(types, base.attrib["base"].removeprefix("tns:"))
    for each in types[name].iter(XSD + "element"):
        found[each.attrib["name"]] = each.attrib.get("type", "").removeprefix("tns:")
    return found


def check(types: dict[str, ET.Element], name: str, told: Any) -> None:
    order = sequence(types, name)
    assert list(told) == [each for each in order if each in told]
    for key, value in told.items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                check(types, order[key], each)


def test_a_receipt_has_the_names_and_the_order_of_the_published_description():
    root = tree((WHERE / "wsfe.wsdl").read_bytes())
    types = {each.get("name", ""): each for each in root.iter(XSD + "complexType")}
    full = receipt(
        associated=(Associated(B, 1, TODAY),), tributes=(Tribute(7, "IIBB", 100, 300, 3),)
    )
    check(types, "FECAERequest", reading.asked(full))
    assert root.attrib["targetNamespace"] == WSFE
    assert f'targetNamespace="{WSAA}"' in (WHERE / "wsaa.wsdl").read_text()


def recorded(operation: str) -> Iterator[tuple[dict[str, Any], ET.Element]]:
    """Each recorded answer to an operation: as data, and as the client gets it."""
    cases = json.loads((WHERE / "wsfev1_real_exchanges.json").read_text())["cases"]
    for case in cases:
        for each in case["exchange"]:
            result = (each.get("response") or {}).get(f"{operation}Result")
            if each["operation"] == operation and result:
                yield result, opened(envelope(WSFE, f"{operation}Result", result))


def test_recorded_authorisations_are_read():
    seen: set[type] = set()
    for said, result in recorded("FECAESolicitar"):
        read = reading.authorisation(result)
        seen.add(type(read))
        if isinstance(read, Authorised):
            detail = said["FeDetResp"]["FECAEDetResponse"]
            assert read.cae == detail["CAE"]
            assert reading.day(read.expires_on) == detail["CAEFchVto"]
    assert seen == {Authorised, Refused}


def test_recorded_receipts_are_read_and_have_exact_totals():
    totals: set[int] = set()
    for said, result in recorded("FECompConsultar"):
        if "ResultGet" in said and said["ResultGet"].get("EmisionTipo") == "CAE":
            known = reading.known(result)
            assert isinstance(known, Known)
            assert known.authorised.cae == said["ResultGet"]["CodAutorizacion"]
            totals.add(known.total)
    assert 12_200 in totals


def test_words_that_are_said_to_be_recorded_are():
    text = json.dumps(
        json.loads((WHERE / "wsfev1_real_exchanges.json").read_text()), ensure_ascii=False
    )
    assert all(each in text for each in (*RECORDED.values(), NEXT, RANGE))
