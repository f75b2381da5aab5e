"""The receipt of an invoice: what always holds, each refusal, and the printed code."""

import json
from base64 import b64decode
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barberpro.domains.billing.arca import errors
from barberpro.domains.billing.arca.cuit import is_cuit
from barberpro.domains.billing.arca.port import Associated, Authorised, Receipt, Series, Vat
from barberpro.domains.billing.arca.qr import qr_url
from barberpro.domains.billing.arca.receipt import (
    VAT_IDS,
    Days,
    Form,
    Issuer,
    Receiver,
    compose,
    letter,
)
from barberpro.domains.billing.totals import RATES, Charge
from barberpro.platform.errors import Failure

TODAY = date(2026, 12, 1)
DAYS = Days(TODAY, (TODAY, TODAY), TODAY)
SHOP = Issuer(20123456786, 1, 3)
COMPANY = Receiver(1, 80, 30500010912)
ANYONE = Receiver()
HAIRCUT = Charge(12_100_00, 2100)
charges = st.lists(
    st.builds(Charge, st.integers(0, 10**7), st.sampled_from(RATES)), min_size=1, max_size=50
).filter(lambda some: sum(c.total_minor for c in some) > 0)


def receipt(issuer: Issuer = SHOP, receiver: Receiver = ANYONE, total: int = 12_100_00) -> Receipt:
    return compose(issuer, receiver, [Charge(total, 2100)], DAYS, number=7, today=TODAY)


@given(charges)
def test_sums_close_and_each_rate_is_within_what_arca_tolerates(some: list[Charge]) -> None:
    made = compose(SHOP, Receiver(), some, DAYS, number=1, today=TODAY)
    assert made.total == made.net + made.vat == sum(c.total_minor for c in some)
    assert made.vat == sum(v.amount for v in made.vats)
    assert made.net == sum(v.base for v in made.vats)
    assert len({v.rate for v in made.vats}) == len(made.vats)
    rates = {id_: bps for bps, id_ in VAT_IDS.items()}
    for vat in made.vats:
        assert vat.base > 0
        exact = Fraction(vat.base * rates[vat.rate], 10_000)
        assert abs(vat.amount - exact) <= max(1, exact / 10_000)  # 10051


def test_a_registered_shop_tells_a_company_its_vat() -> None:
    made = receipt(receiver=COMPANY)
    assert made.series == Series(20123456786, 3, 1)
    assert (made.net, made.vat, made.vats) == (1_000_000, 210_000, (Vat(5, 1_000_000, 210_000),))


def test_a_small_taxpayer_tells_no_vat() -> None:
    made = receipt(Issuer(20123456786, 6, 3))
    assert (made.series.kind, made.net, made.vat, made.vats) == (11, 1_210_000, 0, ())


@pytest.mark.parametrize(
    ("issuer", "receivers", "expected"),
    [
        (1, (1, 6, 13, 16), "A"),
        (1, (4, 5, 7, 8, 9, 10, 15), "B"),
        (6, (1, 4, 5, 6, 7, 8, 9, 10, 13, 15, 16), "C"),
        (4, (1, 5), "C"),
    ],
)
def test_conditions_decide_the_class(
    issuer: int, receivers: tuple[int, ...], expected: str
) -> None:
    assert {letter(issuer, receiver) for receiver in receivers} == {expected}


@pytest.mark.parametrize(
    ("receiver", "failure"),
    [
        (Receiver(99), errors.ConditionUnfit),
        (Receiver(1), errors.ReceiverDocumentUnfit),
        (Receiver(1, 80, 30500010913), errors.ReceiverDocumentUnfit),
        (Receiver(5, 99, 12), errors.ReceiverDocumentUnfit),
        (Receiver(5, 96, 0), errors.ReceiverDocumentUnfit),
        (Receiver(5, 55, 12), errors.ReceiverDocumentUnfit),
    ],
)
def test_a_receiver_that_arca_would_refuse_is_refused(
    receiver: Receiver, failure: type[Failure]
) -> None:
    with pytest.raises(failure):
        receipt(receiver=receiver)


def test_from_ten_million_pesos_on_the_receiver_is_identified() -> None:
    assert receipt(total=999_999_999).document_kind == 99
    with pytest.raises(errors.ReceiverUnidentified):
        receipt(total=1_000_000_000)
    assert receipt(receiver=Receiver(5, 96, 30111222), total=1_000_000_000).document_number


@pytest.mark.parametrize("amounts", [(), (0,), (200, -100)])
def test_nothing_and_negative_prices_make_no_receipt(amounts: tuple[int, ...]) -> None:
    some = [Charge(amount, 2100) for amount in amounts]
    with pytest.raises(errors.NothingCharged):
        compose(SHOP, Receiver(), some, DAYS, number=1, today=TODAY)


def test_a_receipt_is_dated_within_ten_days() -> None:
    compose(SHOP, Receiver(), [HAIRCUT], DAYS, number=1, today=date(2026, 12, 11))
    with pytest.raises(errors.ReceiptDayUnfit) as refused:
        compose(SHOP, Receiver(), [HAIRCUT], DAYS, number=1, today=date(2026, 12, 12))
    assert (refused.value.first, refused.value.last) == (date(2026, 11, 21), date(2026, 12, 11))


def test_a_credit_note_names_a_receipt_of_its_class() -> None:
    def note(form: Form, *kinds: int) -> Receipt:
        about = tuple(Associated(Series(SHOP.cuit, 3, kind), 6, TODAY) for kind in kinds)
        return compose(
            SHOP, Receiver(), [HAIRCUT], DAYS, number=1, today=TODAY, form=form, associated=about
        )

    assert note(Form.CREDIT_NOTE, 6).series.kind == 8
    for form, kinds in ((Form.CREDIT_NOTE, ()), (Form.CREDIT_NOTE, (1,)), (Form.INVOICE, (6,))):
        with pytest.raises(errors.NoteUnassociated):
            note(form, *kinds)


@given(st.integers(0, 10), st.integers(1, 9))
def test_no_changed_digit_passes_for_a_tax_number(at: int, by: int) -> None:
    digits = [int(digit) for digit in "30500010912"]
    assert is_cuit(30500010912)
    digits[at] = (digits[at] + by) % 10
    assert not is_cuit(int("".join(map(str, digits))))


def test_the_code_tells_the_exact_total() -> None:
    url = qr_url(receipt(receiver=COMPANY), Authorised("76123456789012", TODAY))
    page, _, told = url.partition("?p=")
    assert page == "https://www.afip.gob.ar/fe/qr/"
    assert b64decode(told).decode().count('"importe":12100.00,') == 1
    assert json.loads(b64decode(told)) == {
        "ver": 1, "fecha": "2026-12-01", "cuit": 20123456786, "ptoVta": 3, "tipoCmp": 1,
        "nroCmp": 7, "importe": 12100.0, "moneda": "PES", "ctz": 1, "tipoDocRec": 80,
        "nroDocRec": 30500010912, "tipoCodAut": "E", "codAut": 76123456789012,
    }  # fmt: skip
