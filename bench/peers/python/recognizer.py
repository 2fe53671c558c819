"""Utterances to text by an OpenAI-compatible /audio/transcriptions: 16 kHz WAV, multipart, connections kept open."""

import json
import struct
import uuid

import numpy as np

from http_client import HttpClient

MODEL = "gpt-transcribe"
RATE_HZ = 16_000
# Half-band low-pass (windowed sinc, Kaiser, some 60 dB down from 4.6 kHz): every second output sample is an input
# sample, so only those between are computed.
PAIRS = 12
KAISER_BETA = 5.65
BOUNDARY = f"peer-{uuid.uuid4()}"


def _half_band_taps() -> np.ndarray:
    distance = np.arange(-PAIRS + 0.5, PAIRS)
    taps = np.sinc(distance) * np.i0(KAISER_BETA * np.sqrt(1 - (distance / PAIRS) ** 2))
    return (taps / taps.sum()).astype(np.float32)


_TAPS = _half_band_taps()


def resample_to_16_khz(samples: np.ndarray) -> np.ndarray:
    between = np.convolve(np.pad(samples, (PAIRS - 1, PAIRS)), _TAPS, "valid")
    output = np.empty(2 * len(samples), np.int16)
    output[0::2] = samples
    output[1::2] = np.clip(np.rint(between), -32_768, 32_767)
    return output


def _field(name: str, value: str) -> str:
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'


_FORM_HEAD = (
    _field("model", MODEL)
    + _field("response_format", "json")
    + _field("languages[]", "en")
    + f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="audio.wav"\r\n'
    + "Content-Type: audio/wav\r\n\r\n"
).encode()
_FORM_TAIL = f"\r\n--{BOUNDARY}--\r\n".encode()


def _wav_header(pcm_bytes: int) -> bytes:
    """PCM16, mono."""
    return struct.pack(
        "<4sI8sIHHIIHH4sI",
        b"RIFF", 36 + pcm_bytes, b"WAVEfmt ", 16, 1, 1, RATE_HZ, RATE_HZ * 2, 2, 16, b"data", pcm_bytes,
    )


class Recognizer:
    def __init__(self, base_url: str, api_key: str) -> None:
        self._client = HttpClient(base_url)
        self._headers = (
            f"Authorization: Bearer {api_key}\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
        )

    async def transcribe(self, samples: np.ndarray) -> str:
        """`samples` at 8 kHz. Raises if no transcript comes in time."""
        pcm = resample_to_16_khz(samples).tobytes()
        form = b"".join((_FORM_HEAD, _wav_header(len(pcm)), pcm, _FORM_TAIL))
        answer = json.loads(await self._client.post("/audio/transcriptions", self._headers, form))
        return answer["text"]
