"""Speech of Debian's espeak-ng, flite and festival in made-up noise, through mu-law, with the true speech frames.

A track is one voice taking six turns of one to five phrases, 0.8 to 3.2 s apart. Each is cut in several ways: a level, a noise, a ratio. The truth
is what the clean track says: a 20 ms frame is speech if its level is within 30 dB of the active speech level (ITU-T
P.56 in spirit), and a pause of at most 200 ms within speech is speech.
"""

import io
import struct
import subprocess
import tempfile
import warnings

import numpy as np
from scipy.io import wavfile
from scipy.signal import butter, resample_poly, sosfilt

RATE_HZ = 8000
FRAME = 160

PHRASES = [
    "Yes.", "No.", "No, thank you.", "I am not sure about that.", "Maybe.", "Twenty seven.", "Yes, I do.", "Nope.",
    "My date of birth is the fourth of July, nineteen sixty two.", "Could you repeat the question please?",
    "It was about three weeks ago, I think.", "I take two tablets in the morning and one at night.", "Correct.",
    "Speak to a person.", "That sounds right to me.", "She sells fish by the harbour every Sunday.",
    "Fifty six Church Street, apartment nine.", "Well, it depends on what you mean by often.",
    "I have never smoked.", "Six feet tall, and a hundred and eighty pounds.",
]
VOICES = [
    "espeak-ng en-us", "espeak-ng en-us+m3", "espeak-ng en-us+f2 60 165", "espeak-ng en-gb+f4",
    "espeak-ng en-gb-scotland+m7 35 150", "espeak-ng en-us+Andy", "espeak-ng en-us+Annie 55 190",
    "espeak-ng en-us+klatt2", "espeak-ng en-us+Ed 30 170", "espeak-ng en-gb+anika", "espeak-ng en-us+Mario 50 150",
    "flite slt", "flite kal", "flite rms", "festival ked_diphone",
]  # fmt: skip

# The bench keeps other voices and other phrases for itself: espeak-ng m1, m5, f5, klatt4, Linda, Michael, grandma, Alicia
# and Denis, flite awb and kal16, festival slt.

_spoken = {}


