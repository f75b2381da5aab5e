"""The demo's secrets and passwords, kept so that they can be shown again. No other installation keeps any."""

import contextlib
import os
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

from barberpro.platform.errors import Misconfigured

FILE = "demo-clients.json"
LOGINS_FILE = "demo-users.json"
CALENDARS_FILE = "demo-calendars.json"
MODE = 0o600


class NotADemo(Misconfigured):
    """The data directory holds no demo credentials, or unusable ones."""


@dataclass(frozen=True)
class Credential:
    """What an application needs to get a token."""

    name: str
    client_id: str
    client_secret: str | None
    """None of a public client, which keeps none: people sign in through it."""
    scopes: list[str]
    tenant: str
    redirect_uris: list[str] = field(default_factory=list)
    published: dict[str, str] = field(default_factory=dict)
    """Operation name to document id, of its documents in the database."""


@dataclass(frozen=True)
class Login:
    """What a person signs in with."""

    email: str
    password: str
    role: str
    tenant: str


@dataclass(frozen=True)
class Calendar:
    """A calendar that whoever knows its path may read."""

    location_id: str
    path: str
    tenant: str


def kept(data_dir: Path) -> list[Credential]:
    """The clients' credentials of this installation. Raises NotADemo, which says what to do."""
    return [Credential(**entry) for entry in _read(data_dir, FILE, Credential)]


def logins(data_dir: Path) -> list[Login]:
    """What people of this installation sign in with; none where the demo was loaded without any."""
    if not (data_dir / LOGINS_FILE).exists():
        return []
    return [Login(**entry) for entry in _read(data_dir, LOGINS_FILE, Login)]


def calendars(data_dir: Path) -> list[Calendar]:
    """The calendars to subscribe to; none where the demo was loaded without any."""
    if not (data_dir / CALENDARS_FILE).exists():
        return []
    return [Calendar(**entry) for entry in _read(data_dir, CALENDARS_FILE, Calendar)]


def keep(data_dir: Path, made: Sequence[Credential]) -> None:
    """Keep these, readable by their owner only, in place of older ones of the same names."""
    with contextlib.suppress(NotADemo):
        names = {each.name for each in made}
        made = [*(each for each in kept(data_dir) if each.name not in names), *made]
    _write(data_dir, FILE, made)


def keep_logins(data_dir: Path, made: Sequence[Login]) -> None:
    """Keep these, readable by their owner only, in place of any others."""
    _write(data_dir, LOGINS_FILE, made)


def keep_calendars(data_dir: Path, made: Sequence[Calendar]) -> None:
    """Keep these, readable by their owner only, in place of any others."""
    _write(data_dir, CALENDARS_FILE, made)


def shown(data_dir: Path) -> list[dict[str, Any]]:
    """The credentials, each with the ids of the documents registered for its client."""
    shown = []
    for each in kept(data_dir):
        entry = asdict(each)
        shown.append(entry | {"documents": documents(each.name) | entry.pop("published")})
    return shown


def documents(client: str) -> dict[str, str]:
    """Operation name to document id, of the documents registered for a client."""
    from barberpro.gateway.documents import contract, document_id, operation_files

    found = operation_files(contract() / "operations")
    return {name: document_id(text) for whose, name, text in found if whose == client}


def _read(data_dir: Path, name: str, kind: type) -> list[dict[str, Any]]:
    """The entries of a file, each with the members that `kind` needs."""
    path = data_dir / name
    try:
        entries = orjson.loads(path.read_bytes())
        for entry in entries:
            kind(**entry)
    except FileNotFoundError:
        raise NotADemo(
            f"{data_dir} is not a demo installation: it has no {name}. "
            "Run `barberpro demo load` with this data directory first."
        ) from None
    except OSError as error:
        raise NotADemo(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, TypeError):
        raise NotADemo(f"{path} is damaged. Load the demo into a fresh data directory.") from None
    return entries


def _write(data_dir: Path, name: str, made: Sequence[Credential | Login | Calendar]) -> None:
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = data_dir / f"{name}.{secrets.token_hex(8)}"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(orjson.dumps([asdict(each) for each in made], option=orjson.OPT_INDENT_2))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(data_dir / name)
    finally:
        draft.unlink(missing_ok=True)
