"""Speaks the training corpus: voices of flite and Festival, and the formant synthesizer. Writes corpus.pkl into the
work folder.

Usage: synthesize.py WORK_FOLDER SCALE   (1 for all of it, less for a trial)
"""

import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy.io import wavfile
from scipy.signal import resample_poly

import formant_voice
from phrases import ACCENT_CHANGES, HARD, PHRASES, PRONUNCIATIONS, REJECT, is_answer, near_word, reject_texts

FLITE_VOICES = ["kal16", "awb", "rms", "slt"]  # kal is kal16 at 8 kHz, the same man
# The people of kal16 and slt again, by other ways of synthesis. Festival's ked is held out.
FESTIVAL_VOICES = ["kal_diphone", "cmu_us_slt_arctic_hts"]
DICTIONARY = "/usr/share/dict/american-english"
# Phrases of which the formant synthesizer speaks more: their vowels differ most between kinds of English.
VARIED = {"no": 2.2, "nope": 2.2, "no I don't": 1.5, "sure": 1.7}


def run_flite(arguments, stretch, pitch_hz):
    """Returns (floats at 16 kHz, [(phone, milliseconds)])."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as wav:
        text = subprocess.run(
            ["flite", *arguments, "-psdur", "-o", wav.name, "--setf", f"duration_stretch={stretch:.3f}",
             "--setf", f"int_f0_target_mean={pitch_hz:.1f}"], capture_output=True, text=True, check=True).stdout
        rate_hz, samples = wavfile.read(wav.name)
    assert rate_hz == 16000
    return np.asarray(samples, np.float32) / 32768, with_durations(text)


def run_festival(voice, requests):
    """requests: [(text, or "phones:" and phones; stretch; pitch in hertz)]. Returns what `run_flite` does, for each."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [f"(voice_{voice})"]
        for i, (text, stretch, pitch_hz) in enumerate(requests):
            lines.append(f"(Parameter.set 'Duration_Stretch {stretch:.3f})")
            lines.append(f"(set! int_lr_params '((target_f0_mean {pitch_hz:.0f}) (target_f0_std {pitch_hz * 0.12:.0f})"
                         " (model_f0_mean 170) (model_f0_std 34)))")
            lines.append(f"(set! FP_F0 {pitch_hz:.0f}) (set! FP_duration {100 * stretch:.0f})")
            kind = f"Phones ({text[7:]})" if text.startswith("phones:") else f'Text "{text}"'
            lines.append(f"(set! u (utt.synth (Utterance {kind})))(utt.save.wave u \"{folder}/{i}.wav\" 'riff)")
            lines.append("(mapcar (lambda (s) (format t \"%s:%f \" (item.name s) (item.feat s \"end\")))"
                         " (utt.relation.items u 'Segment)) (format t \"\\n\")")
        script = Path(folder) / "all.scm"
        script.write_text("\n".join(lines))
        spoken_phones = subprocess.run(
            ["festival", "-b", str(script)], capture_output=True, text=True, check=True).stdout.splitlines()
        out = []
        for i, phones in enumerate(spoken_phones):
            rate_hz, samples = wavfile.read(f"{folder}/{i}.wav")
            samples = np.asarray(samples, np.float32) / 32768
            out.append((samples if rate_hz == 16000 else resample_poly(samples, 1, 2), with_durations(phones)))
    assert len(out) == len(requests)
    return out


def with_durations(ends):
    """ "pau:0.1 n:0.2" (a phone and when it ends, in seconds) as [(phone, milliseconds)]."""
    phones, before = [], 0.0
    for part in ends.split():
        name, end = part.rsplit(":", 1)
        phones.append((name, 1000 * (float(end) - before)))
        before = float(end)
    return phones


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
    return phones if is_answer([name for name, _ in out]) else out


class Corpus:
    """What was spoken so far: [(16-bit samples at 16 kHz, label, phones, voice)]."""

    def __init__(self, rng):
        self.rng = rng
        self.items = []

    def add(self, samples, label, phones, voice):
        self.items.append(((np.clip(samples, -1, 1) * 32767).astype(np.int16), label, [p for p, _ in phones], voice))

    def add_recorded(self, samples, label, phones, voice, tract=1.0):
        """Of a recorded voice; `tract` above 1 turns it into somebody smaller, pitch and formants together."""
        if np.abs(samples).max() > 0:
            samples = trim(samples)
            if tract != 1:
                samples = resample_poly(samples, 50, round(50 * tract))
            self.add(samples, label, phones, voice)

    def flite(self, arguments, label, voice, stretch, other_person=False):
        rng = self.rng
        is_man = voice != "slt"
        tract = 1.0
        if other_person:  # a man as a woman or a child, the woman as a child or a man
            tract = rng.uniform(1.1, 1.3) if is_man or rng.random() < 0.5 else rng.uniform(0.8, 0.9)
        usual_hz = 115 if is_man else 180
        if other_person and is_man:
            usual_hz = 150
        pitch_hz = float(np.exp(rng.normal(np.log(usual_hz), 0.25)))
        samples, phones = run_flite(["-voice", voice, *arguments], stretch * tract, pitch_hz)
        self.add_recorded(samples, label, spoken(phones), voice, tract)
        return spoken(phones)

    def festival(self, voice, wanted):
        """wanted: [(text, label)]."""
        rng = self.rng
        tracts = [1.0 if rng.random() < 0.5 else rng.uniform(0.85, 1.28) for _ in wanted]
        requests = [(text, rng.uniform(0.75, 1.6) * tract, 115 * tract**1.5 * np.exp(rng.normal(0, 0.25)))
                    for (text, _), tract in zip(wanted, tracts)]
        for (samples, phones), (_, label), tract in zip(run_festival(voice, requests), wanted, tracts):
            self.add_recorded(samples, label, spoken(phones), voice, tract)

    def formant(self, phones, label, written, southern_share=0.2):
        self.add(formant_voice.speak(phones, self.rng, southern_share), label, written, "formant")