def say(voice, phrase):
    """Mono samples at 8 kHz, full scale 1, quiet ends cut off, active level 0 dB."""
    key = (voice, phrase)
    if key not in _spoken:
        engine, name, *settings = voice.split()
        with tempfile.NamedTemporaryFile(suffix=".wav") as file:
            if engine == "espeak-ng":
                options = ["-p", settings[0], "-s", settings[1]] if settings else []
                command, text = ["espeak-ng", "-v", name, *options, "-w", file.name, phrase], None
            elif engine == "flite":
                command, text = ["flite", "-voice", name, "-t", phrase, "-o", file.name], None
            else:
                command, text = ["text2wave", "-eval", f"(voice_{name})", "-o", file.name], phrase.encode()
            subprocess.run(command, input=text, check=True, capture_output=True)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                rate, samples = wavfile.read(io.BytesIO(open(file.name, "rb").read()))
        common = np.gcd(rate, RATE_HZ)
        samples = resample_poly(samples / 32768.0, RATE_HZ // common, rate // common)
        levels = frame_levels(samples)
        loud = np.flatnonzero(levels > levels.max() - 40)
        samples = samples[loud[0] * FRAME : (loud[-1] + 1) * FRAME]
        _spoken[key] = samples * 10 ** (-active_level(samples) / 20)
    return _spoken[key]


def frame_levels(samples):
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    return 10 * np.log10((frames**2).mean(1) + 1e-12)


def active_level(samples):
    levels = frame_levels(samples)
    powers = 10 ** (levels / 10)
    active = 10 * np.log10(powers.mean() + 1e-12)
    for _ in range(20):
        active = 10 * np.log10(powers[levels > active - 15.9].mean() + 1e-12)
    return active


def truth(clean):
    """True for each frame of speech in a clean track of active level 0 dB."""
    is_speech = frame_levels(clean) > -30
    spoken = np.flatnonzero(is_speech)
    for before, after in zip(spoken[:-1], spoken[1:]):
        if 1 < after - before <= 11:
            is_speech[before:after] = True
    return is_speech


def make_track(voice, rng):
    parts = [np.zeros(int((0.3 + 2 * rng.random()) * RATE_HZ))]
    is_telephone = rng.random() < 0.5
    # Half the turns are one phrase, the others two to five with pauses that are no end.
    for _ in range(6):
        turn = []
        for index in rng.permutation(len(PHRASES))[: 1 if rng.random() < 0.5 else rng.integers(2, 6)]:
            turn += [say(voice, PHRASES[index]), np.zeros(int((0.05 + 0.3 * rng.random()) * RATE_HZ))]
        spoken = np.concatenate(turn)
        if is_telephone:
            spoken = sosfilt(butter(2, [200, 3400], "band", fs=RATE_HZ, output="sos"), spoken)
        parts += [spoken, np.zeros(int((0.8 + (1.2 if len(turn) < 4 else 2.4) * rng.random()) * RATE_HZ))]
    track = np.concatenate(parts)
    return track[: len(track) // FRAME * FRAME]


def pink(count, rng):
    spectrum = np.fft.rfft(rng.standard_normal(count))
    bins = np.maximum(np.arange(len(spectrum)), 1)
    spectrum /= np.sqrt(bins)
    spectrum[: int(20 * count / RATE_HZ)] = 0
    return np.fft.irfft(spectrum, count)


def hum(count, rng):
    mains_hz = rng.choice([50, 60])
    times = np.arange(count) / RATE_HZ
    shape = rng.integers(3)
    wave = np.zeros(count)
    for harmonic in range(1, rng.integers(5, 16)):
        odd = (1 if harmonic % 2 else 0.2) / harmonic
        sparse = (harmonic in (1, 2, 3, 5)) / np.sqrt(harmonic)
        strength = (1 / harmonic, odd, sparse)[shape]
        wave += strength * np.sin(2 * np.pi * (mains_hz * harmonic * times + rng.random()))
    return wave


def babble(count, rng):
    crowd = np.zeros(count)
    for _ in range(rng.choice([3, 4, 5, 6, 8, 12])):
        voice = VOICES[rng.integers(len(VOICES))]
        talk = []
        while sum(map(len, talk)) < count + 2 * RATE_HZ:
            talk += [say(voice, PHRASES[rng.integers(len(PHRASES))]), np.zeros(int(0.3 * rng.random() * RATE_HZ))]
        start = rng.integers(2 * RATE_HZ)
        crowd += np.concatenate(talk)[start : start + count] * 10 ** (rng.normal(0, 2) / 20)
    return crowd


def street(count, rng):
    knots = np.arange(0, count + 4000, 4000)
    swell = np.interp(np.arange(count), knots, rng.normal(0, 4, len(knots)))
    return pink(count, rng) * 10 ** (swell / 20)


def sudden(count, rng):
    noise = pink(count, rng) if rng.random() < 0.5 else rng.standard_normal(count)
    start = rng.integers(count // 2)
    noise[:start] *= 1e-3
    return noise


NOISES = {
    "white": lambda count, rng: rng.standard_normal(count),
    "pink": pink, "babble": babble, "hum": hum, "street": street, "sudden": sudden,
}  # fmt: skip


def through_mulaw(samples):
    scaled = np.clip(np.round(samples * 32768), -32635, 32635).astype(int)
    biased = np.abs(scaled) + 132
    exponent = np.floor(np.log2(biased)).astype(int) - 7
    step = (biased >> (exponent + 3)) & 15
    return (np.sign(scaled) * ((((step << 3) + 132) << exponent) - 132)).astype(np.int16)


def cuts(seed, tracks_per_voice):
    """Yields (samples, truth)."""
    rng = np.random.default_rng(seed)
    for voice in VOICES * tracks_per_voice:
        track = make_track(voice, rng)
        speech = truth(track)
        for _ in range(3):
            level = rng.uniform(-42, -18)
            floor = rng.choice([-100, rng.uniform(-72, level - 28)])
            quiet = rng.standard_normal(len(track)) * 10 ** (floor / 20)
            yield through_mulaw(track * 10 ** (level / 20) + quiet), speech
        for name, make in NOISES.items():
            for ratio in (20, 15, 10, 5, 5, 0, 0) if name in ("white", "pink", "babble", "hum") else (15, 5):
                level = rng.uniform(-40, -20)
                noise = make(len(track), rng)
                noise *= 10 ** (-ratio / 20) / np.sqrt((noise**2).mean())
                yield through_mulaw((track + noise) * 10 ** (level / 20)), speech
