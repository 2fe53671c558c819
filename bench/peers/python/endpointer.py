"""Start and end of speech by level over a noise floor that follows the line, and the sound of the utterance with its
pre-roll. One per call; all time is media time, in frames of 20 ms. The same rules as ../ws-js/endpointer.ts."""

from collections import deque

import numpy as np

FRAME_MS = 20
FRAME_SAMPLES = 160
FULL_SCALE_POWER = 32_768.0**2
# Softer than -50 dBFS is no speech on any line.
GATE_POWER = FULL_SCALE_POWER * 10**-5
# Speech is 9 dB over the floor.
SPEECH_TO_FLOOR_RATIO = 8.0
# The floor falls within some frames, and rises 1 dB a second: a word does not lift it, a fan does.
FLOOR_FALL = 0.25
FLOOR_RISE_RATIO = 10 ** (0.1 / 50)
# Louder than -45 dBFS a first frame may be speech already: the floor starts no higher.
FIRST_FLOOR_POWER_MAX = FULL_SCALE_POWER * 10**-4.5
# 3 voiced of 4; 5 of 6 while a prompt plays, whose echo may come back.
ONSET_WINDOW, ONSET_VOICED_MIN = 0b1111, 3
BARGE_IN_WINDOW, BARGE_IN_VOICED_MIN = 0b111111, 5
# Fewer voiced frames are a click.
VOICED_MIN = 5
# What an utterance begins with: 300 ms, and the frames in which its onset was found.
PRE_ROLL_FRAMES = 20
UTTERANCE_MAX_FRAMES = 500

NONE, STARTED, ENDED, DISCARDED = range(4)


def _mulaw_table() -> np.ndarray:
    """Code (0 to 255) -> signed 16-bit sample (ITU-T G.711), as floats: what the level is computed with."""
    bits = ~np.arange(256) & 0xFF
    magnitude = ((((bits & 0x0F) << 3) + 0x84) << ((bits >> 4) & 0x07)) - 0x84
    return np.where(bits & 0x80, -magnitude, magnitude).astype(np.float32)


_decode = _mulaw_table().take
_frombuffer, _uint8 = np.frombuffer, np.dtype(np.uint8)


class Endpointer:
    __slots__ = (
        "in_utterance", "_end_frames", "_pre_roll", "_floor_power", "_voiced", "_is_listening",
        "_frames", "_voiced_frames", "_quiet_frames",
    )

    def __init__(self, end_of_speech_ms: int) -> None:
        self._end_frames = max(1, round(end_of_speech_ms / FRAME_MS))
        self._pre_roll: deque[np.ndarray] = deque(maxlen=PRE_ROLL_FRAMES)
        self._floor_power = -1.0
        # Bit n: the frame n frames ago was voiced.
        self._voiced = 0
        self._is_listening = False
        self.in_utterance = False
        self._frames: list[np.ndarray] = []
        self._voiced_frames = 0
        self._quiet_frames = 0

    def listen(self) -> None:
        """Speech counts from here on."""
        self._is_listening = True
        self._pre_roll.clear()
        self._voiced = 0
        self.in_utterance = False

    def ignore(self) -> None:
        """Speech counts no more, nor does what was heard of an utterance."""
        self._is_listening = False
        self.in_utterance = False
        self._frames = []

    def push(self, mulaw: bytes, is_prompt_playing: bool) -> int:
        """One frame of 20 ms; others are passed over."""
        if len(mulaw) != FRAME_SAMPLES:
            return NONE
        frame = _decode(_frombuffer(mulaw, _uint8))
        power = float(frame.dot(frame)) / FRAME_SAMPLES
        floor = self._floor_power
        if floor < 0:
            floor = min(power, FIRST_FLOOR_POWER_MAX)
        elif power < floor:
            floor += FLOOR_FALL * (power - floor)
        else:
            floor = min(power, max(1.0, floor) * FLOOR_RISE_RATIO)
        self._floor_power = floor
        is_voiced = power > GATE_POWER and power > SPEECH_TO_FLOOR_RATIO * floor
        self._voiced = (self._voiced << 1 | is_voiced) & 0xFF
        if not self._is_listening:
            return NONE
        if self.in_utterance:
            return self._continue(frame, is_voiced)
        self._pre_roll.append(frame)
        if not self._voiced:
            return NONE
        if is_prompt_playing:
            voiced_frames = (self._voiced & BARGE_IN_WINDOW).bit_count()
            if voiced_frames < BARGE_IN_VOICED_MIN:
                return NONE
        else:
            voiced_frames = (self._voiced & ONSET_WINDOW).bit_count()
            if voiced_frames < ONSET_VOICED_MIN:
                return NONE
        self.in_utterance = True
        self._frames = list(self._pre_roll)
        self._voiced_frames = voiced_frames
        self._quiet_frames = 0
        return STARTED

    def take_utterance(self) -> np.ndarray:
        """8 kHz, float32 in the range of 16 bits. Once after ENDED."""
        samples = np.concatenate(self._frames)
        self.ignore()
        return samples

    def _continue(self, frame: np.ndarray, is_voiced: bool) -> int:
        self._frames.append(frame)
        if is_voiced:
            self._voiced_frames += 1
            self._quiet_frames = 0
        else:
            self._quiet_frames += 1
        if self._quiet_frames < self._end_frames and len(self._frames) < UTTERANCE_MAX_FRAMES:
            return NONE
        if self._voiced_frames >= VOICED_MIN:
            return ENDED
        self.in_utterance = False
        self._voiced = 0
        self._frames = []
        return DISCARDED
