"""One process of callers who fight for chairs over HTTP; writes what was acknowledged and what was refused.

python fighter.py TASK.json RESULT.json

Each request has an idempotency key. An answer that is lost, since the server was killed, is asked for again under the
same key until it comes.
"""

import asyncio
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

import httpx

PATIENCE, PAUSE = 240.0, 0.2
NOT_NOW = (502, 503)


def mutation(name: str) -> str:
    """The document that does it and asks what became of the booking."""
    return f"""mutation ($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{
      booking {{ id status startsAt endsAt provider {{ id }} chair {{ id }} }}
      errors {{ ... on UserError {{ code }} }} }} }}"""


CREATE = mutation("bookingCreate")
DOCUMENTS = {
    "create": CREATE,
    "hold": mutation("bookingHold"),
    "confirm": mutation("bookingConfirm"),
    "release": mutation("bookingHoldRelease"),
    "move": mutation("bookingReschedule"),
    "cancel": mutation("bookingCancel"),
}


async def fight(http: httpx.AsyncClient, task: dict[str, Any], seed: int) -> list[dict[str, Any]]:
    """One caller: makes bookings and holds, moves, confirms, releases and cancels its own."""
    chance, log, mine, held = random.Random(seed), [], [], []
    for n in range(task["rounds"]):
        can = ["create", "create", "hold"] + ["move", "cancel"] * bool(mine)
        do = chance.choice(can + ["confirm", "confirm", "release"] * bool(held))
        if do in ("create", "hold"):
            given = {**chance.choice(task["wishes"]), "startsAt": chance.choice(task["starts"])}
        elif do in ("confirm", "release"):
            given = {"bookingId": held.pop(chance.randrange(len(held)))}
        elif do == "move":
            given = {"bookingId": chance.choice(mine), "startsAt": chance.choice(task["starts"])}
        else:
            given = {"bookingId": mine.pop(chance.randrange(len(mine)))}
        asked = time.monotonic()  # of the machine, so that all processes have the same
        answer = await sent(http, DOCUMENTS[do], given | {"idempotencyKey": f"{seed}-{n}"})
        if do in ("create", "hold", "confirm") and answer.get("booking"):
            (held if do == "hold" else mine).append(answer["booking"]["id"])
        log.append({"do": do, "asked": asked, "told": time.monotonic(), **answer})
    return log


async def sent(http: httpx.AsyncClient, document: str, given: dict[str, Any]) -> dict[str, Any]:
    """The answer, however often it has to be asked for; `lost` says how often it was."""
    until, lost = time.monotonic() + PATIENCE, 0
    while True:
        try:
            answer = await http.post(
                "/graphql", json={"query": document, "variables": {"input": given}}
            )
        except httpx.TransportError:
            if time.monotonic() > until:
                raise
        else:
            if answer.status_code == 200:
                (payload,) = answer.json()["data"].values()
                return {**payload, "lost": lost}
            if answer.status_code not in NOT_NOW or time.monotonic() > until:
                return {"status": answer.status_code, "text": answer.text[:300]}
        lost += 1
        await asyncio.sleep(PAUSE)


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
