"""What native/dsp/{noise_floor,level_spread,speech_features} compute, for many streams at once; change both or none."""

import numpy as np

EDGES = np.array([5, 8, 11, 14, 18, 22, 27, 33, 40, 48, 57, 67, 79, 92, 106, 121])
BANDS = 15
FEATURES = 22
FULL_SCALE_SQUARE = 32768.0**2
WINDOW = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(256) / 256)).astype(np.float32)
LEAST = (6.3e-8 * FULL_SCALE_SQUARE * np.diff(EDGES) / (EDGES[-1] - EDGES[0])).astype(np.float32)
FIRST_TOTAL_MAX = 3.2e-3 * FULL_SCALE_SQUARE


def bands(samples):
    padded = np.concatenate([np.zeros(96, np.float32), samples.astype(np.float32)])
    frames = np.lib.stride_tricks.sliding_window_view(padded, 256)[::160][: len(samples) // 160]
    power = np.abs(np.fft.rfft(frames * WINDOW)) ** 2 * (2 / (256 * 256 * 0.375))
    return np.stack([power[:, a:b].sum(1) for a, b in zip(EDGES[:-1], EDGES[1:])], 1).astype(np.float32)


def log_ratio(power, noise, most):
    return np.clip(np.log2(np.maximum(power / noise, 0.25)), -2, most)


def groups(values):
    return [values[:, at : at + 3].mean(1) for at in range(0, BANDS, 3)]


def follow(band_powers, score):
    """band_powers: (frames, streams, BANDS); score: features -> score. Returns features and scores of all frames."""
    count, streams, _ = band_powers.shape
    features = np.zeros((count, streams, FEATURES), np.float32)
    scores = np.zeros((count, streams), np.float32)
    noise = np.zeros((streams, BANDS), np.float32)
    short = np.zeros_like(noise)
    smooth = np.zeros_like(noise)
    mean_log = np.zeros_like(noise)
    minima = np.full((8, streams, BANDS), 1e30, np.float32)
    quartile = np.zeros(streams, np.float32)
    median = np.zeros(streams, np.float32)
    peak = np.full(streams, -100, np.float32)
    fast = np.zeros(streams, np.float32)
    slow = np.zeros(streams, np.float32)
    for t in range(count):
        power = band_powers[t]
        total = power.sum(1)
        level = 10 * np.log10(total / FULL_SCALE_SQUARE + 6.3e-8)
        if t == 0:
            short, smooth = power.copy(), power.copy()
            quartile, median = level.copy(), level.copy()
        short += 0.45 * (power - short)
        smooth += 0.3 * (power - smooth)
        span = t // 10 % 8
        minima[span] = smooth if t % 10 == 0 else np.minimum(minima[span], smooth)
        if t < 5:
            scale = np.minimum(1, FIRST_TOTAL_MAX / np.maximum(total, 1))
            noise = noise + (power * scale[:, None] - noise) / (t + 1)
        noise = np.maximum(noise, LEAST)
        least_of_late = 1.6 * minima.min(0)
        lowest = np.maximum(least_of_late, LEAST) if t >= 12 else noise

        log_now = log_ratio(power, noise, 6)
        mean_log += 0.5 * (log_now - mean_log)
        ratio = np.maximum(power / noise, 1)
        likelihood = np.minimum(ratio - 1 - np.log(ratio), 5).mean(1)
        fast += 0.4 * (likelihood - fast)
        slow += 0.15 * (likelihood - slow)

        row = features[t]
        row[:, 0:5] = np.stack(groups(log_now), 1)
        row[:, 5:10] = np.stack(groups(log_ratio(short, noise, 6)), 1)
        row[:, 10] = likelihood
        row[:, 11] = fast
        row[:, 12] = slow
        row[:, 13] = log_ratio(total, noise.sum(1), 8)
        row[:, 14] = log_ratio(power, lowest, 6).mean(1)
        row[:, 15] = np.clip((level - quartile) / 6, -2, 5)
        row[:, 16] = np.clip((level - median) / 6, -4, 4)
        row[:, 17] = np.clip((level - peak) / 6, -8, 2)
        row[:, 18] = np.clip((level + 60) / 10, -1, 3)
        row[:, 19] = (median - quartile) / 6
        row[:, 20] = mean_log.max(1)
        row[:, 21] = mean_log.mean(1)
        scores[t] = score(row)

        step = 1.5 if t < 50 else 0.16
        quartile += np.where(level > quartile, 0.25, -0.75) * step
        median = np.maximum(median + np.where(level > median, 0.5, -0.5) * step, quartile)
        peak = np.maximum(peak - 0.06, np.where(scores[t] > 0, level, -100))
        if t >= 5:
            absence = 1 - np.clip(0.5 + 0.25 * scores[t], 0, 1)
            noise = noise + np.where(power > noise, 0.08, 0.25) * absence[:, None] * (power - noise)
        if t >= 12:
            noise = np.maximum(noise, least_of_late)
    return features, scores
