"""Speaks the training corpus: flite's voices and the formant synthesizer. Writes corpus.pkl into the work folder.

Usage: synthesize.py WORK_FOLDER [--without-voice NAME]
"""

import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy.io import wavfile

import formant_voice
from phrases import ACCENT_CHANGES, HARD, PHRASES, PRONUNCIATIONS, REJECT, near_word, reject_texts

FLITE_VOICES = ["kal16", "awb", "rms", "slt"]  # kal is kal16 at 8 kHz, the same man
DICTIONARY = "/usr/share/dict/american-english"


def run_flite(arguments, stretch, pitch_hz):
    """Returns (floats at 16 kHz, [(phone, milliseconds)])."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as wav:
        text = subprocess.run(
            ["flite", *arguments, "-psdur", "-o", wav.name, "--setf", f"duration_stretch={stretch:.3f}",
             "--setf", f"int_f0_target_mean={pitch_hz:.1f}"], capture_output=True, text=True, check=True).stdout
        rate_hz, samples = wavfile.read(wav.name)
    assert rate_hz == 16000
    phones, before = [], 0.0
    for part in text.split():
        name, end = part.rsplit(":", 1)
        phones.append((name, 1000 * (float(end) - before)))
        before = float(end)
    return np.asarray(samples, np.float32) / 32768, phones


def trim(samples):
    """Cuts the synthesizer's own silence off, leaving 10 ms."""
    loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
    return samples[max(0, loud[0] - 160):loud[-1] + 160]


def spoken(phones):
    return [(p, d) for p, d in phones if p != "pau"]


def spread(names):
    """Usual durations for bare phones: vowels longer than consonants, the last two longer, long phrases quicker."""
    short = 0.75 if len(names) > 4 else 1.0
    return [
        (p, short * (150 if p in formant_voice.VOWELS else 95) * (1.3 if i >= len(names) - 2 else 0.85))
        for i, p in enumerate(names)
    ]


def accented(phones, rng):
    """The same words by a regional speaker: up to three kinds of phone moved."""
    chosen = {p: ACCENT_CHANGES[p][rng.integers(len(ACCENT_CHANGES[p]))] for p in rng.choice(list(ACCENT_CHANGES), 3)}
    out = []
    for phone, duration in phones:
        names = chosen.get(phone, phone).split()
        out += [(name, duration * (1 if len(names) == 1 else 0.6)) for name in names]
    return out


def main(folder):
    rng = np.random.default_rng(20)
    corpus = []

    def add(samples, label, phones, voice):
        corpus.append(((np.clip(samples, -1, 1) * 32767).astype(np.int16), label, [p for p, _ in phones], voice))

    def flite(arguments, label, voice, stretch):
        pitch_hz = float(np.exp(rng.normal(np.log(115 if voice != "slt" else 180), 0.25)))
        samples, phones = run_flite(["-voice", voice, *arguments], stretch, pitch_hz)
        if np.abs(samples).max() > 0:
            add(trim(samples), label, spoken(phones), voice)
        return spoken(phones)

    for voice in FLITE_VOICES:
        for label, phrase in enumerate(PHRASES):
            for _ in range(7):
                flite(["-t", phrase], label, voice, rng.uniform(0.7, 1.7))
            ways = PRONUNCIATIONS[phrase]
            for _ in range(16):
                flite(["-p", f"pau {ways[rng.integers(len(ways))]} pau"], label, voice, rng.uniform(1.0, 2.4))
    print(len(corpus), "answers of flite", flush=True)

    words = Path(DICTIONARY).read_text().split()
    neighbours, sentences, drawn = reject_texts(words, rng, 1800)
    texts = [(t, 2, 8) for t in neighbours] + [(t, 3, 4) for t in sentences] + [(t, 1, 2) for t in drawn]
    texts += [(t, 4, 30) for t in HARD]
    for text, flite_times, formant_times in texts:
        phones = []
        for voice in rng.choice(FLITE_VOICES, flite_times, replace=False):
            phones = flite(["-t", text], REJECT, str(voice), rng.uniform(0.7, 1.6))
            if rng.random() < 0.3:
                spelled = " ".join(p for p, _ in accented(phones, rng))
                flite(["-p", f"pau {spelled} pau"], REJECT, str(voice), rng.uniform(1.0, 2.2))
        for _ in range(formant_times):
            said = accented(phones, rng) if rng.random() < 0.4 else phones
            add(formant_voice.speak(said, rng), REJECT, phones, "formant")
    for _ in range(6000):
        phones = spread(near_word(rng))
        add(formant_voice.speak(phones, rng), REJECT, phones, "formant")
    for _ in range(900):
        flite(["-p", f"pau {' '.join(near_word(rng))} pau"], REJECT, str(rng.choice(FLITE_VOICES)), rng.uniform(1.0, 2.2))
    print(len(corpus), "with what is refused", flush=True)

    for label, phrase in enumerate(PHRASES):
        ways = PRONUNCIATIONS[phrase]
        usual = ways[0].split()
        for _ in range(900):
            phones = spread(ways[rng.integers(len(ways))].split())
            add(formant_voice.speak(phones, rng), label, [(p, 0) for p in usual], "formant")
    print(len(corpus), "in all", flush=True)
    with open(Path(folder) / "corpus.pkl", "wb") as out:
        pickle.dump(corpus, out)


if __name__ == "__main__":
    main(sys.argv[1])
