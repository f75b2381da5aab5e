"""How a web process leaves: it says so first, and finishes what it has begun."""

import asyncio
import signal
from types import FrameType


class Draining:
    """Whether this process is on its way out.

    From SIGTERM on `/readyz` answers 503 and every answer asks its caller to close the connection, while requests are
    taken as before: a load balancer has the notice to look elsewhere. Then uvicorn stops listening, and gives
    what is in work 25 s. A second signal ends the notice.
    """

    def __init__(self, notice: float = 0.0) -> None:
        self.notice = notice
        self.begun = asyncio.Event()

    def listen(self) -> None:
        """Stand before whoever handles SIGTERM now. In the main thread, with the loop running."""
        stop, loop = signal.getsignal(signal.SIGTERM), asyncio.get_running_loop()
        if not callable(stop):
            return  # nothing to stop: no server runs us

        def told(number: int, frame: FrameType | None) -> None:
            wait = 0.0 if self.begun.is_set() else self.notice
            self.begun.set()
            loop.call_soon_threadsafe(loop.call_later, wait, stop, number, frame)

        signal.signal(signal.SIGTERM, told)
