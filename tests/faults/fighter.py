"""One process of callers who fight for chairs over HTTP; writes what was acknowledged and what was refused.

python fighter.py TASK.json RESULT.json
"""

import asyncio
import json
import random
import sys
from pathlib import Path
from typing import Any

import httpx

CREATE = """mutation ($input: BookingCreateInput!) { bookingCreate(input: $input) {
  booking { id status startsAt } errors { ... on UserError { code } } } }"""
MOVE = """mutation ($input: BookingRescheduleInput!) { bookingReschedule(input: $input) {
  booking { id status startsAt } errors { ... on UserError { code } } } }"""
HOLD = """mutation ($input: BookingHoldInput!) { bookingHold(input: $input) {
  booking { id status startsAt } errors { ... on UserError { code } } } }"""
CONFIRM = """mutation ($input: BookingConfirmInput!) { bookingConfirm(input: $input) {
  booking { id status startsAt } errors { ... on UserError { code } } } }"""
RELEASE = """mutation ($input: BookingHoldReleaseInput!) { bookingHoldRelease(input: $input) {
  booking { id status startsAt } errors { ... on UserError { code } } } }"""
CANCEL = """mutation ($input: BookingCancelInput!) { bookingCancel(input: $input) {
  booking { id status startsAt } errors { ... on UserError { code } } } }"""


async def fight(http: httpx.AsyncClient, task: dict[str, Any], seed: int) -> list[dict[str, Any]]:
    """One caller: makes bookings and holds, moves, confirms, releases and cancels its own."""
    chance, log, mine, held = random.Random(seed), [], [], []
    for _ in range(task["rounds"]):
        can = ["create", "create", "hold"] + ["move", "cancel"] * bool(mine)
        do = chance.choice(can + ["confirm", "confirm", "release"] * bool(held))
        if do in ("create", "hold"):
            given = {**chance.choice(task["wishes"]), "startsAt": chance.choice(task["starts"])}
            answer = await send(http, CREATE if do == "create" else HOLD, given)
        elif do in ("confirm", "release"):
            given = {"bookingId": held.pop(chance.randrange(len(held)))}
            answer = await send(http, CONFIRM if do == "confirm" else RELEASE, given)
        elif do == "move":
            given = {"bookingId": chance.choice(mine), "startsAt": chance.choice(task["starts"])}
            answer = await send(http, MOVE, given)
        else:
            given = {"bookingId": mine.pop(chance.randrange(len(mine)))}
            answer = await send(http, CANCEL, given)
        if do in ("create", "hold", "confirm") and answer.get("booking"):
            (held if do == "hold" else mine).append(answer["booking"]["id"])
        log.append({"do": do, "input": given, **answer})
    return log


async def send(http: httpx.AsyncClient, document: str, given: dict[str, Any]) -> dict[str, Any]:
    answer = await http.post("/graphql", json={"query": document, "variables": {"input": given}})
    if answer.status_code != 200:
        return {"status": answer.status_code, "text": answer.text[:300]}
    (payload,) = answer.json()["data"].values()
    return payload


async def main(task_file: str, result_file: str) -> None:
    task = json.loads(Path(task_file).read_text())
    limits = httpx.Limits(max_connections=task["callers"])
    async with httpx.AsyncClient(
        base_url=task["url"], headers=task["headers"], timeout=60, limits=limits
    ) as http:
        seeds = range(task["seed"], task["seed"] + task["callers"])
        logs = await asyncio.gather(*[fight(http, task, seed) for seed in seeds])
    Path(result_file).write_text(json.dumps([entry for log in logs for entry in log]))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
