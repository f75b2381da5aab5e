"""Forms of e-mail addresses and telephone numbers, and what is compared when one is looked for."""

import re

# What browsers take for an address: https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})*", re.ASCII)
LONGEST_EMAIL = 254  # RFC 5321 section 4.5.3.1.3, less the brackets
# ITU-T E.164 section 6.2: a country code, and at most 15 digits with it.
_PHONE = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
# Argentina: 10 digits, before which calls to a mobile telephone have a 9 (Plan Fundamental de Numeración Nacional).
_ARGENTINE = re.compile(r"\+54(9?)([1-9]\d{9})", re.ASCII)


def email(text: str) -> str:
    """The address as it is kept, in the case it was given. ValueError where it is none."""
    if len(text) > LONGEST_EMAIL or not _EMAIL.fullmatch(text):
        raise ValueError("not an e-mail address, such as ana@example.com")
    return text


def phone(text: str) -> str:
    """The number as it is kept. ValueError where it is none, or has no country code."""
    if not _PHONE.fullmatch(text) or (text.startswith("+54") and not _ARGENTINE.fullmatch(text)):
        raise ValueError("not a telephone number of E.164, such as +5491155551234")
    return text


def same_email(text: str) -> str:
    """Equal of addresses that reach one mailbox: in practice no provider minds the case."""
    return email(text).casefold()


def same_phone(text: str) -> str:
    """Equal of numbers that ring at one place: an Argentine mobile has two, with its 9 and without."""
    return _ARGENTINE.sub(r"+54\2", phone(text))
