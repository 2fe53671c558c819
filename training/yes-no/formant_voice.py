"""A formant synthesizer (after Klatt, 1980) whose every call is a different speaker and accent.

It exists for variety: recorded voices are few, and a recognizer trained on a handful learns those people. It is
not meant to sound pleasant. Targets are textbook values for an adult male tract; the speaker scales them.
"""

import numpy as np
from scipy.signal import lfilter, sosfilt

RATE_HZ = 16000
STEP_SAMPLES = 80  # parameters change every 5 ms

# Steady vowels and glides: F1, F2, F3 in hertz at the start and at the end of the phone.
VOWELS = {
    "iy": (280, 2250, 2950), "ih": (400, 1950, 2550), "eh": (560, 1800, 2500), "ae": (690, 1680, 2430),
    "aa": (730, 1120, 2450), "ao": (590, 880, 2420), "uh": (440, 1050, 2300), "uw": (310, 1000, 2250, 300, 880, 2250),
    "ah": (630, 1220, 2500), "ax": (500, 1420, 2500), "er": (470, 1320, 1690), "axr": (470, 1320, 1690),
    "ey": (480, 1950, 2600, 330, 2200, 2750), "ay": (730, 1200, 2500, 380, 2050, 2600),
    "ow": (530, 1020, 2400, 370, 840, 2350), "aw": (730, 1280, 2500, 420, 900, 2350),
    "oy": (560, 850, 2450, 370, 2020, 2600), "ix": (420, 1750, 2500),
}
GLIDES = {"y": (270, 2250, 2980), "w": (290, 660, 2200), "r": (330, 1120, 1480), "l": (350, 1020, 2650)}
NASALS = {"m": (260, 1000, 2250, 1000), "n": (260, 1650, 2550, 1600), "ng": (260, 2050, 2650, 2400)}  # last: zero
# Fricatives: locus F1, F2, F3; noise center, noise bandwidth (Hz), noise level, voiced.
FRICATIVES = {
    "s": (330, 1750, 2600, 5600, 2600, 1.0, 0), "z": (280, 1750, 2600, 5600, 2600, 0.55, 1),
    "sh": (330, 1900, 2550, 3300, 1800, 1.0, 0), "zh": (280, 1900, 2550, 3300, 1800, 0.5, 1),
    "f": (340, 1050, 2250, 3600, 6000, 0.16, 0), "v": (260, 1050, 2250, 3600, 6000, 0.08, 1),
    "th": (340, 1450, 2550, 4600, 5000, 0.14, 0), "dh": (270, 1450, 2550, 4600, 5000, 0.05, 1),
}
# Stops: locus F1, F2, F3; burst center, bandwidth, level, voiced.
STOPS = {
    "p": (300, 950, 2200, 1000, 1800, 0.35, 0), "b": (250, 950, 2200, 900, 1500, 0.3, 1),
    "t": (300, 1750, 2650, 4200, 2600, 0.75, 0), "d": (250, 1750, 2650, 3900, 2600, 0.6, 1),
    "k": (300, 1900, 2400, 2000, 1100, 0.6, 0), "g": (250, 1900, 2400, 2000, 1100, 0.5, 1),
    "ch": (300, 1850, 2550, 3300, 1800, 0.9, 0), "jh": (250, 1850, 2550, 3300, 1800, 0.6, 1),
    "dx": (280, 1750, 2600, 3900, 2600, 0.1, 1),
}
# Regional values for the phones that move most between kinds of English.
ACCENTS = {
    "ow": [(500, 1420, 2450, 400, 1000, 2350), (530, 1500, 2450, 370, 1150, 2300), (560, 1350, 2450, 390, 950, 2350),
           (460, 830, 2400), (600, 900, 2400, 430, 830, 2350),
           (620, 1250, 2450, 420, 950, 2350), (520, 1300, 2400, 380, 1250, 2300), (540, 870, 2400, 450, 850, 2400)],
    "eh": [(480, 1950, 2600), (640, 1750, 2480), (560, 1800, 2500, 520, 1650, 2500)],
    "ae": [(780, 1550, 2430), (600, 1850, 2500, 650, 1600, 2450), (650, 1750, 2450)],
    "aa": [(620, 920, 2400), (760, 1350, 2450), (680, 1050, 2450)],
    "ao": [(480, 780, 2400), (660, 1000, 2450)],
    "er": [(520, 1420, 2450), (560, 1380, 2350), (480, 1250, 1850)],
    "uw": [(310, 1600, 2300, 300, 1450, 2250), (320, 850, 2250)],
    "ay": [(650, 1050, 2450, 400, 1950, 2550), (760, 1350, 2500, 700, 1500, 2500), (600, 1300, 2500, 380, 2000, 2600)],
    "ey": [(470, 2000, 2600), (620, 1700, 2550, 380, 2050, 2650)],
    "uh": [(400, 1250, 2350), (460, 900, 2300)],
    "iy": [(300, 2100, 2800), (380, 2000, 2600, 280, 2250, 2900)],
}

