"""The network: a small temporal convolution net over log-mel frames with attention pooling.

A second head reads phones at 50 per second (CTC). It is used in training only, where it forces the layers below to
know all of English speech instead of the twelve phrases; the shipped weights do without it.
"""

import torch
from torch import nn

from features import BAND_COUNT
from phrases import PHRASES

CLASS_COUNT = len(PHRASES) + 1
PHONE_COUNT = 40  # 39 phones and the CTC blank
EARLY, LATE, POOLS = 64, 96, 4


class Residual(nn.Module):
    def __init__(self, channels, dilation):
        super().__init__()
        self.first = nn.Conv1d(channels, channels, 3, padding=dilation, dilation=dilation, bias=False)
        self.first_norm = nn.BatchNorm1d(channels)
        self.second = nn.Conv1d(channels, channels, 3, padding=dilation, dilation=dilation, bias=False)
        self.second_norm = nn.BatchNorm1d(channels)

    def forward(self, x):
        y = torch.relu(self.first_norm(self.first(x)))
        return torch.relu(x + self.second_norm(self.second(y)))


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.enter = nn.Conv1d(BAND_COUNT, EARLY, 5, stride=2, padding=2, bias=False)
        self.enter_norm = nn.BatchNorm1d(EARLY)
        self.early = Residual(EARLY, 1)
        self.narrow = nn.Conv1d(EARLY, LATE, 3, stride=2, padding=1, bias=False)
        self.narrow_norm = nn.BatchNorm1d(LATE)
        self.late = nn.ModuleList([Residual(LATE, 1), Residual(LATE, 2)])
        self.drop = nn.Dropout(0.25)
        self.attention = nn.Linear(LATE, POOLS)
        self.decide = nn.Linear(LATE * POOLS, CLASS_COUNT)
        self.phones = nn.Linear(LATE, 2 * PHONE_COUNT)

    def forward(self, features, with_phones=False):
        """features: [batch, frames, bands], normalized. Returns class logits, and phone logits if asked."""
        x = torch.relu(self.enter_norm(self.enter(features.transpose(1, 2))))
        x = self.early(x)
        x = torch.relu(self.narrow_norm(self.narrow(x)))
        for block in self.late:
            x = block(x)
        x = x.transpose(1, 2)
        weights = torch.softmax(self.attention(x), dim=1)
        pooled = torch.einsum("btc,btp->bpc", x, weights).flatten(1)
        logits = self.decide(self.drop(pooled))
        if not with_phones:
            return logits
        batch, steps, _ = x.shape
        return logits, self.phones(x).reshape(batch, steps * 2, PHONE_COUNT)
