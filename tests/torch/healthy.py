"""Healthy networks of many shapes, drawn by number: what must raise no finding."""

import torch
import zoo
from torch import nn
from torch.nn import functional


class Residual(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.stem = nn.Conv1d(3, width, 3, padding=1)  # used twice: its bias is not cancelled
        self.norm = nn.BatchNorm1d(width)
        self.conv = nn.Conv1d(width, width, 3, padding=1, bias=False)
        self.last = nn.BatchNorm1d(width)
        self.head = nn.Conv1d(width, classes, 1)

    def forward(self, x):
        x = self.stem(x.transpose(1, 2))
        return self.head(torch.relu(x + self.last(self.conv(torch.relu(self.norm(x)))))).mean(2)


class Tokens(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.embed = nn.Embedding(11, width)
        self.lstm = nn.LSTM(width, width, bidirectional=True, batch_first=True)
        self.norm = nn.LayerNorm(2 * width)
        self.head = nn.Linear(2 * width, classes)

    def forward(self, codes):
        x = self.norm(self.lstm(self.embed(codes))[0].mean(1))
        return self.head(functional.dropout(x, 0.3, training=self.training))


class Attention(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.embed = nn.Linear(3, width)
        self.attend = nn.MultiheadAttention(width, 2, dropout=0.2, batch_first=True)
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        x = self.embed(x)
        return self.head((x + self.attend(x, x, x)[0]).amax(1))


class Two(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.wide = nn.Linear(12, width)
        self.deep = nn.GRU(3, width, batch_first=True)
        self.head = nn.Linear(2 * width, classes)

    def forward(self, row, series):
        both = torch.cat([functional.gelu(self.wide(row)), self.deep(series)[1][-1]], 1)
        return self.head(both)


def linear(_width, classes):
    return nn.Linear(12, classes)


def self_normalising(width, classes):
    return nn.Sequential(
        nn.BatchNorm1d(12),
        nn.Linear(12, width),
        nn.SELU(),
        nn.AlphaDropout(0.1),
        nn.Linear(width, classes),
    )


SHAPES = {
    Residual: ((7, 3),),
    Tokens: (),
    Attention: ((7, 3),),
    Two: ((12,), (7, 3)),
    linear: ((12,),),
    self_normalising: ((12,),),
}
LOSSES = (
    lambda _: nn.CrossEntropyLoss(),
    lambda _: nn.CrossEntropyLoss(label_smoothing=0.1),
    lambda classes: nn.CrossEntropyLoss(weight=torch.arange(1.0, classes + 1)),
    lambda _: nn.CrossEntropyLoss(reduction="sum"),
    lambda _: functional.cross_entropy,
    lambda classes: nn.MultiMarginLoss(),
)


def drawn(number):
    """A healthy network by number: module, loss, inputs, targets."""
    seed, width, classes = number, (8, 16, 32)[number % 3], (2, 3, 5)[number // 3 % 3]
    rows = (32, 64, 150)[number // 9 % 3]
    if number % 2:
        kind, name = zoo.KINDS[number // 2 % 4], zoo.TASKS[number // 8 % 3]
        dropout = (0.0, 0.2, 0.5)[number // 24 % 3]
        return zoo.task(kind, name, seed=seed, width=width, dropout=dropout)
    torch.manual_seed(seed)
    maker = list(SHAPES)[number // 2 % len(SHAPES)]
    random = torch.Generator().manual_seed(seed)
    inputs = tuple(torch.randn(rows, *each, generator=random) for each in SHAPES[maker])
    if maker is Tokens:
        inputs = (torch.randint(11, (rows, 7), generator=random),)
    labels = torch.randint(classes, (rows,), generator=random)
    loss = LOSSES[number // 2 % len(LOSSES) - number // 12 % len(LOSSES)](classes)
    return maker(width, classes), loss, inputs, labels
