"""Forms of e-mail addresses and telephone numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barberpro.platform import contacts


@pytest.mark.parametrize(
    "text",
    ["a@b", "Ana.Paz+turnos@Example.COM", "o'hara@example.com", f"{'a' * 64}@example.com"],
)
def test_what_browsers_take_is_an_address(text: str) -> None:
    assert contacts.email(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ana",
        "@example.com",
        "ana@",
        "ana@@example.com",
        "ana@example..com",
        "ana@-example.com",
        "ana@example.com ",
        "ana@example.com\n",
        "añá@example.com",
        "ana paz@example.com",
        f"{'a' * 65}@example.com",
        f"a@{'b' * 63}.{'b' * 63}.{'b' * 63}.{'b' * 63}",
        "a@" + "b." * 100_000,
    ],
)
def test_nothing_else_is_an_address(text: str) -> None:
    with pytest.raises(ValueError, match="not an e-mail address"):
        contacts.email(text)


@pytest.mark.parametrize(
    "text", ["+5491155551234", "+541155551234", "+14155550123", "+59899123456"]
)
def test_a_number_has_a_country_code(text: str) -> None:
    assert contacts.phone(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1155551234",
        "+0123456789",
        "+54 9 11 5555-1234",
        "+54911555512345",
        "+5411555512",
        "+54901155551234",
        "+1234567890123456",
        "+٥٤٩١١٥٥٥٥١٢٣٤",
        "+5491155551234\n",
    ],
)
def test_nothing_else_is_a_number(text: str) -> None:
    with pytest.raises(ValueError, match=r"E\.164"):
        contacts.phone(text)


def test_an_argentine_mobile_is_one_with_its_9_and_without() -> None:
    assert contacts.same_phone("+5491155551234") == contacts.same_phone("+541155551234")
    assert contacts.same_phone("+5491155551234") != contacts.same_phone("+541155551235")


def test_a_9_is_a_digit_as_any_elsewhere() -> None:
    assert contacts.same_phone("+4991155551234") != contacts.same_phone("+491155551234")


@given(st.emails())
def test_the_case_of_an_address_does_not_count(text: str) -> None:
    try:
        contacts.email(text)
    except ValueError:
        return  # the form is narrower than the RFC's
    assert contacts.same_email(text) == contacts.same_email(text.upper())
    assert contacts.same_email(contacts.same_email(text)) == contacts.same_email(text)
