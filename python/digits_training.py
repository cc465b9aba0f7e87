"""The training of examples/digits, in Python: the same network, order, warps and rates."""

import math
import time

import numpy

import prova
from prova import data, nn, optim


class DigitNet(nn.Module):
    """Its network, for images of 8 x 8."""

    def __init__(self, seed):
        weights = prova.Rng(seed, 0)
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1, rng=weights)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1, rng=weights)
        self.dropout = nn.Dropout(0.25, rng=prova.Rng(seed, 1))
        self.linear = nn.Linear(512, 10, rng=weights, initializer=nn.xavier_uniform)

    def forward(self, x):
        x = prova.relu(self.conv1(x))
        x = prova.max_pool2d(prova.relu(self.conv2(x)), 2)
        return self.linear(self.dropout(prova.reshape(x, (x.shape[0], -1))))


def right(scores, labels):
    """How many rows of [n, classes] have their largest score at the label."""
    return int((numpy.asarray(scores).argmax(1) == numpy.asarray(labels)).sum())


def accuracy(net, examples):
    """The share of images that the network reads."""
    net.eval()
    with prova.no_grad():
        hits = right(net(examples.images), examples.labels)
    net.train()
    return hits / len(examples.labels)


def train(epochs, seed=1, batch=32):
    """After each epoch: the network and a record with the keys of metrics.json."""
    digits = data.digits()
    images, labels = digits.train
    net = DigitNet(seed)
    optimizer = optim.AdamW(net.named_parameters(), lr=0.003)
    total = epochs * math.ceil(len(labels) / batch)
    schedule = optim.LambdaLR(optimizer, lambda step: optim.cosine_schedule(step, total=total))
    warps = prova.Rng(seed, 2)
    for epoch in range(1, epochs + 1):
        loss_sum, hits, start = 0.0, 0, time.perf_counter()
        # Each epoch's order is a stream of its own, as in C++.
        order = prova.Rng(seed, 3 + epoch)
        for x, y in data.Batches(images, labels, batch_size=batch, shuffle=True, rng=order):
            scores = net(data.warp_randomly(x, warps))
            loss = prova.cross_entropy(scores, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            loss_sum += loss.item() * len(y)
            hits += right(scores.detach(), y)
        seconds = time.perf_counter() - start
        yield net, {"train_loss": loss_sum / len(labels), "train_accuracy": hits / len(labels),
                    "test_accuracy": accuracy(net, digits.test), "seconds": seconds}
