"""Trains the network on the rendered features.

Usage: train.py WORK_FOLDER OUTPUT.pt MINUTES [--seed N] [--start-from MODEL.pt] [--without-voice NAME]
  [--dev FILE]

--start-from goes on with a trained network at a lower rate. With --without-voice, that voice is left out and its
examples are reported on at the end. --dev names a pickle of {condition: [(features, label)]} to report on every few
minutes; nothing is learned from it.
"""

import argparse
import copy
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from features import BAND_COUNT, normalize
from network import Network
from phrases import NO_PHRASES, PHRASES, REJECT, YES_PHRASES

BATCH = 96
POOL = 24  # batches sorted by length together
ANSWER_SHARE = 0.5
# How much oftener than the others a phrase is shown.
SHOWN_MORE = {"no": 1.6, "yes": 1.5, "nope": 1.4, "sure": 1.2, "no I don't": 1.1}


class Examples:
    def __init__(self, folder, without_voice, rng):
        parts = [np.load(p) for p in sorted(Path(folder).glob("features-*.npz"))]
        offset = np.cumsum([0] + [len(p["mel"]) for p in parts])
        self.mel = np.concatenate([p["mel"] for p in parts])
        self.start = np.concatenate([p["start"][:-1] + o for p, o in zip(parts, offset)])
        self.frames = np.concatenate([np.diff(p["start"]) for p in parts])
        self.speech = np.concatenate([p["speech"] for p in parts])
        self.label = np.concatenate([p["label"] for p in parts])
        self.phones = np.concatenate([p["phones"] for p in parts])
        self.voice = np.concatenate([p["voice"] for p in parts])
        self.rng = rng
        usable = np.flatnonzero(self.voice != without_voice) if without_voice else np.arange(len(self.label))
        is_real = (self.voice[usable] != "formant") & (self.voice[usable] != "noise")
        self.groups, self.weights = [], []
        for label, phrase in enumerate(PHRASES):  # recorded voices and formant speakers half and half
            share = ANSWER_SHARE / len(PHRASES) * SHOWN_MORE.get(phrase, 0.95)
            for real in (True, False):
                self.groups.append(usable[(self.label[usable] == label) & (is_real == real)])
                self.weights.append(share / 2)
        noise = self.voice[usable] == "noise"
        reject = self.label[usable] == REJECT
        for chosen, share in ((noise, 0.06), (reject & is_real, 0.22), (reject & ~is_real & ~noise, 0.22)):
            self.groups.append(usable[chosen])
            self.weights.append(share)
        self.weights = np.array(self.weights) / np.sum(self.weights)

    def of_voice(self, voice, count):
        """Rendered examples of one voice, with 300 ms around the speech: [(features, label)]."""
        chosen = self.rng.permutation(np.flatnonzero(self.voice == voice))[:count]
        items = []
        for i in chosen:
            first, last = max(0, self.speech[i, 0] - 30), min(self.frames[i], self.speech[i, 1] + 30)
            mel = self.mel[self.start[i] + first:self.start[i] + last].astype(np.float32)
            items.append((normalize(mel), self.label[i]))
        return items

    def batches(self):
        rng = self.rng
        groups = rng.choice(len(self.groups), BATCH * POOL, p=self.weights)
        chosen = np.array([self.groups[g][rng.integers(len(self.groups[g]))] for g in groups])
        speed = np.where(rng.random(len(chosen)) < 0.5, rng.uniform(0.83, 1.22, len(chosen)), 1.0)
        cut = rng.random(len(chosen)) < 0.25
        lead = np.where(cut, -rng.uniform(0, 5, len(chosen)), rng.uniform(0, 48, len(chosen)))
        first = self.speech[chosen, 0] - lead
        last = self.speech[chosen, 1] + rng.uniform(1, 58, len(chosen))
        length = (last - first) / speed
        order = np.argsort(length + rng.uniform(0, 6, len(chosen)))
        for batch in rng.permutation(POOL):
            at = order[batch * BATCH:(batch + 1) * BATCH]
            steps = int(np.clip(np.median(length[at]) + 2, 28, 250))
            spare = np.maximum(0, steps - length[at]) * rng.random(len(at))  # the rest of the padding goes behind
            index = (first[at] - spare)[:, None] + np.arange(steps)[None, :] * speed[at][:, None]
            index = np.clip(np.round(index), 0, self.frames[chosen[at]][:, None] - 1).astype(np.int64)
            mel = self.mel[self.start[chosen[at]][:, None] + index].astype(np.float32)
            yield self.disturb(mel), self.label[chosen[at]], self.phones[chosen[at]]

    def disturb(self, mel):
        rng = self.rng
        count, steps, bands = mel.shape
        # Another tract length: the mel axis stretched a little.
        source = np.arange(bands) * (1 + rng.normal(0, 0.035, (count, 1))) + rng.normal(0, 0.6, (count, 1))
        source = np.clip(source, 0, bands - 1.001)
        low = source.astype(int)
        share = (source - low)[:, None, :]
        below, above = (np.take_along_axis(mel, low[:, None, :] + k, 2) for k in (0, 1))
        mel = below * (1 - share) + above * share
        # Another line: a smooth curve over the bands.
        anchors = rng.normal(0, 0.9, (count, 5))
        grid = np.linspace(0, 3.999, bands)
        left = grid.astype(int)
        mel = mel + (anchors[:, left] * (1 - (grid - left)) + anchors[:, left + 1] * (grid - left))[:, None, :]
        # More noise, stationary, with a spectrum of its own, for a third of them.
        noisy = np.flatnonzero(rng.random(count) < 0.4)
        if len(noisy):
            peak = mel[noisy].max(axis=(1, 2))
            profile = np.cumsum(rng.normal(0, 0.35, (len(noisy), bands)), 1)
            profile -= profile.max(1, keepdims=True)
            level = peak[:, None] - rng.uniform(1.5, 7, len(noisy))[:, None] + profile
            shape = np.linspace(1.2, 5, bands)
            draws = np.log(rng.gamma(shape, 1 / shape, (len(noisy), steps, bands)).astype(np.float32) + 1e-6)
            mel[noisy] = np.logaddexp(mel[noisy], draws + level[:, None, :])
        features = normalize(mel)
        for row in np.flatnonzero(rng.random(count) < 0.35):
            width, at = rng.integers(1, 6), rng.integers(0, BAND_COUNT - 6)
            features[row, :, at:at + width] = rng.uniform(-2, 0)
        for row in np.flatnonzero(rng.random(count) < 0.2):
            at = rng.integers(0, steps - 5)
            features[row, at:at + rng.integers(1, 5)] = rng.uniform(-2, 0)
        return features.astype(np.float32)


