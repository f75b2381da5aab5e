"""Operations that go on: told as events over HTTP (`sse.py`) or over a WebSocket (`socket.py`), by the same stages."""

from .streams import Ended, Stream, Streams

__all__ = ["Ended", "Stream", "Streams"]
