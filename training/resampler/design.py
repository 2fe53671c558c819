"""Finds the cosines of native/dsp/resampler_design.cc and prints them. Needs numpy and scipy.

The filter is h(t) = sum a_k cos(pi k t / H) for |t| < H, in samples of the lower rate. Its response is linear in the
a_k, so the least ripple for given weights is a linear program: the pass band to 3.4 of 8 kHz within DP_DB, the rest of
the transition from 4.1 kHz D1_DB down, everything from 4.6 kHz (what would alias below 3.4) D2_DB down; minimise the
factor by which all three are missed or kept at once. h is zero at its ends, so that it falls off beyond the last
frequency looked at, and has gain 1 at 0 Hz.
"""
import numpy as np
from scipy.optimize import linprog

H, K = 24, 31
PASS, STOP_1, STOP_2, LAST = 3.4 / 8, 4.1 / 8, 4.6 / 8, 7.0
DP_DB, D1_DB, D2_DB = 0.0025, 60.5, 98.5


def response(frequencies):
    f = np.asarray(frequencies)[:, None]
    k = np.arange(K + 1)[None, :]
    return H * (np.sinc(2 * H * f - k) + np.sinc(2 * H * f + k))


bands = [
    (np.linspace(0, PASS, 300), 10 ** (DP_DB / 20) - 1, 1.0),
    (np.linspace(STOP_1, STOP_2, 80), 10 ** (-D1_DB / 20), 0.0),
    (np.concatenate([np.linspace(STOP_2, 1.6, 600), np.linspace(1.6, LAST, 1100)]), 10 ** (-D2_DB / 20), 0.0),
]
rows, bounds = [], []
for frequencies, tolerance, target in bands:
    matrix = response(frequencies) / tolerance
    factor = np.full((len(frequencies), 1), -1.0)
    for sign in (1, -1):
        rows.append(np.hstack([sign * matrix, factor]))
        bounds.append(np.full(len(frequencies), sign * target / tolerance))
ends = np.append((-1.0) ** np.arange(K + 1), 0)
unity = np.append(response([0])[0], 0)
solution = linprog(
    np.append(np.zeros(K + 1), 1),
    A_ub=np.vstack(rows),
    b_ub=np.concatenate(bounds),
    A_eq=np.vstack([ends, unity]),
    b_eq=[0, 1],
    bounds=[(None, None)] * (K + 1) + [(0, None)],
    method="highs",
)
cosines = solution.x[:-1] / solution.x[0]
print(f"all three kept with {-20 * np.log10(solution.fun):.2f} dB to spare")
for at in range(0, K + 1, 4):
    print("    " + " ".join(f"{value:.12e}," for value in cosines[at : at + 4]))