# Southern British vowels, which go together: the lowest and highest start, and end, of each.
SOUTHERN_BRITISH = {
    "ow": [(470, 1250, 2200), (650, 1680, 2550), (370, 950, 2100), (460, 1420, 2400)],
    "ao": [(390, 680, 2350), (530, 900, 2550)], "uh": [(360, 900, 2150), (460, 1300, 2400)],
    "er": [(480, 1300, 2350), (610, 1560, 2600)], "ax": [(450, 1300, 2300), (600, 1550, 2550)],
    "uw": [(290, 1050, 2150), (360, 1700, 2350)],
    "aw": [(700, 1250, 2350), (820, 1550, 2500), (430, 950, 2250), (540, 1250, 2400)],
    "eh": [(480, 1700, 2400), (620, 1950, 2600)], "ae": [(680, 1450, 2350), (820, 1700, 2500)],
}


class Speaker:
    """One random person, and how they happen to talk this time."""

    def __init__(self, rng, southern_share=0.2):
        self.rng = rng
        self.tract = rng.uniform(0.86, 1.24)
        self.formant_offsets = rng.normal(1.0, 0.035, 6)
        self.f0_hz = float(np.clip(115 * self.tract**3 * np.exp(rng.normal(0, 0.28)), 65, 330))
        self.bandwidths = rng.uniform(0.7, 1.7)
        self.breath = rng.choice([0.0, 0.01, 0.03, 0.08])
        self.whispers = rng.random() < 0.03
        self.jitter = rng.choice([0.0, 0.005, 0.015, 0.03])
        self.tilt = rng.uniform(0.0, 0.75)
        self.open_bandwidth_hz = rng.uniform(60, 350)
        self.frication = float(np.exp(rng.normal(-0.2, 0.5)))
        self.smooth_ms = rng.uniform(35, 95)
        self.pace = float(np.exp(rng.normal(0.0, 0.22)))
        self.accent = {p: v[rng.integers(len(v))] for p, v in ACCENTS.items() if rng.random() < 0.5}
        # The vowel of "no" differs more between kinds of English than any other: from a long monophthong to a glide
        # that begins or ends far in front. The list above has the usual ones; this is the whole range.
        if rng.random() < 0.5:
            start_hz = rng.uniform((430, 850, 2150), (680, 1650, 2550))
            end_hz = (rng.uniform(340, 480), rng.uniform(780, max(800, min(1400, start_hz[1]))), rng.uniform(2100, 2450))
            self.accent["ow"] = (*start_hz, *end_hz)
        if rng.random() < 0.4:
            self.accent["uh"] = (rng.uniform(360, 540), rng.uniform(820, 1450), rng.uniform(2100, 2450))
        southern = rng.random() < southern_share
        if southern:
            for phone, (low, high, *end) in SOUTHERN_BRITISH.items():
                self.accent[phone] = (*rng.uniform(low, high), *(rng.uniform(*end) if end else ()))
        self.drops_r = southern or rng.random() < 0.3
        self.taps = not southern and rng.random() < 0.75
        self.glides_from = rng.uniform(0.0, 0.45)  # how much of a diphthong is over before it moves

    def vowel(self, phone):
        target = np.array(self.accent.get(phone) or VOWELS[phone], float)
        start, end = (target, target) if len(target) == 3 else (target[:3], target[3:])
        wobble = self.rng.normal(1.0, 0.04, 3)
        return start * wobble, end * wobble


