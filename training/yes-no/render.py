"""Turns the spoken corpus into many telephone versions and keeps their log-mel features.

Usage: render.py WORK_FOLDER SEED SCALE. Writes features-SEED.npz: `mel` (float16, all frames), `start` (first frame
of each example), `speech` (first and last speech frame in it), `label`, `phones` (padded), `voice`.
"""

import pickle
import sys
from pathlib import Path

import numpy as np

import channel
from features import HOP_SAMPLES, log_mel
from phrases import REJECT

LEAD, TRAIL = 4000, 4800
LONGEST_SPEECH = 18000
MOST_PHONES = 14
PHONES = sorted(
    "aa ae ah ao aw ax ay b ch d dh eh er ey f g hh ih iy jh k l m n ng ow oy p r s sh t th uh uw v w y z zh".split()
)


def main(folder, seed, scale):
    rng = np.random.default_rng(1000 + seed)
    with open(Path(folder) / "corpus.pkl", "rb") as source:
        corpus = pickle.load(source)
    rejects = [item for item in corpus if item[1] == REJECT]
    long_ones = [item[0] for item in rejects if len(item[0]) > 24000]

    def babble(rng, count):
        out = np.zeros(count)
        for _ in range(rng.integers(3, 9)):
            voice = np.concatenate([long_ones[rng.integers(len(long_ones))][::2] for _ in range(3)]) / 32768
            at = int(rng.integers(0, max(1, len(voice) - count)))
            piece = voice[at:at + count]
            out[:len(piece)] += piece * rng.uniform(0.3, 1)
        return out

    mel, spans, labels, phone_rows, voices = [], [], [], [], []

    def keep(samples, first, last, label, phones, voice):
        features = log_mel(samples.astype(np.float32)).astype(np.float16)
        mel.append(features)
        spans.append((first // HOP_SAMPLES, min(len(features) - 1, last // HOP_SAMPLES)))
        labels.append(label)
        row = np.zeros(MOST_PHONES, np.int8)
        ids = [1 + PHONES.index({"axr": "er", "ix": "ih", "dx": "t", "el": "l"}.get(p, p)) for p in phones]
        if len(ids) <= MOST_PHONES:
            row[:len(ids)] = ids
        phone_rows.append(row)
        voices.append(voice)

    times = {True: {"flite": 12, "formant": 2.2}, False: {"flite": 4, "formant": 1.6}}
    order = rng.permutation(len(corpus))
    for index in order:
        samples16, label, phones, voice = corpus[index]
        kind = "formant" if voice == "formant" else "flite"
        wanted = times[label != REJECT][kind] * scale
        for _ in range(int(wanted) + (rng.random() < wanted % 1)):
            speech = channel.to_telephone_rate(rng, samples16)
            known = phones
            if len(speech) > LONGEST_SPEECH:
                length = int(rng.uniform(6000, LONGEST_SPEECH))
                at = int(rng.integers(0, len(speech) - length))
                speech, known = speech[at:at + length], []
            out = channel.deliver(rng, speech, babble, LEAD, TRAIL)
            keep(out, LEAD, LEAD + len(speech), label, known, voice)
    makers = [channel.colored, channel.hum, channel.dtmf, channel.music, channel.bursts, channel.bursts, channel.siren,
              babble, lambda rng, count: channel.tones(rng, count, rng.uniform(200, 3400, rng.integers(1, 4)))]
    for _ in range(int(4500 * scale)):
        count = int(rng.uniform(2000, LONGEST_SPEECH))
        sound = makers[rng.integers(len(makers))](rng, count)
        if rng.random() < 0.5:
            swell = np.clip(rng.normal(0.5, 0.5, 12), 0, 1)
            sound = sound * np.interp(np.arange(count), np.linspace(0, count, 12), swell)
        sound = channel.unit(sound) + 1e-4
        keep(channel.deliver(rng, sound, babble, LEAD, TRAIL), LEAD, LEAD + count, REJECT, [], "noise")
    lengths = np.array([len(m) for m in mel])
    np.savez(Path(folder) / f"features-{seed}.npz", mel=np.concatenate(mel), start=np.concatenate([[0], np.cumsum(lengths)]),
             speech=np.array(spans), label=np.array(labels), phones=np.array(phone_rows), voice=np.array(voices))
    print(len(labels), "examples,", lengths.sum() / 360000, "hours")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
