"""Refused access reaches the tamper-evident log, counted, from the first header to the leaf."""

from typing import Any

import pytest
from sqlalchemy import select

from barberpro.platform.audit.sequencer import sequence
from barberpro.platform.audit.tables import audit_leaves, installation_events
from barberpro.platform.platform import Platform, opened

BOOKINGS = "query Agenda { bookings(first: 1) { nodes { id } } }"
REFUSED = """query Refused { auditEvents(first: 50, filter: { type: ["access.refused"] }) {
  nodes { id data actor client subject } } }"""


async def entries(platform: Platform) -> dict[str, Any]:
    """The installation's refusals, by id."""
    refused = select(installation_events.c.id, installation_events.c.data)
    async with platform.database.surveying() as connection:
        rows = await connection.execute(
            refused.where(installation_events.c.type == "access.refused")
        )
        return {row.id: row.data for row in rows}


async def placed(platform: Platform, entry: str) -> bool:
    """Whether the entry has its leaf, once all that waits has been given its place."""
    while await sequence(platform.database, platform.clock):
        pass
    async with platform.database.surveying() as connection:
        leaf = select(audit_leaves.c.position).where(audit_leaves.c.entry == entry)
        return (await connection.execute(leaf)).one_or_none() is not None


@pytest.fixture
async def auditor(bearer: Any) -> dict[str, str]:
    return await bearer(scopes=["audit:read"])


async def test_fifty_refusals_of_one_caller_are_one_leaf(
    http: Any, bearer: Any, auditor: Any, platform: Platform
) -> None:
    nosy = await bearer(scopes=["locations:read"])
    for _ in range(50):
        answer = await http.post("/graphql", json={"query": BOOKINGS}, headers=nosy)
        assert answer.status_code == 403
    assert await platform.refusals.flush() == 0  # its ten seconds are not over
    platform.clock.forward(seconds=10)  # type: ignore[attr-defined]
    assert await platform.refusals.flush() == 1
    body = (await http.post("/graphql", json={"query": REFUSED}, headers=auditor)).json()
    (node,) = body["data"]["auditEvents"]["nodes"]
    assert node["actor"] == node["client"] == node["subject"]
    assert node["data"] == (
        '{"facts":{"document":"ad hoc","missing":"bookings:read"},"method":"bearer",'
        f'"reason":"FORBIDDEN","since":"2026-11-23T13:00:00Z","subject":"{node["client"]}","times":50}}'
    )
    assert await placed(platform, node["id"])


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"query": BOOKINGS}, "PERSISTED_QUERY_REQUIRED"),
        ({"documentId": "sha256:" + "0" * 64}, "PERSISTED_QUERY_NOT_FOUND"),
    ],
)
async def test_who_asks_for_a_document_not_theirs_is_in_the_log(
    http: Any,
    bearer: Any,
    auditor: Any,
    platform: Platform,
    document: dict[str, str],
    reason: str,
) -> None:
    held = await bearer(
        scopes=["bookings:read"], documents=("LocationById",), document_mode="locked"
    )
    answer = await http.post("/graphql", json=document, headers=held)
    assert answer.json()["errors"][0]["extensions"]["code"] == reason
    await platform.refusals.flush(all_of_it=True)
    body = (await http.post("/graphql", json={"query": REFUSED}, headers=auditor)).json()
    (node,) = body["data"]["auditEvents"]["nodes"]
    assert f'"reason":"{reason}"' in node["data"]


async def test_a_caller_held_to_documents_is_told_nothing_but_the_log_is(
    http: Any, bearer: Any, auditor: Any, ids: Any, platform: Platform
) -> None:
    held = await bearer(
        scopes=["bookings:read"], documents=("LocationById",), document_mode="locked"
    )
    asked = {"documentId": ids["LocationById"], "variables": {"id": "loc_x"}}
    answer = await http.post("/graphql", json=asked, headers=held)
    assert "locations:read" not in answer.text
    await platform.refusals.flush(all_of_it=True)
    body = (await http.post("/graphql", json={"query": REFUSED}, headers=auditor)).json()
    (node,) = body["data"]["auditEvents"]["nodes"]
    assert f'"document":"{ids["LocationById"]}","missing":"locations:read"' in node["data"]


async def test_fifty_credentials_that_do_not_hold_are_one_leaf_without_them(
    http: Any, platform: Platform
) -> None:
    before = await entries(platform)
    for n in range(10, 60):
        answer = await http.post(
            "/graphql", json={"query": BOOKINGS}, headers={"authorization": f"Bearer s3cret{n}"}
        )
        assert answer.status_code == 401
    await platform.refusals.flush(all_of_it=True)
    after = await entries(platform)
    ((entry, data),) = ((i, d) for i, d in after.items() if i not in before)
    assert (data["reason"], data["times"], data["scheme"]) == ("UNAUTHENTICATED", 50, "bearer")
    assert "s3cret" not in str(data)
    assert await placed(platform, entry)


async def test_who_shows_nothing_is_not_counted(http: Any, platform: Platform) -> None:
    """Any passer-by sends such requests: they are the access log's business."""
    before = await entries(platform)
    assert (await http.post("/graphql", json={"query": BOOKINGS})).status_code == 401
    assert await platform.refusals.flush(all_of_it=True) == 0
    assert await entries(platform) == before


async def test_what_is_counted_is_told_when_the_process_ends(platform: Platform) -> None:
    before = await entries(platform)
    async with opened(platform.settings, clock=platform.clock) as ours:
        ours.refusals.note(None, "UNAUTHENTICATED", {"cause": "the end"})
    after = await entries(platform)
    (data,) = (d for i, d in after.items() if i not in before)
    assert (data["cause"], data["times"]) == ("the end", 1)
