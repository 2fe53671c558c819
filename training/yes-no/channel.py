"""From clean speech to what a telephone delivers, and the sounds that are not speech at all."""

import numpy as np
from scipy.signal import butter, fftconvolve, lfilter, resample_poly, sosfilt

RATE_HZ = 8000


def mulaw(samples):
    """G.711 mu-law there and back; floats of full scale 1.0."""
    x = np.clip(np.round(samples * 32768), -32635, 32635).astype(np.int32)
    sign, magnitude = x < 0, np.abs(x) + 132
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 15
    decoded = (((mantissa << 3) + 132) << exponent) - 132
    return np.where(sign, -decoded, decoded).astype(np.float32) / 32768


def alaw(samples):
    x = np.clip(np.round(samples * 4096), -4095, 4095).astype(np.int32)
    magnitude = np.abs(x)
    exponent = np.maximum(0, np.floor(np.log2(np.maximum(magnitude, 1))).astype(np.int32) - 5)
    step = np.where(exponent > 0, exponent, 1)
    decoded = ((magnitude >> step) << step) + (1 << (step - 1))
    return (np.sign(x) * decoded).astype(np.float32) / 4096


def telephone_band(rng):
    """A band limit of a random line, as second-order sections."""
    kind = rng.random()
    low_hz = rng.uniform(40, 120) if kind < 0.35 else rng.uniform(180, 380)
    high_hz = rng.uniform(3700, 3950) if kind < 0.35 else rng.uniform(2900, 3600)
    return np.vstack([butter(int(rng.integers(1, 5)), low_hz, "high", fs=RATE_HZ, output="sos"),
                      butter(int(rng.integers(3, 8)), high_hz, "low", fs=RATE_HZ, output="sos")])


def colored(rng, count):
    """White, pink, brown or car-like noise, by shaping a spectrum."""
    slope = rng.choice([0.0, 0.0, 0.5, 0.5, 1.0, 1.4])
    spectrum = np.fft.rfft(rng.standard_normal(count))
    spectrum /= np.maximum(np.arange(len(spectrum)), 20) ** slope
    return np.fft.irfft(spectrum, count)


def tones(rng, count, frequencies_hz, decay=0.0):
    t = np.arange(count) / RATE_HZ
    waves = (rng.uniform(0.3, 1) * np.sin(2 * np.pi * f * t + rng.uniform(0, 6)) for f in frequencies_hz)
    return sum(waves) * np.exp(-decay * t)


def hum(rng, count):
    base_hz = rng.choice([50.0, 60.0, 100.0, 120.0]) * rng.uniform(0.99, 1.01)
    t = np.arange(count) / RATE_HZ
    partial = lambda k: np.sin(2 * np.pi * base_hz * k * t + rng.uniform(0, 6)) * rng.uniform(0, 1) / k**0.7
    return sum(partial(k) for k in range(1, 30))


