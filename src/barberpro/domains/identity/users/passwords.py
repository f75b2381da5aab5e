"""Passwords: which ones are fit, and their Argon2id hashes.

The parameters are those that OWASP's Password Storage Cheat Sheet gives first: 19 MiB, 2 passes, 1 lane. They stand
in each hash, so they can be raised without touching old ones.
"""

import asyncio
import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from unicodedata import normalize

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from .errors import PasswordUnfit

LEAST, MOST = 10, 128
MEMORY_KIB, PASSES, LANES = 19_456, 2, 1
SALT_BYTES, HASH_BYTES = 16, 32
AT_ONCE = 2
"""Hashes in work at once in one process, the rest wait: 38 MiB, however many try to sign in."""

# What people choose when ten characters are asked for is a short favourite with something after it, or a walk over
# the keys. The list is of those beginnings, the rule is what may follow.
FAVOURITES = (
    "password", "passw0rd", "contraseña", "contrasena", "clave", "secreto", "secret", "qwerty", "asdfgh", "zxcvbn",
    "qwertyuiop", "asdfghjkl", "zxcvbnm", "1q2w3e4r", "1qaz2wsx", "abc", "abcdef", "abcdefghij", "admin",
    "administrador", "administrator", "letmein", "welcome", "bienvenido", "iloveyou", "teamo", "tequiero", "hola",
    "holamundo", "hello", "boca", "bocajuniors", "river", "riverplate", "racing", "independiente", "sanlorenzo",
    "argentina", "buenosaires", "messi", "lionelmessi", "maradona", "futbol", "football", "barber", "barberpro",
    "barberia", "barbershop", "peluqueria", "peluquero", "salon", "princesa", "princess", "dragon", "monkey",
    "sunshine", "superman", "batman", "pokemon", "master", "usuario", "user", "test", "prueba", "demo", "changeme",
    "cambiame", "default", "guest", "invitado", "root", "internet", "computadora", "computer", "samsung", "estrella",
    "familia", "mimama", "amor", "corazon", "jesus", "dios", "verano", "invierno", "primavera", "summer", "winter",
    "spring", "autumn", "enero", "diciembre", "lunes", "viernes", "monday", "friday",
)  # fmt: skip
COMMON = re.compile(rf"(?:(?:{'|'.join(map(re.escape, FAVOURITES))})[\W\d_]*)+")
LOOKS_LIKE = str.maketrans("@4301$5!7", "aaeoissit")
"""What people put for letters, as `p@ssw0rd`."""
TAIL = re.compile(r"[\W\d_]+$")
FEWEST_DIFFERENT = 5
RUN = "01234567890123456789"
ALPHABET = "abcdefghijklmnopqrstuvwxyz"

_hashing = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA"
    "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)
"""What no password hashes to: to check one against it takes as long as against a user's."""


def check(password: str, email: str) -> None:
    """Raise PasswordUnfit where the password would be among the first to be tried."""
    tidy = normalize("NFC", password)
    plain = tidy.casefold()
    name, _, domain = email.casefold().partition("@")
    parts = {email.casefold(), name, domain.partition(".")[0]}
    if (
        not LEAST <= len(tidy) <= MOST
        or len(set(plain)) < FEWEST_DIFFERENT
        or any(part in plain for part in parts if len(part) >= 4)
        or COMMON.fullmatch(plain)
        or COMMON.fullmatch(TAIL.sub("", plain).translate(LOOKS_LIKE))
        or any(plain in walk or plain in walk[::-1] for walk in (RUN, ALPHABET * 2))
    ):
        raise PasswordUnfit(LEAST, MOST)


async def hashed(password: str) -> str:
    """What is stored of a password, in the PHC string format. Takes some 60 ms of CPU, beside the event loop."""
    return await asyncio.get_running_loop().run_in_executor(_hashing, _hash, password)


async def matches(stored: str | None, password: str) -> bool:
    """Whether this is the password; takes as long where there is none."""
    loop = asyncio.get_running_loop()
    is_right = await loop.run_in_executor(_hashing, _verify, stored or NOBODY, password)
    return is_right and stored is not None


def _hash(password: str) -> str:
    kdf = Argon2id(
        salt=secrets.token_bytes(SALT_BYTES),
        length=HASH_BYTES,
        iterations=PASSES,
        lanes=LANES,
        memory_cost=MEMORY_KIB,
    )
    return kdf.derive_phc_encoded(_bytes(password))


def _verify(stored: str, password: str) -> bool:
    given = _bytes(password)
    if len(given.decode()) > MOST:
        given = b""  # nobody has it, and it takes as long
    try:
        Argon2id.verify_phc_encoded(given, stored)
    except InvalidKey:
        return False
    return True


def _bytes(password: str) -> bytes:
    """One text, whatever keyboard composed its accents (RFC 8265 section 4.2)."""
    return normalize("NFC", password).encode()
