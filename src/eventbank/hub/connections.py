"""Connections that give up: on who sends half a request, and on who stops reading.

uvicorn waits for both without end. It closes a connection only when no further request follows an answer (`timeout_keep_alive`).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
"""In this time the head of a request must have come, counted from the connection or from the first byte after an answer."""
STALL_SECONDS = 60.0
"""In this time a client must have read what lies ready for it, which is at most a slice of a file and the buffers of the system."""


def patient_protocol(head: float = HEAD_SECONDS, stall: float = STALL_SECONDS) -> type[H11Protocol]:
    """The protocol of uvicorn with two limits more, in seconds."""
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Patient(H11Protocol):
        """A connection that is cut off when its client is late."""

        _late: asyncio.TimerHandle | None = None
        _stalled: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._late = self.loop.call_later(head, transport.abort)

        def data_received(self, data: bytes) -> None:
            before = self.cycle
            super().data_received(data)
            if self.cycle is not before:
                self._cancel("_late")
            elif self._late is None and (before is None or before.response_complete):
                self._late = self.loop.call_later(head, self.transport.abort)

        def pause_writing(self) -> None:
            super().pause_writing()
            self._cancel("_stalled")
            self._stalled = self.loop.call_later(stall, self.transport.abort)

        def resume_writing(self) -> None:
            super().resume_writing()
            self._cancel("_stalled")

        def connection_lost(self, exc: Exception | None) -> None:
            self._cancel("_late")
            self._cancel("_stalled")
            super().connection_lost(exc)

        def _cancel(self, name: str) -> None:
            timer = getattr(self, name)
            if timer is not None:
                timer.cancel()
                setattr(self, name, None)

    return Patient
