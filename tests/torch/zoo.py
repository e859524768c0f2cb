"""Small networks of four kinds, healthy and with a fault planted, and data for them."""

import torch
from torch import nn
from torch.nn import functional

KINDS = ("mlp", "cnn", "gru", "transformer")
ROWS = 48


class Mlp(nn.Module):
    def __init__(self, classes, *, width=24, inputs=12, norm=False, dropout=0.2, ends=None):
        super().__init__()
        self.first = nn.Linear(inputs, width, bias=not norm)
        self.norm = nn.BatchNorm1d(width) if norm else nn.Identity()
        self.drop = nn.Dropout(dropout)
        self.second = nn.Linear(width, width)
        self.head = nn.Linear(width, classes)
        self.ends = ends or nn.Identity()

    def forward(self, x):
        x = self.drop(torch.relu(self.norm(self.first(x))))
        return self.ends(self.head(torch.tanh(self.second(x))))


class Cnn(nn.Module):
    def __init__(
        self, classes, *, width=8, bias=False, dropout=0.1, ends=None, norm=nn.BatchNorm2d
    ):
        super().__init__()
        self.conv = nn.Conv2d(1, width, 3, padding=1, bias=bias)
        self.norm = norm(width)
        self.deeper = nn.Conv2d(width, width, 3, padding=1)
        self.drop = nn.Dropout2d(dropout)
        self.head = nn.Linear(width * 16, classes)
        self.ends = ends or nn.Identity()

    def forward(self, x):
        x = functional.max_pool2d(torch.relu(self.norm(self.conv(x))), 2)
        x = self.drop(torch.relu(self.deeper(x)))
        return self.ends(self.head(x.flatten(1)))


class Gru(nn.Module):
    def __init__(self, classes, *, width=16, dropout=0.2, ends=None):
        super().__init__()
        self.gru = nn.GRU(3, width, num_layers=2, batch_first=True, dropout=dropout)
        self.head = nn.Linear(width, classes)
        self.ends = ends or nn.Identity()

    def forward(self, x):
        return self.ends(self.head(self.gru(x)[0][:, -1]))


class Transformer(nn.Module):
    def __init__(self, classes, *, width=16, dropout=0.1, ends=None):
        super().__init__()
        self.embed = nn.Linear(3, width)
        self.place = nn.Parameter(torch.randn(7, width) * 0.1)
        self.layer = nn.TransformerEncoderLayer(width, 2, 32, dropout=dropout, batch_first=True)
        self.head = nn.Linear(width, classes)
        self.ends = ends or nn.Identity()

    def forward(self, x):
        return self.ends(self.head(self.layer(self.embed(x) + self.place).mean(1)))


MAKERS = {"mlp": Mlp, "cnn": Cnn, "gru": Gru, "transformer": Transformer}
SHAPES = {"mlp": (12,), "cnn": (1, 8, 8), "gru": (7, 3), "transformer": (7, 3)}
TASKS = ("classes", "binary", "number")


def network(kind, *, classes=3, seed=0, **settings):
    torch.manual_seed(seed)
    return MAKERS[kind](classes, **settings)


def batch(kind, *, classes=3, seed=0, rows=ROWS):
    random = torch.Generator().manual_seed(seed)
    inputs = torch.randn(rows, *SHAPES[kind], generator=random)
    return inputs, torch.randint(classes, (rows,), generator=random)


def task(kind, name, *, seed=0, **settings):
    """A healthy network with its loss, inputs and targets."""
    inputs, labels = batch(kind, seed=seed)
    if name == "classes":
        return network(kind, seed=seed, **settings), nn.CrossEntropyLoss(), inputs, labels
    made = network(kind, classes=1, seed=seed, **settings)
    if name == "binary":
        return made, nn.BCEWithLogitsLoss(), inputs, (labels[:, None] > 0).float()
    return made, nn.MSELoss(), inputs, inputs.flatten(1).sum(1, keepdim=True) / 3


def good_step(module, optimizer, inputs, targets):
    optimizer.zero_grad()
    loss = functional.cross_entropy(module(inputs), targets)
    loss.backward()
    optimizer.step()
    return loss


def adding_step(module, optimizer, inputs, targets):
    loss = functional.cross_entropy(module(inputs), targets)
    loss.backward()
    optimizer.step()
    return loss