YES = slice(0, len(YES_PHRASES))
NO = slice(len(YES_PHRASES), len(PHRASES))


def loss_of(model, features, labels, phones):
    logits, phone_logits = model(features, with_phones=True)
    loss = functional.cross_entropy(logits, labels, label_smoothing=0.03)
    probabilities = logits.softmax(1)
    yes, no = probabilities[:, YES].sum(1), probabilities[:, NO].sum(1)
    group = torch.where(labels == REJECT, 0, torch.where(labels < len(YES_PHRASES), 1, 2))
    # Calling a yes a no, or calling anything else an answer, costs more than not knowing.
    opposite = torch.where(group == 1, no, torch.where(group == 2, yes, yes + no))
    loss = loss - torch.log1p(-opposite.clamp(max=0.999)).mean()
    counts = (phones > 0).sum(1)
    # CTC's gradient is not finite where the phones hardly fit into the frames (quick speech, cut short).
    spoken = (counts > 0) & (2 * counts < phone_logits.shape[1])
    steps = torch.full((int(spoken.sum()),), phone_logits.shape[1], dtype=torch.long)
    # In double precision and contiguous: with the transposed floats of torch 1.13 its gradient overflows.
    log_probabilities = phone_logits[spoken].double().log_softmax(2).transpose(0, 1).contiguous()
    ctc = functional.ctc_loss(log_probabilities, phones[spoken], steps, counts[spoken], zero_infinity=True)
    return loss + 0.3 * ctc, ctc


