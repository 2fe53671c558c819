"""Plays one prompt at a time on one stream: media messages at most a second ahead of what is heard, a mark behind the
last."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import monotonic

# As Trunkline's messages: whole groups of base64.
PIECE_MS = 240
BYTES_PER_MS = 8
LEAD_S = 1.0
# A mark that does not come back so long after its time counts as come.
MARK_WAIT_S = 5.0

# Base64 in pieces with their duration in seconds, made once for all calls.
ReadyPrompt = list[tuple[str, float]]


def load_prompt(path: str) -> ReadyPrompt:
    """`path`: raw 8 kHz mu-law."""
    mulaw = Path(path).read_bytes()
    size = PIECE_MS * BYTES_PER_MS
    pieces = [mulaw[at : at + size] for at in range(0, len(mulaw), size)]
    return [(base64.b64encode(piece).decode(), len(piece) / BYTES_PER_MS / 1000) for piece in pieces]


class Player:
    def __init__(
        self,
        stream_sid: str,
        send: Callable[[str], Awaitable[None]],
        played: Callable[[], Awaitable[None]],
    ) -> None:
        self._send = send
        # The prompt was heard to its end. Not after `clear`.
        self._played = played
        self._media_head = f'{{"event":"media","streamSid":"{stream_sid}","media":{{"payload":"'
        self._stream_sid = stream_sid
        self.is_playing = False
        # Tells the marks of a prompt that was cleared from those of the next.
        self._generation = 0
        self._pacing: asyncio.Task[None] | None = None

    def play(self, prompt: ReadyPrompt) -> None:
        self.close()
        self.is_playing = True
        self._generation += 1
        self._pacing = asyncio.create_task(self._pace(prompt))

    async def _pace(self, prompt: ReadyPrompt) -> None:
        playout_end_at = monotonic()
        for payload, duration_s in prompt:
            wait_s = playout_end_at + duration_s - LEAD_S - monotonic()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            await self._send(f'{self._media_head}{payload}"}}}}')
            playout_end_at = max(playout_end_at, monotonic()) + duration_s
        await self._send(
            f'{{"event":"mark","streamSid":"{self._stream_sid}","mark":{{"name":"{self._generation}"}}}}'
        )
        await asyncio.sleep(playout_end_at + MARK_WAIT_S - monotonic())
        self._pacing = None
        await self._end()

    async def mark_echoed(self, name: str) -> None:
        if self.is_playing and name == str(self._generation):
            await self._end()

    async def clear(self) -> None:
        """The caller spoke into it: what the carrier still holds is thrown away."""
        if self.is_playing:
            self.close()
            await self._send(f'{{"event":"clear","streamSid":"{self._stream_sid}"}}')

    def close(self) -> None:
        self.is_playing = False
        if self._pacing is not None:
            self._pacing.cancel()
            self._pacing = None

    async def _end(self) -> None:
        self.close()
        await self._played()
