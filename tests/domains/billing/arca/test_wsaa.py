"""Attacks on the ticket service: each is refused with WSAA's own code, and leaves no ticket behind."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta

import pytest

from barberpro.demo.arca.authority import Authority
from barberpro.demo.arca.tickets import requested
from barberpro.domains.billing.arca.port import Certificate, TicketRefused
from barberpro.domains.billing.arca.signing import login_request, signed
from barberpro.domains.billing.arca.soap import Fault
from barberpro.domains.billing.arca.wire import Wire

from .conftest import AUTHORITY, CERTIFICATE, CUIT, NOW, Served, certificate


def asked(content: bytes, by: Certificate = CERTIFICATE, now: datetime = NOW) -> int:
    return requested(signed(content, by), AUTHORITY, now)


def code_of(cms: str) -> str:
    with pytest.raises(Fault) as refused:
        requested(cms, AUTHORITY, NOW)
    return refused.value.code


def test_a_right_request_names_its_signer():
    assert asked(login_request(NOW)) == CUIT


@pytest.mark.parametrize(
    ("by", "code"),
    [
        (Authority.made(NOW).issue(CUIT, NOW), "cms.cert.untrusted"),
        (certificate(until=NOW - timedelta(seconds=1)), "cms.cert.expired"),
        (Certificate(certificate().certificate, CERTIFICATE.key), "cms.sign.invalid"),
    ],
    ids=["foreign authority", "expired", "key of another"],
)
async def test_a_wrong_certificate_is_refused(arca: Served, by: Certificate, code: str):
    async with Wire(arca.url) as wire:
        with pytest.raises(TicketRefused, match=code) as refused:
            await wire.login(by, NOW)
        assert refused.value.again_after is None
        assert (await wire.login(CERTIFICATE, NOW)).token


@pytest.mark.parametrize("what", [b"<service>wsfe", b"Id>"])
def test_tampered_content_is_refused(what: bytes):
    der = bytearray(base64.b64decode(signed(login_request(NOW), CERTIFICATE)))
    der[der.index(what)] ^= 1
    assert code_of(base64.b64encode(der).decode()) == "cms.sign.invalid"


def test_what_is_not_base64_or_not_cms_is_refused():
    assert code_of("%%%") == "cms.bad.base64"
    assert code_of(base64.b64encode(b"hello").decode()) == "cms.bad"
    assert code_of("") == "cms.bad"


# A changed certificate may still be read, with a warning, and is then refused.
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_no_cut_or_changed_byte_of_a_request_gets_past_as_anything_but_a_fault():
    der = base64.b64decode(signed(login_request(NOW), CERTIFICATE))
    for at in range(0, len(der), 7):
        for changed in (der[:at], der[:at] + bytes([der[at] ^ 0x81]) + der[at + 1 :]):
            try:
                assert requested(base64.b64encode(changed).decode(), AUTHORITY, NOW) == CUIT
            except Fault:
                continue
            # What is signed was not touched: only unsigned wrapping may differ.
            assert login_request(NOW)[:60] in changed


def test_times_of_the_request_are_held_to_a_day():
    hour, day = timedelta(hours=1), timedelta(days=1)
    for now, code in (
        (NOW + hour, "xml.generationTime.invalid"),
        (NOW - day, "xml.generationTime.invalid"),
        (NOW - hour, "xml.expirationTime.expired"),
    ):
        assert code_of(signed(login_request(now), CERTIFICATE)) == code
    far = login_request(NOW).replace(b"<expirationTime>2026", b"<expirationTime>2027")
    assert code_of(signed(far, CERTIFICATE)) == "xml.expirationTime.invalid"


def test_other_services_and_other_xml_are_refused():
    other = login_request(NOW).replace(b"wsfe", b"wsmtxca")
    assert code_of(signed(other, CERTIFICATE)) == "wsn.notFound"
    assert code_of(signed(b"<a", CERTIFICATE)) == "xml.bad"
    bomb = b'<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>'
    assert code_of(signed(bomb, CERTIFICATE)) == "xml.bad"
