"""One request, from its bytes to its answer.

receive → identify → resolve document → plan → admit → execute → present
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from graphql import ExecutionResult, OperationType
from starlette.requests import Request
from starlette.responses import Response

from barberpro.graph.context import Context
from barberpro.graph.cursors import Cursors
from barberpro.graph.errors import BadInput, TooExpensive
from barberpro.graph.execute import BadVariables, Variables, coerced, run
from barberpro.graph.plan import Plan
from barberpro.graph.schema import Graph
from barberpro.graph.scopes import POLICIES, held_by
from barberpro.graph.subscriptions import Feed
from barberpro.platform import ids
from barberpro.platform.broadcast import Happened
from barberpro.platform.platform import Platform
from barberpro.platform.principal import Principal
from barberpro.platform.telemetry import lines

from .budgets import Budgets, Charge
from .call import Call
from .deadline import Deadline
from .documents import Documents
from .gate import Gate
from .headers import first
from .identify import Identify, presented
from .negotiation import EVENT_STREAM, Accepted, MediaType, negotiated
from .present import MASKED, present, present_refusal
from .problems import Code, Refusal, refused
from .receive import Received, receive
from .subscriptions import Streams
from .subscriptions.sse import EventStream
from .unread import dropped
from .usage import Usage

Work = Callable[[Call], Awaitable[Response]]
Refuse = Callable[[Refusal, Call], Response]

log = structlog.get_logger(__name__)

BODY_SECONDS = 5.0
"""For a whole body to arrive."""


@dataclass(slots=True)
class Admitted:
    """An operation that its caller may run."""

    principal: Principal
    plan: Plan
    document_id: str | None
    variables: Variables
    cost: int
    """At most, by the prices of the schema."""


@dataclass(frozen=True)
class Pipeline:
    """Everything a request meets, in the order it meets it."""

    platform: Platform
    graph: Graph
    documents: Documents
    gate: Gate
    identify: Identify
    budgets: Budgets
    streams: Streams
    usage: Usage

    async def __call__(self, request: Request) -> Response:
        """Answer a GraphQL request, whatever it holds."""
        return await self.framed(request, self._answered, _refused)

    async def framed(self, request: Request, work: Work, refuse: Refuse) -> Response:
        """What comes of the work on a request: its answer, or how it is refused; and one line in the log."""
        began = time.perf_counter()
        call = Call(request, ids.new("req"), Deadline(BODY_SECONDS))
        # Each request has a task of its own, and what is bound in it goes with it.
        structlog.contextvars.bind_contextvars(request_id=call.id)
        try:
            response = await self._in_time(call, work)
        except Refusal as refusal:
            call.told["refused"] = refusal.code
            if refusal.status == 413:
                await dropped(request)
            response = refuse(refusal, call)
        except Exception:
            log.exception("defect")
            response = refuse(Refusal(Code.INTERNAL_SERVER_ERROR, 500, MASKED), call)
        spent = round((time.perf_counter() - began) * 1_000, 2)
        facts = {"request_id": call.id, "status": response.status_code, "milliseconds": spent}
        lines.tell("request", facts | call.told)
        return response

    async def _in_time(self, call: Call, work: Work) -> Response:
        try:
            with self.gate.admit(call.address), call.deadline:
                return await work(call)
        except TimeoutError:
            raise _too_late() if call.has_arrived else _too_slow() from None

    async def _answered(self, call: Call) -> Response:
        accepted = negotiated(first(call.request, b"accept"))
        received = await self.received(call)
        principal = await self.identified(call, received.body)
        admitted = await self.admitted(call, received, principal)
        return await self.answered(call, admitted, accepted)

    async def answered(self, call: Call, admitted: Admitted, accepted: Accepted) -> Response:
        """The operation's answer in a form that its caller takes: one, or a stream of them."""
        if admitted.plan.operation.operation is OperationType.SUBSCRIPTION:
            if not accepted.stream:
                message = f"Subscriptions are told as {EVENT_STREAM}, or over a WebSocket."
                raise Refusal(Code.BAD_REQUEST, 406, message)
            return EventStream(self.streams.open(self, call, admitted), call.id)
        result = await self.executed(call, admitted)
        if accepted.media is None:
            body = present(result, MediaType.GRAPHQL_RESPONSE, call).body
            return EventStream(bytes(body), call.id)
        is_kept = call.request.method == "GET" and admitted.document_id is not None
        return present(result, accepted.media, call, tag=is_kept)

    async def received(self, call: Call) -> Received:
        """What the request asks for."""
        found = await receive(call.request, max_body=self.platform.settings.max_body_bytes)
        self.begin(call)
        return found

    def begin(self, call: Call) -> None:
        """All of the request is there: from now on the operation has its own time."""
        call.has_arrived = True
        call.deadline.put_off(self.platform.settings.deadline_seconds)

    async def identified(self, call: Call, body: bytes) -> Principal:
        """Who sends it. Refusal 401 where that is not shown."""
        shown = presented(call.request, body, self.platform.settings)
        principal, call.believed = await self.identify.staying(shown)
        call.told.update(client=principal.client_name, tenant=principal.tenant)
        return principal

    async def admitted(self, call: Call, received: Received, principal: Principal) -> Admitted:
        """The operation, where the caller may run it with these variables; decided before it sends any statement."""
        plan, document_id = await self._resolved(received, principal)
        call.told.update(operation=_name(plan), document=document_id)
        if call.request.method != "POST" and plan.operation.operation is OperationType.MUTATION:
            message = "By GET nothing is changed: send this by POST."
            raise Refusal(Code.METHOD_NOT_ALLOWED, 405, message, {"allow": "POST"})
        return self.allowed(plan, document_id, received.variables, principal)

    async def executed(self, call: Call, admitted: Admitted, told: Any = None) -> ExecutionResult:
        """The operation's answer. What it costs is charged before, and what it did not use is given back."""
        self.budgets.enter(admitted.principal)
        try:
            return await self._charged(call, admitted, told)
        finally:
            self.budgets.leave(admitted.principal)

    async def told(
        self, call: Call, admitted: Admitted, feed: Feed, happened: Happened
    ) -> ExecutionResult | None:
        """The answer of a subscription for one event; None where its caller may not see what it is about."""
        context = self._context(call, admitted.principal)
        try:
            shown = await feed.shown(happened, context)
        finally:
            await context.close()
        return None if shown is None else await self.executed(call, admitted, shown)

    async def _charged(self, call: Call, admitted: Admitted, told: Any) -> ExecutionResult:
        charge, refusal = await self.budgets.charge(admitted.principal, admitted.cost)
        call.charge = charge
        if refusal is not None:
            raise refusal
        context = self._context(call, admitted.principal, charge)
        context.told = told
        try:
            result = await run(self.graph, admitted.plan, admitted.variables, context)
        except BaseException:  # its time was over, its caller hung up, or we have a defect
            self.usage.count(admitted, charge.requested, failed=True)
            raise
        finally:
            await context.close()
            if context.revoked:
                await self.platform.revocations.announce()
        self.budgets.settle(charge, context.cost)
        self.usage.count(admitted, charge.actual or 0, failed=bool(result.errors))
        call.told.update(
            statements=context.statements, executor=context.answered_by, cost=charge.actual
        )
        return result

    async def _resolved(self, received: Received, principal: Principal) -> tuple[Plan, str | None]:
        """The plan and its document's id; who asks for what is not theirs to run is told to the log."""
        try:
            return await self.documents.resolve(received, principal)
        except Refusal as refusal:
            if refusal.code in (Code.PERSISTED_QUERY_REQUIRED, Code.PERSISTED_QUERY_NOT_FOUND):
                self.platform.refusals.note(principal, refusal.code)
            raise

    def allowed(
        self,
        plan: Plan,
        document_id: str | None,
        variables: Mapping[str, Any],
        principal: Principal,
    ) -> Admitted:
        """This plan with these variables, where the caller may run it."""
        missing = plan.requires.lacking(held_by(principal))
        if missing:
            facts = {"missing": " ".join(sorted(missing)), "document": document_id or "ad hoc"}
            self.platform.refusals.note(principal, Code.FORBIDDEN, facts)
            raise _forbidden(missing, may_introspect=not principal.is_locked)
        try:
            values = coerced(self.graph, plan, variables)
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
        return Admitted(principal, plan, document_id, values, cost)

    def _context(self, call: Call, principal: Principal, charge: Charge | None = None) -> Context:
        platform = self.platform
        return Context(
            principal=principal,
            database=platform.database,
            clock=platform.clock,
            catalogue=platform.catalogue,
            cursors=Cursors(platform.cursor_secret, principal.tenant),
            language=call.language,
            request_id=call.id,
            audit_key=platform.audit_key,
            copies=platform.copies,
            budget=charge.budget if charge else None,
            upstreams=platform.upstreams,
            graph=self.graph,
            # An event of a subscription has a deadline of its own: the call's belongs to how it began.
            seconds_left=call.deadline.left if charge else None,
        )


def _refused(refusal: Refusal, call: Call) -> Response:
    """A refusal, in the form that the caller takes; where it takes none of ours, as plain JSON."""
    try:
        media = negotiated(first(call.request, b"accept")).media
    except Refusal:
        media = None
    return present_refusal(refusal, media or MediaType.JSON, call)


def _too_slow() -> Refusal:
    # A slow sender must not hold a place for long.
    message = "The body took too long to arrive."
    return Refusal(Code.BAD_REQUEST, 408, message, {"connection": "close"})


def _too_late() -> Refusal:
    message = "The operation took too long and was stopped."
    return Refusal(Code.DEADLINE_EXCEEDED, 503, message, {"retry-after": "1"})


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
