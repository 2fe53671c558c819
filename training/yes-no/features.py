"""Log-mel features of telephone speech: the same numbers as src/speech/builtin/mel-features.ts.

Frames of 25 ms every 10 ms at 8 kHz, Hann window, 256-point power spectrum, 32 triangular mel filters from
120 to 3800 Hz, natural logarithm. `check_parity.ts` holds the two implementations to 1e-3.
"""

import numpy as np

SAMPLE_RATE_HZ = 8000
FRAME_SAMPLES = 200
HOP_SAMPLES = 80
FFT_SAMPLES = 256
BAND_COUNT = 32
LOWEST_HZ = 120.0
HIGHEST_HZ = 3800.0
# The quietest band energy kept: about a quarter of one 16-bit step, so that digital silence is finite.
ENERGY_FLOOR = 1e-10
# After normalization the loudest frame of an utterance lies near +2 and 50 dB below it near -1.3.
REFERENCE_OFFSET = 7.0
REFERENCE_SCALE = 3.5
LOWEST_FEATURE = -2.0


def hz_to_mel(hz):
    return 1127.0 * np.log1p(np.asarray(hz) / 700.0)


def mel_filters():
    edges = 700.0 * np.expm1(np.linspace(hz_to_mel(LOWEST_HZ), hz_to_mel(HIGHEST_HZ), BAND_COUNT + 2) / 1127.0)
    bins_hz = np.arange(FFT_SAMPLES // 2 + 1) * SAMPLE_RATE_HZ / FFT_SAMPLES
    rising = (bins_hz[None, :] - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins_hz[None, :]) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)


WINDOW = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME_SAMPLES) / FRAME_SAMPLES)).astype(np.float32)
FILTERS = mel_filters()


def log_mel(samples):
    """samples: floats of full scale 1.0 at 8 kHz. Returns [frames, bands], unnormalized."""
    frame_count = (len(samples) - FRAME_SAMPLES) // HOP_SAMPLES + 1
    if frame_count < 1:
        return np.zeros((0, BAND_COUNT), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME_SAMPLES)[::HOP_SAMPLES][:frame_count]
    spectrum = np.fft.rfft(frames * WINDOW, FFT_SAMPLES)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32) / FRAME_SAMPLES
    return np.log(np.maximum(power @ FILTERS.T, ENERGY_FLOOR))


def normalize(features):
    """Takes the utterance's own level out: the loudest frame becomes the reference."""
    reference = np.log(np.exp(features).sum(axis=-1)).max(axis=-1)
    shifted = (features - reference[..., None, None] + REFERENCE_OFFSET) / REFERENCE_SCALE
    return np.maximum(shifted, LOWEST_FEATURE)


if __name__ == "__main__":  # for check-parity.ts: 16-bit samples at 8 kHz on stdin, JSON of [frames][bands] on stdout
    import json
    import sys

    samples = np.frombuffer(sys.stdin.buffer.read(), "<i2").astype(np.float32) / 32768
    json.dump(normalize(log_mel(samples)).tolist(), sys.stdout)