def dtmf(rng, count):
    out = np.zeros(count)
    at = int(rng.integers(0, max(1, count // 2)))
    while at < count:
        length = min(count - at, int(rng.uniform(0.05, 0.4) * RATE_HZ))
        pair = rng.choice([697, 770, 852, 941]), rng.choice([1209, 1336, 1477])
        out[at:at + length] = tones(rng, length, pair)
        at += length + int(rng.uniform(0.05, 0.3) * RATE_HZ)
    return out


def music(rng, count):
    out = np.zeros(count)
    at = 0
    root = rng.uniform(110, 440)
    while at < count:
        length = min(count - at, int(rng.uniform(0.1, 0.6) * RATE_HZ))
        notes = [root * 2 ** (k / 12) for k in rng.choice([0, 2, 4, 5, 7, 9, 12], 3)]
        partials = [n * p for n in notes for p in (1, 2, 3, 4) if n * p < 3800]
        out[at:at + length] += tones(rng, length, partials, rng.uniform(0, 6))
        at += length
    return out


def bursts(rng, count):
    """Coughs, breaths, knocks and clicks: short shaped noise, once or a few times."""
    out = np.zeros(count)
    for _ in range(rng.integers(1, 5)):
        length = int(np.exp(rng.uniform(np.log(0.005), np.log(0.5))) * RATE_HZ)
        at = int(rng.integers(0, max(1, count - length)))
        length = min(length, count - at)
        noise = rng.standard_normal(length)
        for _ in range(rng.integers(1, 4)):
            radius, angle = rng.uniform(0.8, 0.97), 2 * np.pi * rng.uniform(250, 3500) / RATE_HZ
            noise = lfilter([1], [1, -2 * radius * np.cos(angle), radius**2], noise)
        shape = np.linspace(0, 1, length) ** rng.uniform(0.1, 1) * np.exp(-np.linspace(0, rng.uniform(1, 6), length))
        out[at:at + length] += noise / (np.abs(noise).max() + 1e-9) * shape
    return out


def siren(rng, count):
    """Sweeps, rings and buzzes: a harmonic tone with a moving pitch and no articulation."""
    t = np.arange(count) / RATE_HZ
    sway = np.sin(2 * np.pi * rng.uniform(0.2, 4) * t + rng.uniform(0, 6))
    f = rng.uniform(90, 900) * np.exp(rng.uniform(0, 0.6) * sway)
    phase = 2 * np.pi * np.cumsum(f) / RATE_HZ
    return sum(np.sin(phase * k) / k**rng.uniform(0.3, 2) for k in range(1, rng.integers(2, 12)))


def unit(x):
    return x / (np.sqrt(np.mean(np.square(x))) + 1e-9)


def background(rng, count, babble):
    kind = rng.random()
    if kind < 0.5:
        return unit(colored(rng, count))
    if kind < 0.62:
        return unit(unit(hum(rng, count)) + 0.2 * unit(colored(rng, count)))
    if kind < 0.82:
        return unit(babble(rng, count))
    if kind < 0.9:
        return unit(music(rng, count))
    if kind < 0.95:
        return unit(bursts(rng, count) + 0.02 * colored(rng, count))
    return unit(siren(rng, count))


def line(rng, samples):
    """A random line and room: reverberation, spectral tilt, band, clipping. Keeps the length."""
    if rng.random() < 0.3:
        length = int(rng.uniform(0.06, 0.4) * RATE_HZ)
        tail = rng.standard_normal(length) * np.exp(-np.linspace(0, 6.9, length))
        tail *= 10 ** (-rng.uniform(2, 16) / 20) / np.sqrt(np.sum(tail**2))
        samples = fftconvolve(samples, np.concatenate([[1.0], tail]))[:len(samples)]
    if rng.random() < 0.6:
        samples = lfilter([1, -rng.uniform(-0.5, 0.7)], [1, -rng.uniform(-0.4, 0.5)], samples)
    if rng.random() < 0.3:  # one resonance of a handset
        radius, angle = rng.uniform(0.5, 0.85), 2 * np.pi * rng.uniform(400, 3400) / RATE_HZ
        samples = lfilter([1, -1.2 * radius * np.cos(angle), 0.4 * radius**2],
                          [1, -2 * radius * np.cos(angle), radius**2], samples)
    return sosfilt(telephone_band(rng), samples)


def to_telephone_rate(rng, samples16):
    """16 kHz to 8 kHz, at random a little slower or faster, which moves pitch and formants together."""
    down = int(rng.integers(34, 48)) if rng.random() < 0.75 else 40
    return resample_poly(samples16.astype(np.float32) / 32768, 20, down)


def deliver(rng, speech, babble, lead, trail, noise_always=False):
    """Speech (8 kHz) inside `lead` and `trail` samples of the line's own noise, coded as the carrier does."""
    speech = line(rng, speech)
    active = np.sqrt(np.mean(speech[np.abs(speech) > 0.05 * np.abs(speech).max()] ** 2)) + 1e-9
    x = np.concatenate([np.zeros(lead), speech / active, np.zeros(trail)])
    snr_db = rng.uniform(3, 25) if rng.random() < 0.5 or noise_always else rng.uniform(25, 65)
    noise = background(rng, len(x), babble)
    if rng.random() < 0.5:
        noise = unit(sosfilt(telephone_band(rng), noise))
    x = x + noise * 10 ** (-snr_db / 20)
    if rng.random() < 0.15 and lead > 1200:  # a breath or a click before the word
        length = int(rng.uniform(40, 800))
        at = lead - length - int(rng.uniform(0, 300))
        x[at:at + length] += unit(bursts(rng, length)) * rng.uniform(0.05, 0.5)
    x = x * 10 ** (rng.uniform(-38, -12) / 20)
    if rng.random() < 0.1:
        x = np.clip(x, *(np.array([-1, 1]) * np.abs(x).max() * rng.uniform(0.3, 0.8)))
    return code(rng, x)


def code(rng, x):
    kind = rng.random()
    if kind < 0.84:
        return mulaw(x)
    if kind < 0.9:
        return mulaw(mulaw(x) * 0.93)
    if kind < 0.96:
        return alaw(np.clip(x, -1, 1))
    return np.clip(x, -1, 1).astype(np.float32)
