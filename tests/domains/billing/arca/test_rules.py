"""What the simulator authorises and refuses: each code it can give, and that right receipts are all taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from barberpro.demo.arca.receipts import Receipts
from barberpro.demo.arca.register import Place, Register
from barberpro.demo.arca.rules import RATES
from barberpro.demo.arca.tickets import Refusal
from barberpro.demo.arca.words import WORDS
from barberpro.domains.billing.arca import reading
from barberpro.domains.billing.arca.port import (
    Associated,
    Authorised,
    Receipt,
    Refused,
    Series,
    Tribute,
    Vat,
)
from barberpro.domains.billing.arca.soap import envelope, opened

from .conftest import CUIT, NOW, TODAY, B, receipt

CREDIT_B = Series(CUIT, 1, 8)
A, C = Series(CUIT, 1, 1), Series(CUIT, 1, 11)
COMPANY = {"document_kind": 80, "document_number": 30500010912, "receiver_condition": 1}
OF_C = {"series": C, "vat": 0, "vats": (), "total": 1_000_000}
DAY = timedelta(days=1)


@pytest.fixture
def receipts(tmp_path: Path) -> Iterator[Receipts]:
    register = Register(tmp_path / "arca.db")
    yield Receipts(register)
    register.close()


async def _no_wait() -> None:
    pass


async def decide(
    receipts: Receipts, told: Receipt, edit: tuple[str, str] = ("", ""), *, now: Any = NOW
) -> Authorised | Refused:
    """The decision on a receipt as the client tells it, with one text of its XML replaced."""
    text = envelope("urn:a", "A", {"FeCAEReq": reading.asked(told)}).decode()
    if edit[0]:
        assert edit[0] in text
        text = text.replace(*edit)
    asked = opened(text.encode())
    answer = await receipts.authorise(told.series.cuit, asked, now, _no_wait)
    return reading.authorisation(opened(envelope("urn:a", "B", answer)))


def tribute(**changed: Any) -> Tribute:
    return replace(Tribute(7, "Perc. IIBB", 1_000_000, 300, 30_000), **changed)


def with_tribute(*, total: int = 30_000, **changed: Any) -> Receipt:
    return receipt(tributes=(tribute(**changed),), tributes_total=total, total=1_210_000 + total)


REJECTED = [
    (10013, receipt(series=A, document_kind=96, document_number=1, receiver_condition=1)),
    (10015, receipt(document_number=5)),
    (10015, receipt(net=826_446_281, vats=(Vat(5, 826_446_281, 173_553_719),), vat=173_553_719,
                    total=1_000_000_000)),
    (10016, receipt(issued_on=TODAY - 11 * DAY)),
    (10016, receipt(concept=1, issued_on=TODAY + 6 * DAY)),
    (10018, receipt(vats=())),
    (10018, receipt(vat=0, total=1_000_000)),
    (10019, receipt(vats=(Vat(7, 1_000_000, 210_000),))),
    (10020, receipt(vats=(Vat(5, 1_000_000, 210_000), Vat(4, 0, 0)))),
    (10022, receipt(vats=(Vat(5, 500_000, 105_000), Vat(5, 500_000, 105_000)))),
    (10023, receipt(vat=220_000, total=1_220_000)),
    (10024, receipt(tributes_total=100, total=1_210_100)),
    (10025, with_tribute(kind=12)),
    (10029, with_tribute(amount=40_000)),
    (10030, receipt(concept=4)),
    (10032, receipt(served=(TODAY, TODAY - DAY))),
    (10036, receipt(due_on=TODAY - DAY)),
    (10037, receipt(currency="XXX")),
    (10038, receipt(currency="DOL", exchange_rate=Decimal(0))),
    (10039, receipt(exchange_rate=Decimal(2))),
    (10040, receipt(associated=(Associated(B, 1, TODAY),))),
    (10042, with_tribute(kind=99, description="")),
    (10043, receipt(**OF_C | {"untaxed": 5})),
    (10044, receipt(exempt=-100, total=1_209_900)),
    (10045, receipt(net=-1, vat=0, vats=(), total=-1)),
    (10047, receipt(**OF_C | {"vat": 5})),
    (10048, receipt(total=1_210_200)),
    (10049, receipt(served=None)),
    (10051, receipt(vats=(Vat(5, 1_000_000, 211_000),), vat=211_000, total=1_211_000)),
    (10061, receipt(net=1_010_000, total=1_220_000)),
    (10069, receipt(**{**COMPANY, "document_number": CUIT}, series=A)),
    (10070, receipt(vats=())),
    (10071, receipt(**OF_C | {"vats": (Vat(5, 1, 0),)})),
    (10197, receipt(series=CREDIT_B)),
    (10242, receipt(receiver_condition=2)),
    (10243, receipt(receiver_condition=1)),
    (10243, receipt(**{**COMPANY, "receiver_condition": 5}, series=A)),
    (10284, receipt(**{**COMPANY, "document_number": 30500010913}, series=A)),
]  # fmt: skip
EDITED = [
    (10012, ("<CbteHasta>1<", "<CbteHasta>2<")),
    (10056, ("<ImpTotal>12100.00<", "<ImpTotal>12100.001<")),
]
REFUSED = [
    (10001, ("<CantReg>1<", "<CantReg>0<")),
    (10002, ("<CantReg>1<", "<CantReg>2<")),
    (10004, ("<PtoVta>1<", "<PtoVta>99999<")),
    (10007, ("<CbteTipo>6<", "<CbteTipo>60<")),
    (10008, ("<CbteDesde>1<", "<CbteDesde>0<")),
]


@pytest.mark.parametrize(
    ("code", "told", "edit"),
    [(code, told, ("", "")) for code, told in REJECTED]
    + [(code, receipt(), edit) for code, edit in EDITED],
)
async def test_each_rule_has_its_code_and_leaves_the_number_free(
    receipts: Receipts, code: int, told: Receipt, edit: tuple[str, str]
):
    decided = await decide(receipts, told, edit)
    assert isinstance(decided, Refused)
    assert code in [each.code for each in decided.remarks]
    after = await decide(receipts, receipt())
    assert isinstance(after, Authorised)


@pytest.mark.parametrize(("code", "edit"), REFUSED)
async def test_a_wrong_head_refuses_the_whole_request(
    receipts: Receipts, code: int, edit: tuple[str, str]
):
    with pytest.raises(Refusal) as refused:
        await decide(receipts, receipt(), edit)
    assert refused.value.code == code


async def test_the_receivers_condition_is_observed_until_december_and_then_demanded(
    receipts: Receipts,
):
    without = ("<CondicionIVAReceptorId>5</CondicionIVAReceptorId>", "")
    early = await decide(receipts, receipt(), without)
    assert isinstance(early, Authorised)
    assert [each.code for each in early.observations] == [10245]
    first = date(2026, 12, 1)
    told = receipt(2, issued_on=first, due_on=first)
    late = await decide(receipts, told, without, now=NOW + 8 * DAY)
    assert isinstance(late, Refused)
    assert [each.code for each in late.remarks] == [10246]


async def test_goods_of_a_later_day_are_of_this_month(receipts: Receipts):
    told = receipt(concept=1, issued_on=date(2026, 12, 1), served=None, due_on=None)
    decided = await decide(receipts, told, now=NOW + 5 * DAY)
    assert isinstance(decided, Refused)
    assert [each.code for each in decided.remarks] == [10152]


async def test_numbers_and_days_only_go_forward(receipts: Receipts):
    assert isinstance(await decide(receipts, receipt()), Authorised)
    for wrong in (receipt(1), receipt(3), receipt(2, issued_on=TODAY - DAY)):
        decided = await decide(receipts, wrong)
        assert isinstance(decided, Refused)
        assert [each.code for each in decided.remarks] == [10016]
    assert isinstance(await decide(receipts, receipt(2)), Authorised)


async def test_a_credit_is_observed_where_it_exceeds_or_misses_what_it_is_about(receipts: Receipts):
    about = (Associated(B, 1, TODAY),)
    missing = await decide(receipts, receipt(series=CREDIT_B, associated=about))
    await decide(receipts, receipt())
    fits = await decide(receipts, receipt(2, series=CREDIT_B, associated=about))
    more = await decide(
        receipts,
        receipt(3, series=CREDIT_B, associated=about, net=2_000_000, vat=420_000, total=2_420_000,
                vats=(Vat(5, 2_000_000, 420_000),)),
    )  # fmt: skip
    found = [
        [each.code for each in decided.observations]
        for decided in (missing, fits, more)
        if isinstance(decided, Authorised)
    ]
    assert found == [[10041], [], [10237]]


async def test_what_is_found_has_amounts_in_their_short_form(receipts: Receipts):
    await decide(receipts, receipt())
    asked = opened(
        envelope("urn:a", "A", {"FeCompConsReq": {"CbteTipo": "6", "CbteNro": "1", "PtoVta": "1"}})
    )
    told = receipts.find(CUIT, asked)["ResultGet"]  # pyright: ignore[reportCallIssue,reportArgumentType]
    assert (told["ImpTotal"], told["ImpTrib"], told["MonCotiz"]) == ("12100", "0", "1")
    assert told["Iva"] == {"AlicIva": {"Id": "5", "BaseImp": "10000", "Importe": "2100"}}
    assert (told["EmisionTipo"], told["FchProceso"]) == ("CAE", "20261123120000")


@st.composite
def right(draw: st.DrawFn) -> Receipt:
    """A receipt made of final prices by rate, each split as a shop would (VAT rounded once a rate)."""
    prices = draw(
        st.dictionaries(st.sampled_from(sorted(RATES)), st.integers(2, 90_000_000), min_size=1)
    )
    vats: list[Vat] = []
    for rate, price in prices.items():
        exact = Decimal(price) / (1 + Decimal(RATES[rate]))
        base = int(exact.quantize(Decimal(1), ROUND_HALF_EVEN))
        vats.append(Vat(rate, base, price - base))
    untaxed, exempt = draw(st.integers(0, 5_000_000)), draw(st.integers(0, 5_000_000))
    net, vat = sum(each.base for each in vats), sum(each.amount for each in vats)
    perceived = draw(st.integers(0, 1_000_000))
    kind = draw(st.sampled_from([1, 6]))
    told = receipt(
        series=Series(CUIT, draw(st.integers(1, 99998)), kind),
        concept=draw(st.integers(1, 3)),
        net=net, vat=vat, vats=tuple(vats), untaxed=untaxed, exempt=exempt,
        tributes=(tribute(amount=perceived),) if perceived else (),
        tributes_total=perceived,
        total=net + vat + untaxed + exempt + perceived,
    )  # fmt: skip
    return replace(told, **COMPANY if kind == 1 else {"document_kind": 96, "document_number": 7})


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(told=right())
async def test_every_right_receipt_is_authorised(receipts: Receipts, told: Receipt):
    place = Place(told.series.cuit, told.series.point_of_sale, told.series.kind)
    number, _ = receipts._register.last(place)
    told = replace(told, number=number + 1)
    # 10018: a receipt of prices so small that no VAT is left has no way to be told.
    if told.vat == 0 and any(each.rate != 3 for each in told.vats):
        return
    decided = await decide(receipts, told)
    assert isinstance(decided, Authorised), decided


def test_every_rejection_with_words_of_ours_is_tested():
    tested = {code for code, *_ in (*REJECTED, *EDITED, *REFUSED)}
    elsewhere = {502, 602, 10003, 10041, 10152, 10217, 10237, 10245, 10246}
    assert tested | elsewhere == set(WORDS)


async def test_more_than_one_receipt_in_a_request_is_refused(receipts: Receipts):
    text = envelope("urn:a", "A", {"FeCAEReq": reading.asked(receipt())}).decode()
    begin, end = text.index("<FECAEDetRequest"), text.index("</FeDetReq>")
    two = text[:end] + text[begin:end] + text[end:]
    asked = opened(two.replace("<CantReg>1<", "<CantReg>2<").encode())
    with pytest.raises(Refusal) as refused:
        await receipts.authorise(CUIT, asked, NOW, _no_wait)
    assert refused.value.code == 10003
