"""A token that is bound to a key is worth nothing without it: attacks on RFC 9449, one test each."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from barberpro.gateway.credentials import dpop
from barberpro.gateway.identify import Identify
from barberpro.gateway.oauth.tokens import issue
from barberpro.gateway.problems import Refusal

from ..gateway.test_identify import change
from ..showing import Knock, knocking
from .conftest import encoded
from .keyed import URL, proof

INVALID = 'DPoP realm="BarberPro", algs="ES256 Ed25519", error="invalid_token"'


@dataclass
class Holder:
    """A caller with a token bound to a key of theirs."""

    key: ECKey | OKPKey
    token: str
    now: Callable[[], Any]

    def headers(self, shown: str | None = None, **changes: Any) -> dict[str, str]:
        """The headers of a good request, with the proof changed or another one instead."""
        made = shown or proof(self.key, self.now().timestamp(), self.token, **changes)
        return {"authorization": f"DPoP {self.token}", "dpop": made}


@pytest.fixture(params=["EC", "OKP"])
async def holder(request: Any, platform: Any, registering: Any, clock: Any) -> Holder:
    key = ECKey.generate_key("P-256") if request.param == "EC" else OKPKey.generate_key("Ed25519")
    row, _ = await registering(scopes=["bookings:read"])
    token = issue(
        platform.keys, platform.settings, clock(), row, row.scopes,
        confirmation={"jkt": key.thumbprint()},
    )  # fmt: skip
    return Holder(key, token.text, clock)


async def refused(identify: Knock, headers: dict[str, str], **changes: Any) -> None:
    with pytest.raises(Refusal) as raised:
        await identify(headers, **changes)
    assert raised.value.status == 401
    assert raised.value.headers == {"WWW-Authenticate": INVALID}


async def test_the_key_and_the_token_together_are_believed(identify: Knock, holder: Holder) -> None:
    who = await identify(holder.headers())
    assert (who.method, who.scopes) == ("dpop", {"bookings:read"})


async def test_a_proof_is_good_once(identify: Knock, holder: Holder) -> None:
    headers = holder.headers()
    await identify(headers)
    await refused(identify, headers)


async def test_a_client_that_must_bind_its_tokens_calls_with_no_other(
    platform: Any, registering: Any, database: Any, clock: Any
) -> None:
    row, _ = await registering(scopes=["bookings:read"])
    token = issue(platform.keys, platform.settings, clock(), row, row.scopes)
    headers = {"authorization": f"Bearer {token.text}"}
    await knocking(Identify(platform))(headers)
    await change(database, row.id, requires_dpop=True)
    with pytest.raises(Refusal):
        await knocking(Identify(platform))(headers)
    key = ECKey.generate_key("P-256")
    bound = issue(
        platform.keys, platform.settings, clock(), row, row.scopes,
        confirmation={"jkt": key.thumbprint()},
    )  # fmt: skip
    who = await knocking(Identify(platform))(Holder(key, bound.text, clock).headers())
    assert who.method == "dpop"


@pytest.mark.parametrize("jkt", ["é", "\ud800"])
async def test_a_token_bound_to_what_no_key_can_be(identify: Knock, forger: Any, jkt: str) -> None:
    key, token = ECKey.generate_key("P-256"), forger.token(claims=forger.claims(cnf={"jkt": jkt}))
    shown = proof(key, forger.now, token)
    await refused(identify, {"authorization": f"DPoP {token}", "dpop": shown})


@pytest.mark.parametrize("claim", ["ath", "jti", "htm", "htu"])
async def test_half_a_character_is_no_text(identify: Knock, holder: Holder, claim: str) -> None:
    await refused(identify, holder.headers(**{claim: "\ud800"}))


async def test_a_proof_is_remembered_for_processes_whose_clock_is_behind(holder: Holder) -> None:
    now = holder.now().timestamp()
    shown = proof(holder.key, now, holder.token)
    proved = dpop.proven(shown, method="POST", url=URL, now=now, token=holder.token)
    assert proved.until == int(now) + dpop.OLD_SECONDS + dpop.EARLY_SECONDS


async def test_of_twenty_processes_with_one_proof_one_believes_it(
    platform: Any, holder: Holder
) -> None:
    headers = holder.headers()
    knocks = [knocking(Identify(platform))(headers) for _ in range(20)]
    outcomes = await asyncio.gather(*knocks, return_exceptions=True)
    assert sum(not isinstance(outcome, Refusal) for outcome in outcomes) == 1


async def test_the_same_id_by_another_key_is_another_proof(
    identify: Knock, holder: Holder, platform: Any, registering: Any, clock: Any
) -> None:
    await identify(holder.headers(jti="the-same"))
    other = ECKey.generate_key("P-256")
    row, _ = await registering()
    token = issue(
        platform.keys, platform.settings, clock(), row, row.scopes,
        confirmation={"jkt": other.thumbprint()},
    )  # fmt: skip
    await identify(Holder(other, token.text, clock).headers(jti="the-same"))


async def test_downgraded_to_a_bearer_token(identify: Knock, holder: Holder) -> None:
    for headers in (
        {"authorization": f"Bearer {holder.token}"},
        holder.headers() | {"authorization": f"Bearer {holder.token}"},
    ):
        with pytest.raises(Refusal) as raised:
            await identify(headers)
        assert raised.value.status == 401


async def test_a_bound_token_without_a_proof(identify: Knock, holder: Holder) -> None:
    await refused(identify, {"authorization": f"DPoP {holder.token}"})


async def test_a_token_that_is_not_bound_under_the_scheme_of_bound_ones(
    identify: Knock, holder: Holder, platform: Any, registering: Any, clock: Any
) -> None:
    row, _ = await registering()
    token = issue(platform.keys, platform.settings, clock(), row, row.scopes).text
    await refused(identify, Holder(holder.key, token, clock).headers())


async def test_a_proof_by_another_key(identify: Knock, holder: Holder, clock: Any) -> None:
    thief = ECKey.generate_key("P-256")
    await refused(identify, holder.headers(proof(thief, clock().timestamp(), holder.token)))


async def test_two_proofs(identify: Knock, holder: Holder) -> None:
    from starlette.datastructures import Headers

    one, two = holder.headers(), holder.headers()
    raw = [(b"authorization", one["authorization"].encode())]
    raw += [(b"dpop", given["dpop"].encode()) for given in (one, two)]
    await refused(identify, Headers(raw=raw))  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["GET", "post", "PUT", "", ..., 1])
async def test_a_proof_for_another_method(identify: Knock, holder: Holder, method: Any) -> None:
    await refused(identify, holder.headers(htm=method))


@pytest.mark.parametrize(
    "url",
    [
        "https://gateway.example/oauth/token",
        "https://gateway.example/graphql/",
        "https://gateway.example/GraphQL",
        "http://gateway.example/graphql",
        "https://gateway.example.evil.example/graphql",
        "https://gateway.example:444/graphql",
        "https://user@gateway.example/graphql",
        "https://gateway.example:port/graphql",
        "/graphql",
        "",
        ...,
    ],
)
async def test_a_proof_for_another_url(identify: Knock, holder: Holder, url: Any) -> None:
    await refused(identify, holder.headers(htu=url))


@pytest.mark.parametrize(
    "url", [URL + "?a=1", URL + "#b", "https://GATEWAY.example:443/graphql", "HTTPS" + URL[5:]]
)
async def test_urls_that_are_the_same(identify: Knock, holder: Holder, url: str) -> None:
    assert (await identify(holder.headers(htu=url))).method == "dpop"


@pytest.mark.parametrize(
    ("seconds", "is_good"), [(-61, False), (-60, True), (30, True), (31, False)]
)
async def test_a_proof_of_another_time(
    identify: Knock, holder: Holder, clock: Any, seconds: int, is_good: bool
) -> None:
    headers = holder.headers(iat=int(clock().timestamp()) + seconds)
    if is_good:
        await identify(headers)
    else:
        await refused(identify, headers)


async def test_a_proof_made_ahead_cannot_be_used_again_while_it_is_good(
    identify: Knock, holder: Holder, clock: Any
) -> None:
    headers = holder.headers(iat=int(clock().timestamp()) + 30)
    await identify(headers)
    for _ in range(10):
        clock.forward(seconds=9)
        await refused(identify, headers)


@pytest.mark.parametrize("iat", [..., "1", None, True])
async def test_a_proof_without_a_time(identify: Knock, holder: Holder, iat: Any) -> None:
    await refused(identify, holder.headers(iat=iat))


@pytest.mark.parametrize("ath", [..., "", "x", None])
async def test_a_proof_for_another_token(identify: Knock, holder: Holder, ath: Any) -> None:
    await refused(identify, holder.headers(ath=ath))


@pytest.mark.parametrize("jti", [..., "", 1, "j" * 129])
async def test_a_proof_without_an_id(identify: Knock, holder: Holder, jti: Any) -> None:
    await refused(identify, holder.headers(jti=jti))


@pytest.mark.parametrize("typ", ["jwt", "at+jwt", "DPOP+JWT", ..., ""])
async def test_a_proof_of_another_type(identify: Knock, holder: Holder, typ: Any) -> None:
    await refused(identify, holder.headers(header={"typ": typ}))


async def test_a_proof_that_gives_its_private_key_away(identify: Knock, holder: Holder) -> None:
    await refused(identify, holder.headers(header={"jwk": holder.key.as_dict(private=True)}))


async def test_a_proof_with_more_in_its_header(identify: Knock, holder: Holder) -> None:
    await refused(identify, holder.headers(header={"kid": "1"}))


async def test_a_proof_whose_key_is_not_the_one_that_signed(
    identify: Knock, holder: Holder, clock: Any
) -> None:
    thief = type(holder.key).generate_key(holder.key.curve_name)
    public = holder.key.as_dict(private=False)
    forged = proof(thief, clock().timestamp(), holder.token, header={"jwk": public})
    await refused(identify, holder.headers(forged))


@pytest.mark.parametrize("alg", ["none", "HS256", "RS256", "ES512", "EdDSA", "", None])
async def test_a_proof_by_another_algorithm(identify: Knock, holder: Holder, alg: Any) -> None:
    good = proof(holder.key, holder.now().timestamp(), holder.token)
    jwk = holder.key.as_dict(private=False)
    head = encoded({"typ": "dpop+jwt", "alg": alg, "jwk": jwk})
    await refused(identify, holder.headers(f"{head}.{good.split('.', 1)[1]}"))


async def test_a_key_of_another_kind(identify: Knock, holder: Holder) -> None:
    rsa = RSAKey.generate_key(2048).as_dict(private=False)
    good = proof(holder.key, holder.now().timestamp(), holder.token)
    for jwk in (rsa, {"kty": "oct", "k": "AAAA"}, {}, "text", None, []):
        head = encoded({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk})
        await refused(identify, holder.headers(f"{head}.{good.split('.', 1)[1]}"))


@pytest.mark.parametrize("junk", ["", ".", "a.b.c", "é", "x" * 4_097])
async def test_junk(identify: Knock, holder: Holder, junk: str) -> None:
    await refused(identify, {"authorization": f"DPoP {holder.token}", "dpop": junk})


async def test_a_proof_without_end(identify: Knock, holder: Holder) -> None:
    await identify(holder.headers(more="x" * 2_000))
    await refused(identify, holder.headers(more="x" * 4_096))


async def test_what_is_confirmed_by_something_unknown_is_refused(
    identify: Knock, platform: Any, registering: Any, clock: Any
) -> None:
    row, _ = await registering()
    token = issue(
        platform.keys, platform.settings, clock(), row, row.scopes, confirmation={"kid": "1"}
    )
    with pytest.raises(Refusal):
        await identify({"authorization": f"Bearer {token.text}"})
