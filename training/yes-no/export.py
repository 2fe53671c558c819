"""Folds batch normalization, quantizes to 8 bits and writes the weights file that the server reads.

Usage: export.py MODEL.pt[,MODEL.pt...] OUTPUT.bin YES_THRESHOLD NO_THRESHOLD
The layout is described in src/speech/builtin/yes-no-model.ts.
"""

import struct
import sys
import zlib

import numpy as np
import torch

from network import LATE, POOLS, Network
from phrases import PHRASES, YES_PHRASES

VERSION = 1
# Added to the logits of phrases that are refused too often; chosen on the dev half of the held-out voices.
LIFTED = {"no": 1.1, "nope": 0.8, "yes I do": 0.45, "no I don't": 0.45, "I do not": 0.3}


def folded(conv, norm):
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return conv.weight * scale[:, None, None], norm.bias - norm.running_mean * scale


def layers(model):
    yield folded(model.enter, model.enter_norm)
    yield folded(model.early.first, model.early.first_norm)
    yield folded(model.early.second, model.early.second_norm)
    yield folded(model.narrow, model.narrow_norm)
    for block in model.late:
        yield folded(block.first, block.first_norm)
        yield folded(block.second, block.second_norm)
    yield model.attention.weight[:, :, None], model.attention.bias
    lift = torch.tensor([LIFTED.get(phrase, 0.0) for phrase in PHRASES] + [0.0])
    yield model.decide.weight[:, :, None], model.decide.bias + lift


def packed(weight, bias):
    """weight: [outputs, inputs, taps]; stored output-major, then tap, then input."""
    rows = weight.detach().permute(0, 2, 1).reshape(weight.shape[0], -1).numpy()
    scale = np.maximum(np.abs(rows).max(1), 1e-9).astype(np.float32) / 127
    quantized = np.clip(np.round(rows / scale[:, None]), -127, 127).astype(np.int8).tobytes()
    quantized += b"\0" * (-len(quantized) % 4)
    return scale.astype("<f4").tobytes() + bias.detach().numpy().astype("<f4").tobytes() + quantized


def main(models, output, yes_threshold, no_threshold):
    body = struct.pack("<IIIff", len(PHRASES) + 1, len(YES_PHRASES), len(models), yes_threshold, no_threshold)
    for path in models:
        model = Network()
        model.load_state_dict(torch.load(path))
        model.eval()
        for weight, bias in layers(model):
            body += packed(weight, bias)
    with open(output, "wb") as out:
        out.write(b"TLYN" + struct.pack("<II", VERSION, zlib.crc32(body)) + body)
    print(len(body) + 12, "bytes")


if __name__ == "__main__":
    main(sys.argv[1].split(","), sys.argv[2], float(sys.argv[3]), float(sys.argv[4]))
