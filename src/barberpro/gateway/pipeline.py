"""One request, from its bytes to its answer.

receive → identify → resolve document → plan → admit → execute → present
"""

import asyncio
import time
from dataclasses import dataclass

import structlog
from starlette.requests import Request
from starlette.responses import Response

from barberpro.graph.context import Context
from barberpro.graph.cursors import Cursors
from barberpro.graph.errors import BadInput, TooExpensive
from barberpro.graph.execute import BadVariables, Variables, coerced, run
from barberpro.graph.plan import Plan
from barberpro.graph.schema import Graph
from barberpro.graph.scopes import POLICIES, held_by
from barberpro.platform import ids
from barberpro.platform.locale import negotiate
from barberpro.platform.platform import Platform
from barberpro.platform.principal import Principal

from .budgets import Budgets, Charge
from .documents import Documents
from .identify import Identify, presented
from .present import MASKED, present, present_refusal
from .problems import Code, Refusal, refused
from .receive import Gate, MediaType, Received, negotiated, receive

log = structlog.get_logger(__name__)

BODY_SECONDS = 5.0
"""For a whole body to arrive."""


@dataclass(frozen=True)
class Pipeline:
    """Everything a request meets, in the order it meets it."""

    platform: Platform
    graph: Graph
    documents: Documents
    gate: Gate
    identify: Identify
    budgets: Budgets

    async def __call__(self, request: Request) -> Response:
        """Answer a request, whatever it holds."""
        request_id = ids.new("req")
        media = MediaType.GRAPHQL_RESPONSE
        began = time.perf_counter()
        told: dict[str, object] = {}
        charges: list[
            Charge
        ] = []  # the last is what the caller is told, whatever comes of the rest
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                media = negotiated(request.headers.get("accept"))
                response = await self._answered(request, request_id, media, told, charges)
            except Refusal as refusal:
                told["refused"] = refusal.code
                response = present_refusal(refusal, media, request_id, charges)
            except Exception:
                log.exception("defect")
                broken = Refusal(Code.INTERNAL_SERVER_ERROR, 500, MASKED)
                response = present_refusal(broken, media, request_id, charges)
            spent = round((time.perf_counter() - began) * 1_000, 2)
            log.info("request", status=response.status_code, milliseconds=spent, **told)
        return response

    async def _answered(
        self,
        request: Request,
        request_id: str,
        media: MediaType,
        told: dict[str, object],
        charges: list[Charge],
    ) -> Response:
        settings = self.platform.settings
        address = request.client.host if request.client else "unknown"
        try:
            async with self.gate.admit(address), asyncio.timeout(settings.deadline_seconds):
                received = await self._received(request)
                principal = await self.identify(presented(request, received.body, settings))
                told.update(client=principal.client_name, tenant=principal.tenant)
                plan, document_id = self._resolved(received, principal)
                told.update(operation=_name(plan), document=document_id)
                variables, cost = self._admitted(plan, received, principal, document_id)
                with self.budgets.place(principal):
                    charge, refusal = await self.budgets.charge(principal, cost)
                    charges.append(charge)
                    if refusal is not None:
                        raise refusal
                    context = self._context(request, principal, request_id, document_id)
                    context.budget = charge.budget
                    try:
                        result = await run(self.graph, plan, variables, context)
                    finally:
                        await context.close()
                        if context.revoked:
                            await self.platform.revocations.announce()
                charge = self.budgets.settle(charge, context.cost)
                charges.append(charge)
                told.update(statements=context.statements, executor=context.answered_by)
                told.update(cost=charge.actual)
                return present(result, media, request_id, charges)
        except TimeoutError:
            raise Refusal(
                Code.DEADLINE_EXCEEDED,
                503,
                "The operation took too long and was stopped.",
                {"retry-after": "1"},
            ) from None

    async def _received(self, request: Request) -> Received:
        """The request's body, if it comes soon: a slow sender must not hold a place for long."""
        try:
            async with asyncio.timeout(BODY_SECONDS):
                return await receive(request, max_body=self.platform.settings.max_body_bytes)
        except TimeoutError:
            raise Refusal(
                Code.BAD_REQUEST, 408, "The body took too long to arrive.", {"connection": "close"}
            ) from None

    def _resolved(self, received: Received, principal: Principal) -> tuple[Plan, str | None]:
        """The plan and its document's id; who asks for what is not theirs to run is told to the log."""
        try:
            return self.documents.resolve(received, principal)
        except Refusal as refusal:
            if refusal.code in (Code.PERSISTED_QUERY_REQUIRED, Code.PERSISTED_QUERY_NOT_FOUND):
                self.platform.refusals.note(principal, refusal.code)
            raise

    def _admitted(
        self, plan: Plan, received: Received, principal: Principal, document_id: str | None
    ) -> tuple[Variables, int]:
        """The variables, and the cost at most, where the caller may run this plan with them; before any statement."""
        missing = plan.requires.lacking(held_by(principal))
        if missing:
            facts = {"missing": " ".join(sorted(missing)), "document": document_id or "ad hoc"}
            self.platform.refusals.note(principal, Code.FORBIDDEN, facts)
            raise _forbidden(missing, may_introspect=not principal.registered_only)
        try:
            values = coerced(self.graph, plan, received.variables)
            plan.check_nulls(values.coerced)
            cost = plan.cost(values.coerced, registered=document_id is not None)
        except BadVariables as bad:
            refusal = refused(Code.BAD_USER_INPUT, bad.errors[0].message)
            refusal.errors = [
                {**e.formatted, "extensions": {"code": Code.BAD_USER_INPUT}} for e in bad.errors
            ]
            raise refusal from None
        except (BadInput, TooExpensive) as bad:
            raise refused(Code(bad.code), str(bad)) from None
        return values, cost

    def _context(
        self, request: Request, principal: Principal, request_id: str, document_id: str | None
    ) -> Context:
        platform = self.platform
        return Context(
            principal=principal,
            database=platform.database,
            clock=platform.clock,
            catalogue=platform.catalogue,
            cursors=Cursors(platform.cursor_secret, principal.tenant),
            language=negotiate(request.headers.get("accept-language")),
            request_id=request_id,
            audit_key=platform.audit_key,
        )


def _forbidden(missing: frozenset[str], *, may_introspect: bool) -> Refusal:
    """Who may see the schema learns which scopes are missing; to others the field does not exist."""
    if not may_introspect:
        return refused(
            Code.GRAPHQL_VALIDATION_FAILED, "The document names a field that does not exist."
        )
    scopes, policies = sorted(missing - POLICIES.keys()), sorted(missing & POLICIES.keys())
    words = [f"the scope {' and '.join(scopes)}"] if scopes else []
    words += [POLICIES[name].words for name in policies]
    facts = {"requiredPolicies": policies} if policies else {}
    return refused(
        Code.FORBIDDEN,
        f"This needs {', and '.join(words)}.",
        status=403,
        requiredScopes=scopes,
        **facts,
    )


def _name(plan: Plan) -> str | None:
    return plan.operation.name.value if plan.operation.name else None
