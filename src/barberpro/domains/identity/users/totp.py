"""Codes from an app (RFC 6238: SHA-1, 6 digits, 30 seconds, as every app has it), and recovery codes. Pure."""

import base64
import hashlib
import hmac
import re
import secrets
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

STEP = 30  # seconds
DIGITS = 6
DRIFT = 1  # steps that a clock may be off, each way
SECRET_BYTES = 20  # RFC 4226 section 4, R6
RECOVERY_CODES = 10
RECOVERY_BYTES = 10  # 80 bits, so that a plain hash of it gives nothing away
CODE = re.compile(r"[0-9]{6}", re.ASCII)
RECOVERY = re.compile(r"[a-z2-7]{16}", re.ASCII)
LONGEST = 40  # characters that a code may come in


def new_secret() -> str:
    """A fresh secret in base32, as apps take it."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def step_of(secret: str, code: str, timestamp: float) -> int | None:
    """The time step whose code this is, of those that are near enough; None where it is none's."""
    if not CODE.fullmatch(code):
        return None
    hotp = HOTP(base64.b32decode(secret), DIGITS, SHA1())  # noqa: S303 - as a MAC it is sound
    now = int(timestamp) // STEP
    found = None
    for step in range(max(now - DRIFT, 0), now + DRIFT + 1):
        if hmac.compare_digest(hotp.generate(step), code.encode()):
            found = step  # the latest one, and no early end that a clock could tell
    return found


def tidy(code: str) -> str:
    """The code as it is compared, without the blanks and hyphens that make it readable."""
    return code[:LONGEST].replace(" ", "").replace("-", "").casefold()


def is_recovery(code: str) -> bool:
    """Whether a tidy code could be a recovery code."""
    return bool(RECOVERY.fullmatch(code))


def new_recovery_codes() -> list[str]:
    """Ten codes, each in four groups of four."""
    made = [
        base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower()
        for _ in range(RECOVERY_CODES)
    ]
    return ["-".join(code[i : i + 4] for i in range(0, 16, 4)) for code in made]


def recovery_hash(code: str) -> bytes:
    """What is stored of a recovery code."""
    return hashlib.sha256(tidy(code).encode()).digest()


def otpauth(secret: str, issuer: str, account: str) -> str:
    """The URI that an app reads out of the picture."""
    label = quote(f"{issuer}:{account}", safe="")
    facts = {"secret": secret, "issuer": issuer, "digits": DIGITS, "period": STEP}
    return f"otpauth://totp/{label}?{urlencode(facts, quote_via=quote)}"