def report(model, dev):
    """Right, wrong and accepted-though-refusable shares at a few thresholds, on a held-out set of features."""
    model.eval()
    lines = []
    with torch.no_grad():
        for name, items in dev.items():
            p = torch.cat([model(torch.from_numpy(f[None])).softmax(1) for f, _ in items]).numpy()
            label = np.array([l for _, l in items])
            yes, no = p[:, YES].sum(1), p[:, NO].sum(1)
            answer = np.where(yes > no, 1, 2)
            truth = np.where(label == REJECT, 0, np.where(label < len(YES_PHRASES), 1, 2))
            is_answer = truth > 0
            for threshold in (0.3, 0.4, 0.5, 0.6, 0.7, 0.85):
                said = np.where(np.maximum(yes, no) > threshold, answer, 0)
                right = (said == truth)[is_answer].mean() * 100
                wrong = ((said > 0) & (said != truth))[is_answer].mean() * 100
                false = (said > 0)[~is_answer].mean() * 100
                lines.append(f"  {name} t={threshold}: right {right:.1f} wrong {wrong:.2f} accepted {false:.1f}")
    model.train()
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("output")
    parser.add_argument("minutes", type=float)
    parser.add_argument("--without-voice")
    parser.add_argument("--dev")
    parser.add_argument("--start-from")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    examples = Examples(options.folder, options.without_voice, np.random.default_rng(options.seed))
    print(len(examples.label), "examples", flush=True)
    dev = None
    if options.dev:
        import pickle
        with open(options.dev, "rb") as source:
            dev = pickle.load(source)
    model = Network()
    print(sum(p.numel() for p in model.parameters()), "parameters")
    if options.start_from:
        model.load_state_dict(torch.load(options.start_from))
    average = copy.deepcopy(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.02)
    began, step, shown, reported = time.time(), 0, [], 0
    peak = 1e-3 if options.start_from else 2.5e-3
    while True:
        for features, labels, phones in examples.batches():
            done = (time.time() - began) / (60 * options.minutes)
            for group in optimizer.param_groups:
                group["lr"] = peak * min(1, (step + 1) / 200) * (0.5 + 0.5 * np.cos(np.pi * min(1, done))) + 1e-6
            loss, ctc = loss_of(model, torch.from_numpy(features), torch.from_numpy(labels).long(), torch.from_numpy(phones).long())
            optimizer.zero_grad()
            loss.backward()
            step += 1
            if not torch.isfinite(torch.nn.utils.clip_grad_norm_(model.parameters(), 2.0)):
                continue
            optimizer.step()
            decay = min(0.999, step / (step + 50))
            with torch.no_grad():
                for a, b in zip(average.state_dict().values(), model.state_dict().values()):
                    a.copy_(b) if not a.dtype.is_floating_point else a.lerp_(b, 1 - decay)
            shown.append((loss.item(), ctc.item()))
        if step % (POOL * 5) == 0:
            print(f"{time.time() - began:.0f}s step {step} loss {np.mean(shown, 0)}", flush=True)
            shown = []
        if dev and time.time() - began - reported > 150:
            reported = time.time() - began
            print(report(average, dev), flush=True)
        if time.time() - began > 60 * options.minutes:
            break
    torch.save(average.state_dict(), options.output)
    if dev:
        print("at the end\n" + report(average, dev))
    if options.without_voice:
        left_out = {options.without_voice: examples.of_voice(options.without_voice, 4000)}
        print("the voice left out\n" + report(average, left_out))


if __name__ == "__main__":
    main()