def recorded_answers(corpus, count):
    """count(n): n, scaled."""
    rng = corpus.rng
    for voice in FLITE_VOICES:
        for label, phrase in enumerate(PHRASES):
            ways = PRONUNCIATIONS[phrase]
            for _ in range(count(7)):
                corpus.flite(["-t", phrase], label, voice, rng.uniform(0.7, 1.7))
            for _ in range(count(16)):
                corpus.flite(["-p", f"pau {ways[rng.integers(len(ways))]} pau"], label, voice, rng.uniform(1.0, 2.4))
            for _ in range(count(10)):
                arguments = ["-t", phrase] if rng.random() < 0.4 else ["-p", f"pau {ways[rng.integers(len(ways))]} pau"]
                corpus.flite(arguments, label, voice, rng.uniform(0.9, 2.0), other_person=True)
    for voice in FESTIVAL_VOICES:
        wanted = [(phrase, label) for label, phrase in enumerate(PHRASES) for _ in range(count(16))]
        if voice == "kal_diphone":  # the other one reads text only
            wanted += [(f"phones:pau {rng.choice(PRONUNCIATIONS[phrase])} pau", label)
                       for label, phrase in enumerate(PHRASES) for _ in range(count(14))]
        corpus.festival(voice, wanted)


def formant_answers(corpus, count):
    for label, phrase in enumerate(PHRASES):
        ways = PRONUNCIATIONS[phrase]
        written = [(p, 0) for p in ways[0].split()]
        for _ in range(count(900 * VARIED.get(phrase, 1))):
            # The formant speakers have their own vowels: phones that spell an accent add to them half of the time.
            plain = "ow" in ways[0].split() and corpus.rng.random() < 0.5
            way = ways[0] if plain else corpus.rng.choice(ways)
            corpus.formant(spread(way.split()), label, written, 0.5 if phrase in VARIED else 0.2)


def refused(corpus, texts, near_words):
    """texts: [(text, times by flite, times by the formant synthesizer)]."""
    rng = corpus.rng
    for text, flite_times, formant_times in texts:
        phones = []
        for voice in rng.choice(FLITE_VOICES, flite_times, replace=False):
            other = rng.random() < 0.35
            phones = corpus.flite(["-t", text], REJECT, str(voice), rng.uniform(0.7, 1.6), other)
            if rng.random() < 0.3:
                spelled = " ".join(p for p, _ in accented(phones, rng))
                corpus.flite(["-p", f"pau {spelled} pau"], REJECT, str(voice), rng.uniform(1.0, 2.2), other)
        for _ in range(formant_times):
            corpus.formant(accented(phones, rng) if rng.random() < 0.4 else phones, REJECT, phones)
    for _ in range(near_words):
        phones = spread(near_word(rng))
        corpus.formant(phones, REJECT, phones, 0.3)
    for _ in range(near_words // 7):
        corpus.flite(["-p", f"pau {' '.join(near_word(rng))} pau"], REJECT, str(rng.choice(FLITE_VOICES)), rng.uniform(1, 2.2))
    hardest = {text for text, _, times in texts if times >= 30}
    for voice in FESTIVAL_VOICES:
        corpus.festival(voice, [(text, REJECT) for text, flite_times, _ in texts if flite_times > 1
                                for _ in range(3 if text in hardest else 1)])


def main(folder, scale):
    rng = np.random.default_rng(20)
    corpus = Corpus(rng)
    count = lambda n: int(np.ceil(n * scale))
    recorded_answers(corpus, count)
    print(len(corpus.items), "recorded answers", flush=True)
    some = lambda items: [items[i] for i in rng.permutation(len(items))[:count(len(items))]]
    neighbours, sentences, drawn = reject_texts(Path(DICTIONARY).read_text().split(), rng, 1800)
    texts = [(t, 2, 8) for t in some(neighbours)] + [(t, 3, 4) for t in some(sentences)]
    texts += [(t, 1, 2) for t in some(drawn)] + [(t, 4, 30) for t in some(HARD)]
    refused(corpus, texts, count(6000))
    print(len(corpus.items), "with what is refused", flush=True)
    formant_answers(corpus, count)
    print(len(corpus.items), "in all", flush=True)
    with open(Path(folder) / "corpus.pkl", "wb") as out:
        pickle.dump(corpus.items, out)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 1.0)
