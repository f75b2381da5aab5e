"""Three people who sign in to the demo chain: one who may do all, and two who see one shop only."""

import secrets
from dataclasses import dataclass

from barberpro.domains.identity.users import invitations, passwords, service
from barberpro.platform.doors import Transaction

from .credentials import Login

PASSWORD_BYTES = 12


@dataclass(frozen=True)
class Person:
    """Someone with a role. The domain of the address is one that reaches nobody (RFC 2606)."""

    email: str
    name: str
    role: str
    is_limited: bool
    """Whether they see the chain's first shop only."""


STAFF = (
    Person("valeria@barberias.example", "Valeria Ríos", "owner", is_limited=False),
    Person("martin@barberias.example", "Martín Acosta", "manager", is_limited=True),
    Person("sofia@barberias.example", "Sofía Luna", "receptionist", is_limited=True),
)


async def let_in(tx: Transaction, shop: str) -> list[Login]:
    """Invite them, and take the invitations up with passwords that are fresh in each installation.

    The transaction's principal must hold all that the roles give. Owners and managers set up a second factor when they
    first sign in.
    """
    made = []
    for person in STAFF:
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        _, link = await service.invite(
            tx,
            email=person.email,
            name=person.name,
            role_ids=[person.role],
            location_ids=[shop] if person.is_limited else None,
        )
        await invitations.accept(tx, link, await passwords.hashed(password))
        made.append(Login(person.email, password, person.role, tx.principal.tenant))
    return made
