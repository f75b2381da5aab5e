"""What a caller of the gateway meets where another service owns a field."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from barberpro.demo.loyalty import fill as filling
from barberpro.demo.loyalty.ledger import Entry, Ledger, Visit
from barberpro.domains.bookings import service as bookings
from barberpro.domains.bookings.lifecycle import Channel
from barberpro.gateway.app import serving
from barberpro.platform.clock import iso

from ..elsewhere import Elsewhere

QUERY = {"query": "{ customers { nodes { name loyalty { points } } } }"}
READS = ["people:read", "loyalty:read"]


async def test_without_an_address_the_field_is_null_and_the_rest_is_there(
    http: Any, bearer: Any, chain: Any
) -> None:
    answer = await http.post("/graphql", json=QUERY, headers=await bearer(scopes=READS))
    assert answer.status_code == 200
    told = answer.json()
    assert told["data"] == {"customers": {"nodes": [{"name": "Carla", "loyalty": None}]}}
    (error,) = told["errors"]
    assert error["path"] == ["customers", "nodes", 0, "loyalty"]
    assert error["message"] == "The service `loyalty` does not answer. Ask again in a moment."
    assert error["extensions"]["code"] == "UPSTREAM_UNAVAILABLE"
    assert error["extensions"]["requestId"].startswith("req_")


@pytest.fixture
def elsewhere(platform: Any, tmp_path: Any) -> Elsewhere:
    return Elsewhere(platform, Ledger(tmp_path / "loyalty.db"))


class TestAsked:
    @pytest.fixture
    def state(self, platform: Any, graph: Any, elsewhere: Elsewhere) -> dict[str, Any]:
        return serving(replace(platform, upstreams=elsewhere.upstreams()), graph)

    async def test_the_service_hears_who_asks_and_answers_for_that_tenant(
        self, http: Any, bearer: Any, chain: Any, elsewhere: Elsewhere, principal: Any, clock: Any
    ) -> None:
        for tenant, price in ((principal.tenant, 1_250_000), ("org_of_others", 99_000_000)):
            visit = Visit("b", chain.carla.id, chain.centro.id, price, iso(clock()))
            elsewhere.ledger.replace(tenant, [visit])
        headers = await bearer(scopes=READS)
        answer = await http.post("/graphql", json=QUERY, headers=headers)
        (carla,) = answer.json()["data"]["customers"]["nodes"]
        assert carla == {"name": "Carla", "loyalty": {"points": 125}}
        (forwarded,) = elsewhere.tokens
        assert forwarded != headers["authorization"].removeprefix("Bearer ")
        taken = {"authorization": f"Bearer {forwarded}"}
        again = await http.post("/graphql", json=QUERY, headers=taken)
        assert again.status_code == 401
        assert len(elsewhere.asked) == 1

    async def test_who_lacks_its_scope_is_refused_and_nobody_is_asked(
        self, http: Any, bearer: Any, chain: Any, elsewhere: Elsewhere
    ) -> None:
        headers = await bearer(scopes=["people:read"])
        answer = await http.post("/graphql", json=QUERY, headers=headers)
        assert answer.status_code == 403
        (error,) = answer.json()["errors"]
        assert error["extensions"]["requiredScopes"] == ["loyalty:read"]
        assert elsewhere.asked == []

    async def test_an_operation_without_such_a_field_has_nothing_to_do_with_it(
        self, http: Any, bearer: Any, chain: Any, ids: Any, elsewhere: Elsewhere,
        monkeypatch: pytest.MonkeyPatch, platform: Any,
    ) -> None:  # fmt: skip
        headers = await bearer(documents=("LocationById",))

        def never(*_: Any) -> Any:
            raise AssertionError("nobody is to be asked, and nothing signed")

        monkeypatch.setattr("barberpro.platform.upstreams.service.Upstreams.service", never)
        monkeypatch.setattr(platform.keys, "sign", never)
        monkeypatch.setattr("barberpro.gateway.deadline.Deadline.left", never)
        asked = {"documentId": ids["LocationById"], "variables": {"id": chain.centro.id}}
        answer = await http.post("/graphql", json=asked, headers=headers)
        assert "errors" not in answer.json(), answer.text
        assert elsewhere.asked == []


async def test_the_ledger_says_what_the_bookings_say(
    tmp_path: Any, database: Any, principal: Any, chain: Any, done: Any, clock: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    starts = clock() - timedelta(days=3)
    asked = chain.asks(starts_at=starts, channel=Channel.WALK_IN)
    made = await done(lambda tx: bookings.record(tx, **asked, notes=None))
    tenant = type("Tenant", (), {"id": principal.tenant})
    monkeypatch.setattr(filling, "TENANTS", (tenant,))
    ledger = Ledger(tmp_path / "loyalty.db")
    assert await filling.fill(ledger, database) == 1
    found = ledger.of(principal.tenant, [chain.carla.id], None)
    assert found == {chain.carla.id: [Entry(made.id, 125, iso(made.ends_at))]}
