"""One call: asks the questions, listens, and says goodbye. In memory only.

  ASKING: a prompt plays and the caller may speak into it, or all is quiet and a no-input time runs (media time)
  READING: an utterance is at the recognizer, nothing is heard
  LEAVING: the goodbye plays; its mark closes the stream
"""

import asyncio
import json
import re
import sys
from base64 import b64decode
from dataclasses import dataclass

import numpy as np
from fastapi import WebSocket
from websockets.exceptions import ConnectionClosed

from endpointer import ENDED, FRAME_MS, STARTED, Endpointer
from player import Player, ReadyPrompt
from recognizer import Recognizer

# A question without a usable answer is asked so often again, then the call ends.
MISSES_MAX = 2
CALL_MAX_S = 1800.0

YES = frozenset(("yes", "yeah", "yep", "yup", "sure", "correct", "right", "ok", "okay"))
NO = frozenset(("no", "nope", "nah", "not", "don't", "never", "wrong"))

OPENING, ASKING, READING, LEAVING, OVER = range(5)


@dataclass(frozen=True)
class CallSetting:
    questions: int
    no_input_ms: int
    end_of_speech_ms: int
    prompt: ReadyPrompt
    goodbye: ReadyPrompt
    recognizer: Recognizer


def read_yes_no(text: str) -> bool | None:
    """None: neither, or both."""
    words = frozenset(re.findall(r"[a-z']+", text.lower()))
    says_yes, says_no = bool(words & YES), bool(words & NO)
    return None if says_yes == says_no else says_yes


class Call:
    def __init__(self, socket: WebSocket, setting: CallSetting) -> None:
        self._socket = socket
        self._setting = setting
        self._endpointer = Endpointer(setting.end_of_speech_ms)
        self._player: Player | None = None
        self._reading: asyncio.Task[None] | None = None
        self._state = OPENING
        self._answers: list[bool] = []
        self._misses = 0
        self._quiet_ms = 0

    async def run(self) -> None:
        """Returns when the stream is closed."""
        limit = asyncio.get_running_loop().call_later(CALL_MAX_S, asyncio.current_task().cancel)
        receive = self._socket.receive
        try:
            while (received := await receive())["type"] == "websocket.receive":
                message = json.loads(received["text"])
                event = message.get("event")
                if event == "media":
                    await self._hear(b64decode(message["media"]["payload"]))
                elif event == "mark" and self._player is not None:
                    await self._player.mark_echoed(message["mark"]["name"])
                elif event == "dtmf":
                    await self._press(message["dtmf"]["digit"])
                elif event == "start":
                    self._start(message["streamSid"])
                elif event == "stop":
                    self._end()
        finally:
            limit.cancel()
            self._end()

    def _start(self, stream_sid: str) -> None:
        if self._state != OPENING:
            return
        self._player = Player(stream_sid, self._send, self._played)
        self._ask()

    async def _send(self, message: str) -> None:
        try:
            await self._socket.send({"type": "websocket.send", "text": message})
        except (ConnectionClosed, RuntimeError):
            # The other side was faster; its end is received next.
            self._end()

    async def _played(self) -> None:
        if self._state != LEAVING:
            return
        self._state = OVER
        try:
            await self._socket.close(1000)
        except (ConnectionClosed, RuntimeError):
            self._end()

    def _ask(self) -> None:
        self._state = ASKING
        self._quiet_ms = 0
        self._endpointer.listen()
        self._player.play(self._setting.prompt)

    async def _hear(self, mulaw: bytes) -> None:
        player, endpointer = self._player, self._endpointer
        if player is None:
            return
        event = endpointer.push(mulaw, player.is_playing)
        if self._state != ASKING:
            return
        if event == STARTED:
            await player.clear()
        elif event == ENDED:
            self._state = READING
            self._reading = asyncio.create_task(self._read(endpointer.take_utterance()))
        elif player.is_playing or endpointer.in_utterance:
            self._quiet_ms = 0
        else:
            self._quiet_ms += FRAME_MS
            if self._quiet_ms >= self._setting.no_input_ms:
                self._miss()

    async def _read(self, samples: np.ndarray) -> None:
        answer = None
        try:
            answer = read_yes_no(await self._setting.recognizer.transcribe(samples))
        except (OSError, ValueError, KeyError, EOFError, asyncio.TimeoutError) as error:
            print(f"Recognizer: {error!r}", file=sys.stderr)
        if self._state != READING:
            return
        if answer is None:
            self._miss()
        else:
            self._take(answer)

    async def _press(self, digit: str) -> None:
        if self._state != ASKING:
            return
        await self._player.clear()
        self._endpointer.ignore()
        if digit in ("1", "2"):
            self._take(digit == "1")
        else:
            self._miss()

    def _take(self, answer: bool) -> None:
        self._answers.append(answer)
        self._misses = 0
        if len(self._answers) >= self._setting.questions:
            self._leave()
        else:
            self._ask()

    def _miss(self) -> None:
        self._misses += 1
        if self._misses > MISSES_MAX:
            self._leave()
        else:
            self._ask()

    def _leave(self) -> None:
        self._state = LEAVING
        self._endpointer.ignore()
        self._player.play(self._setting.goodbye)

    def _end(self) -> None:
        """Idempotent."""
        self._state = OVER
        if self._player is not None:
            self._player.close()
        if self._reading is not None:
            self._reading.cancel()
