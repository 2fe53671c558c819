"""Fits the weights of native/dsp/speech_weights.h. About three minutes on one core; the same seed gives the same file."""

import pathlib
import sys

import numpy as np

import corpus
import features

HIDDEN = 24
ROUNDS = 4
EPOCHS = 6
# A frame is speech above a score of 0. The network is fitted to the log odds and this is taken off: callers speak less and
# pause longer than the training cuts do.
LOG_ODDS_AT_ZERO = 0.3


def fit(inputs, wanted, seed):
    """One hidden layer of softsign units, cross entropy, Adam."""
    rng = np.random.default_rng(seed)
    mean, deviation = inputs.mean(0), inputs.std(0) + 1e-3
    weights = [
        rng.normal(0, features.FEATURES**-0.5, (features.FEATURES, HIDDEN)),
        np.zeros(HIDDEN),
        rng.normal(0, HIDDEN**-0.5, HIDDEN),
        np.zeros(1),
    ]
    weights = [weight.astype(np.float32) for weight in weights]
    first = [np.zeros_like(weight) for weight in weights]
    second = [np.zeros_like(weight) for weight in weights]
    batch = 4096
    steps = EPOCHS * (len(inputs) // batch)
    step = 0
    for _ in range(EPOCHS):
        order = rng.permutation(len(inputs))
        for at in range(0, len(inputs) - batch + 1, batch):
            chosen = order[at : at + batch]
            x = (inputs[chosen] - mean) / deviation
            sum_ = x @ weights[0] + weights[1]
            hidden = sum_ / (1 + np.abs(sum_))
            odds = hidden @ weights[2] + weights[3]
            error = (1 / (1 + np.exp(-odds)) - wanted[chosen]) / batch
            back = np.outer(error, weights[2]) / (1 + np.abs(sum_)) ** 2
            gradients = [x.T @ back + 1e-5 * weights[0], back.sum(0), hidden.T @ error, error.sum(keepdims=True)]
            step += 1
            rate = 8e-3 * (1 - step / (steps + 1))
            for index, gradient in enumerate(gradients):
                first[index] = 0.9 * first[index] + 0.1 * gradient
                second[index] = 0.999 * second[index] + 0.001 * gradient**2
                unbiased = first[index] / (1 - 0.9**step)
                weights[index] -= rate * unbiased / (np.sqrt(second[index] / (1 - 0.999**step)) + 1e-8)
    into = weights[0] / deviation[:, None]
    return [into, weights[1] - mean @ into, weights[2], weights[3] - LOG_ODDS_AT_ZERO]


def scorer(weights):
    def score(row):
        sum_ = row @ weights[0] + weights[1]
        return (sum_ / (1 + np.abs(sum_))) @ weights[2] + weights[3][0]

    return score


def write_header(weights, path):
    def numbers(values):
        return ", ".join(f"{value:.5g}f" if any(c in f"{value:.5g}" for c in ".e") else f"{value:.5g}.0f" for value in values)

    rows = ",\n    ".join("{" + numbers(row) + "}" for row in weights[0])
    path.write_text(
        f"""// The classifier's weights; made by training/endpointer/train.py, never by hand.
#ifndef TRUNKLINE_DSP_SPEECH_WEIGHTS_H_
#define TRUNKLINE_DSP_SPEECH_WEIGHTS_H_

#include <cstddef>

namespace trunkline {{

inline constexpr size_t kFeatures = {features.FEATURES};
inline constexpr size_t kHidden = {HIDDEN};

// By feature, then by unit.
inline constexpr float kHiddenWeights[kFeatures][kHidden] = {{
    {rows}}};
inline constexpr float kHiddenBias[kHidden] = {{
    {numbers(weights[1])}}};
inline constexpr float kScoreWeights[kHidden] = {{
    {numbers(weights[2])}}};
inline constexpr float kScoreBias = {numbers(weights[3])};

}}  // namespace trunkline

#endif  // TRUNKLINE_DSP_SPEECH_WEIGHTS_H_
"""
    )


def main():
    streams = [(features.bands(samples), speech) for samples, speech in corpus.cuts(seed=1, tracks_per_voice=2)]
    longest = max(len(speech) for _, speech in streams)
    powers = np.zeros((longest, len(streams), features.BANDS), np.float32)
    wanted = np.zeros((longest, len(streams)), bool)
    is_there = np.zeros_like(wanted)
    for index, (power, speech) in enumerate(streams):
        powers[: len(power), index] = power
        wanted[: len(speech), index] = speech
        is_there[: len(speech), index] = True
    # The noise estimate follows the verdict, so features and weights are made in turn. At first: a likelihood ratio.
    score = lambda row: 6 * (np.maximum(row[:, 10] / 0.55, row[:, 11] / 0.8) - 1)
    for turn in range(ROUNDS):
        rows, scores = features.follow(powers, score)
        report(turn, scores, wanted, is_there)
        weights = fit(rows[is_there], wanted[is_there].astype(np.float32), seed=turn)
        score = scorer(weights)
    report(ROUNDS, features.follow(powers, score)[1], wanted, is_there)
    write_header(weights, pathlib.Path(sys.argv[1]))


def report(turn, scores, wanted, is_there):
    said = (scores > 0) & is_there
    f1 = 2 * (said & wanted).sum() / (said.sum() + wanted.sum())
    print(f"round {turn}: F1 {100 * f1:.1f} % over all training cuts", flush=True)


if __name__ == "__main__":
    main()
