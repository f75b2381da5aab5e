"""Documents of clients: who publishes, who reviews, what is told of it, and what is refused."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from barberpro.domains.identity import clients
from barberpro.domains.identity.documents import service
from barberpro.domains.identity.documents.errors import (
    DocumentClientNotFound,
    DocumentIdTaken,
    DocumentIdWrong,
    DocumentNotActive,
    DocumentNotFound,
    DocumentNotPending,
    DocumentTooLong,
    DocumentUnfit,
    TooManyDocuments,
)
from barberpro.domains.identity.documents.service import Checked
from barberpro.platform.principal import Principal

TEXT = "query Names { locations { nodes { name } } }"
OTHER = "query Names { locations { nodes { city } } }"


def well(_text: str, _client: Any) -> Checked:
    return Checked("Names", ["locations:read"], 22)


def badly(_text: str, _client: Any) -> Checked:
    raise DocumentUnfit("FORBIDDEN", "no", 1, 7)


def published(client: Any, text: str = TEXT, **more: Any) -> Any:
    return lambda tx: service.publish(tx, client=client.id, text=text, **({"check": well} | more))


@pytest.fixture
async def client(registering: Any) -> Any:
    return (await registering(scopes=["locations:read"]))[0]


@pytest.fixture
def partner(principal: Principal, client: Any) -> Principal:
    """The client itself, which may publish and not review."""
    return replace(principal, client=client.id, scopes=frozenset({"documents:write"}))


async def test_what_is_told_of_a_document_is_its_digest_not_its_text(
    client: Any, done: Any, told: Any, principal: Principal, clock: Any
) -> None:
    row = await done(published(client))
    sha256 = hashlib.sha256(TEXT.encode()).hexdigest()
    assert (row.status, row.sha256, row.sha1, row.md5) == ("PENDING", sha256, None, None)
    assert (row.name, row.scopes, row.cost) == ("Names", ["locations:read"], 22)
    assert (row.published_by, row.published_at) == (principal.actor, clock())
    assert (row.reviewed_by, row.reviewed_at) == (None, None)
    clock.forward(hours=1)
    row = await done(lambda tx: service.approve(tx, row.id, check=well))
    assert (row.status, row.reviewed_by, row.reviewed_at) == ("ACTIVE", principal.actor, clock())
    await done(lambda tx: service.revoke(tx, row.id))
    found = await told(row.id)
    assert [one.type for one in found] == [
        "document.published",
        "document.approved",
        "document.revoked",
    ]
    first = {"subject": row.id, "client": client.id, "name": "Names", "sha256": sha256}
    assert found[0].data == first
    assert "locations {" not in str(found)


async def test_published_again_it_is_the_same_document(client: Any, done: Any, told: Any) -> None:
    row = await done(published(client))
    assert (await done(published(client))).id == row.id
    assert len(await told(row.id)) == 1
    await done(lambda tx: service.reject(tx, row.id))
    again = await done(published(client))
    assert (again.id, again.status, again.reviewed_by) == (row.id, "PENDING", None)


async def test_two_texts_are_two_documents_though_of_one_name(client: Any, done: Any) -> None:
    first, second = await done(published(client)), await done(published(client, OTHER))
    assert first.id != second.id
    assert first.name == second.name == "Names"


async def test_an_id_of_a_tool_is_kept_where_it_is_a_digest_of_the_text(
    client: Any, done: Any, refused: Any
) -> None:
    md5 = hashlib.md5(TEXT.encode(), usedforsecurity=False).hexdigest()
    sha1 = hashlib.sha1(TEXT.encode(), usedforsecurity=False).hexdigest()
    row = await done(published(client, known_as=md5))
    assert (row.md5, row.sha1) == (md5, None)
    row = await done(published(client, known_as=f"sha1:{sha1}"))
    assert (row.md5, row.sha1) == (md5, sha1)
    for wrong in ("0" * 32, "0" * 64, f"md5:{sha1}", md5.upper(), "Names", ""):
        await refused(published(client, known_as=wrong), DocumentIdWrong, given=wrong)


async def test_of_two_texts_with_one_digest_the_second_is_refused(
    client: Any, done: Any, refused: Any, opening: Any
) -> None:
    """As two texts made to share an MD5 would."""
    row = await done(published(client))
    md5 = hashlib.md5(OTHER.encode(), usedforsecurity=False).hexdigest()
    async with opening() as tx:
        table = service.documents
        await tx.execute(table.update().where(table.c.id == row.id).values(md5=md5))
        tx.published += 1
    await refused(published(client, OTHER, known_as=md5), DocumentIdTaken, given=f"md5:{md5}")


async def test_who_does_not_review_publishes_for_their_own_client_alone(
    client: Any, partner: Principal, registering: Any, done: Any, refused: Any
) -> None:
    row = await done(published(client), partner)
    other = (await registering())[0]
    await refused(published(other), DocumentClientNotFound, who=partner, client_id=other.id)
    theirs = await done(published(other))
    for act in (service.reject, service.revoke):
        await refused(
            lambda tx, act=act: act(tx, theirs.id),
            DocumentNotFound,
            who=partner,
            document_id=theirs.id,
        )
    await done(lambda tx: service.approve(tx, row.id, check=well))
    assert (await done(lambda tx: service.revoke(tx, row.id), partner)).status == "REVOKED"


async def test_who_is_limited_to_shops_reviews_nothing(
    client: Any, principal: Principal, done: Any, refused: Any
) -> None:
    row = await done(published(client))
    limited = replace(principal, locations=frozenset({"loc_1"}))
    await refused(
        lambda tx: service.approve(tx, row.id, check=well),
        DocumentNotFound,
        who=limited,
        document_id=row.id,
    )


async def test_a_suspended_client_has_nothing_published(
    client: Any, done: Any, refused: Any
) -> None:
    await done(lambda tx: clients.suspend_client(tx, client.id))
    await refused(published(client), DocumentClientNotFound, client_id=client.id)


async def test_what_does_not_fit_is_refused_at_publication_and_at_approval(
    client: Any, done: Any, refused: Any
) -> None:
    facts = {"reason": "FORBIDDEN", "detail": "no", "line": 1, "column": 7}
    await refused(published(client, check=badly), DocumentUnfit, **facts)
    row = await done(published(client))
    await refused(lambda tx: service.approve(tx, row.id, check=badly), DocumentUnfit, **facts)


async def test_only_what_waits_is_reviewed_and_only_what_is_in_use_revoked(
    client: Any, done: Any, refused: Any, told: Any
) -> None:
    row = await done(published(client))
    await refused(lambda tx: service.revoke(tx, row.id), DocumentNotActive, document_id=row.id)
    await done(lambda tx: service.approve(tx, row.id, check=well))
    for act in (lambda tx: service.reject(tx, row.id),
                lambda tx: service.approve(tx, row.id, check=well)):  # fmt: skip
        await refused(act, DocumentNotPending, document_id=row.id)
    await done(lambda tx: service.revoke(tx, row.id))
    count = len(await told(row.id))
    await done(lambda tx: service.revoke(tx, row.id))
    assert len(await told(row.id)) == count


async def test_there_are_bounds(
    client: Any, done: Any, refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "LONGEST", len(TEXT))
    await refused(published(client, TEXT + "é"), DocumentTooLong, most=len(TEXT))
    monkeypatch.setattr(service, "MOST_PENDING", 1)
    monkeypatch.setattr(service, "MOST", 2)
    first = await done(published(client))
    full = {"most": 2, "most_pending": 1}
    await refused(published(client, OTHER), TooManyDocuments, **full)
    await done(lambda tx: service.approve(tx, first.id, check=well))
    second = await done(published(client, OTHER))
    await done(lambda tx: service.approve(tx, second.id, check=well))
    await refused(published(client, "{ a }"), TooManyDocuments, **full)
    await done(lambda tx: service.revoke(tx, second.id))
    await done(published(client, "{ a }"))


async def test_a_mode_is_told_of_and_set_once(client: Any, done: Any, told: Any) -> None:
    assert client.document_mode == "open"
    after = await done(lambda tx: clients.set_document_mode(tx, client.id, "log"))
    await done(lambda tx: clients.set_document_mode(tx, client.id, "log"))
    assert after.document_mode == "log"
    assert [one.type for one in await told(client.id)] == [
        "client.registered",
        "client.mode_changed",
    ]