def resonator(frequency_hz, bandwidth_hz):
    radius = np.exp(-np.pi * bandwidth_hz / RATE_HZ)
    b, c = 2 * radius * np.cos(2 * np.pi * frequency_hz / RATE_HZ), -radius * radius
    return b, c


def pitch_track(speaker, steps):
    rng = speaker.rng
    anchors = rng.integers(2, 5)
    shape = np.cumsum(rng.normal(-0.04, 0.12, anchors))
    if rng.random() < 0.15:
        shape[:] = shape[0]  # monotone, as robots are
    track = np.interp(np.linspace(0, 1, steps), np.linspace(0, 1, anchors), shape)
    return speaker.f0_hz * np.exp(np.clip(track, -0.5, 0.6))


def noise_band(rng, count, center_hz, bandwidth_hz):
    b, c = resonator(min(center_hz, 7400), bandwidth_hz)
    shaped = lfilter([1, 0, -1], [1, -b, -c], rng.standard_normal(count + 64))[64:]
    return shaped / (np.sqrt(np.mean(shaped**2)) + 1e-9)


def speak(phones, rng, southern_share=0.2):
    """phones: list of (phone, milliseconds). Returns floats at 16 kHz, peak 0.5, with no silence around.

    southern_share: how likely the speaker is from the south of England.
    """
    speaker = Speaker(rng, southern_share)
    if speaker.drops_r:  # non-rhotic: an r stays only before a vowel
        phones = [("ax", d) if p == "r" and i and (i + 1 == len(phones) or phones[i + 1][0] not in VOWELS) else (p, d)
                  for i, (p, d) in enumerate(phones)]
    formants, zeros, voice, breath, noises = [], [], [], [], []
    position = 0
    for index, (phone, duration_ms) in enumerate(phones):
        duration_ms = duration_ms * speaker.pace * float(np.exp(rng.normal(0, 0.15)))
        steps = max(4, int(round(duration_ms / 5)))
        last = index + 1 == len(phones)
        at = np.linspace(0, 1, steps)[:, None]
        zero_hz, v, h = 270.0, np.ones(steps), np.zeros(steps)
        if phone in VOWELS:
            start, end = speaker.vowel(phone)
            moved = (at - speaker.glides_from) * 1.15 / (1 - speaker.glides_from)
            track = start + (end - start) * np.clip(moved, 0, 1)
        elif phone in GLIDES:
            track = np.tile(GLIDES[phone], (steps, 1)) * rng.normal(1, 0.04, 3)
            v *= 0.6
        elif phone in NASALS:
            *locus, zero_hz = NASALS[phone]
            track = np.tile(locus, (steps, 1)) * rng.normal(1, 0.05, 3)
            v *= rng.uniform(0.35, 0.7)
        elif phone == "hh":
            track = np.full((steps, 3), np.nan)
            v, h = np.zeros(steps), np.full(steps, 0.25)
        elif phone in FRICATIVES:
            *locus, center, width, level, voiced = FRICATIVES[phone]
            track = np.tile(locus, (steps, 1)).astype(float)
            v = np.full(steps, 0.3 * voiced)
            noises.append((position, steps, center, width, level * np.minimum(1, np.sin(np.pi * at[:, 0]) * 2.2)))
        elif phone in STOPS:
            *locus, center, width, level, voiced = STOPS[phone]
            track = np.tile(locus, (steps, 1)).astype(float)
            release = max(2, steps // 4 if phone not in ("ch", "jh") else steps // 2)
            tapped = phone == "dx" or (phone in "td" and speaker.taps and 0 < index < len(phones) - 1
                                       and phones[index - 1][0] in VOWELS and phones[index + 1][0] in VOWELS)
            released = not (last and rng.random() < 0.3) and not tapped
            v = np.full(steps, 0.5 if tapped else 0.12 * voiced)
            if released:
                burst = np.zeros(steps)
                burst[-release:] = np.exp(-np.arange(release) / max(1.0, release / 2.5))
                noises.append((position, steps, center, width, level * burst))
                h[-release:] = 0.12 * (1 - voiced)
        else:  # a pause
            track = np.full((steps, 3), np.nan)
            v = np.zeros(steps)
        formants.append(track)
        zeros.append(np.full(steps, zero_hz))
        voice.append(v)
        breath.append(h)
        position += steps
    track, zero = np.concatenate(formants), np.concatenate(zeros)
    voice, breath = np.concatenate(voice), np.concatenate(breath)
    fade = np.zeros(6)
    voice, breath = np.concatenate([voice, fade]), np.concatenate([breath, fade])
    track, zero = np.vstack([track, np.repeat(track[-1:], 6, 0)]), np.concatenate([zero, np.repeat(zero[-1:], 6)])
    steps = len(track)
    for column in range(3):  # pauses and h take the formants of what stands beside them
        known = np.flatnonzero(~np.isnan(track[:, column]))
        track[:, column] = np.interp(np.arange(steps), known, track[known, column]) if len(known) else 500.0
    kernel = np.hanning(int(speaker.smooth_ms / 5) + 2)[1:-1]
    smooth = lambda x, k: np.convolve(np.pad(x, len(k), mode="edge"), k / k.sum(), "same")[len(k):-len(k)]
    track = np.stack([smooth(track[:, i], kernel) for i in range(3)], 1) * speaker.tract * speaker.formant_offsets[:3]
    zero = smooth(zero, np.ones(6)) * speaker.tract
    short = np.hanning(6)[1:-1]
    voice, breath = smooth(voice, short), smooth(breath, short)
    count = steps * STEP_SAMPLES
    f0 = np.repeat(pitch_track(speaker, steps), STEP_SAMPLES)
    f0 = f0 * (1 + speaker.jitter * smooth(rng.standard_normal(count), np.hanning(200)) * 10)
    phase = np.cumsum(f0 / RATE_HZ)
    pulses = np.zeros(count)
    crossings = np.flatnonzero(np.diff(np.floor(phase))) + 1
    pulses[crossings] = np.sqrt(RATE_HZ / f0[crossings]) * (1 + speaker.jitter * rng.normal(0, 3, len(crossings)))
    b, c = resonator(0.0, speaker.open_bandwidth_hz)
    glottal = lfilter([1 - b - c], [1, -b, -c], pulses)
    glottal = lfilter([1 - speaker.tilt], [1, -speaker.tilt], glottal)
    glottal = np.diff(glottal, prepend=0.0)
    glottal /= np.sqrt(np.mean(glottal**2)) + 1e-9
    hiss = rng.standard_normal(count)
    v, h = np.repeat(voice, STEP_SAMPLES), np.repeat(breath, STEP_SAMPLES)
    source = hiss * v * 0.35 if speaker.whispers else glottal * v + hiss * v * speaker.breath
    source = source + hiss * h * 0.6
    out = np.zeros(count)
    sos = np.zeros((7, 6))
    sos[:, 0], sos[:, 3] = 1, 1
    state = np.zeros((7, 2))
    upper = np.array([3450, 4250]) * speaker.tract * speaker.formant_offsets[3:5]
    widths = np.array([70, 95, 140, 220, 300]) * speaker.bandwidths
    pole_b, pole_c = resonator(270.0 * speaker.tract, 100)
    for step in range(steps):
        frequencies = np.minimum(np.concatenate([track[step], upper]), 7600)
        bs, cs = resonator(frequencies, widths)
        sos[:5, 0], sos[:5, 4], sos[:5, 5] = 1 - bs - cs, -bs, -cs
        zb, zc = resonator(zero[step], 100)
        sos[5, :3] = np.array([1, -zb, -zc]) / (1 - zb - zc)
        sos[6, 0], sos[6, 4], sos[6, 5] = 1 - pole_b - pole_c, -pole_b, -pole_c
        at = slice(step * STEP_SAMPLES, (step + 1) * STEP_SAMPLES)
        out[at], state = sosfilt(sos, source[at], zi=state)
    level = np.sqrt(np.mean(out[v > 0.5] ** 2)) if np.any(v > 0.5) else np.sqrt(np.mean(out**2))
    out /= level + 1e-9
    for start, length, center, width, envelope in noises:
        samples = length * STEP_SAMPLES
        center_hz = center * speaker.tract**0.5 * rng.normal(1, 0.06)
        burst = noise_band(rng, samples, center_hz, width) * np.repeat(smooth(envelope, np.ones(2)), STEP_SAMPLES)
        out[start * STEP_SAMPLES:start * STEP_SAMPLES + samples] += burst * 0.7 * speaker.frication
    return (out * (0.5 / (np.abs(out).max() + 1e-9))).astype(np.float32)
