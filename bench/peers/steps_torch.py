"""The training steps of bench/steps in PyTorch, from the same weights."""

import torch
import torch.nn.functional as F


def training(weights, loss):
    """A function that takes one step of AdamW and returns the loss it began with."""
    weights = [w.clone().requires_grad_() for w in weights]
    adamw = torch.optim.AdamW(weights, lr=1e-3)

    def step():
        adamw.zero_grad(set_to_none=True)
        value = loss(weights)
        value.backward()
        adamw.step()
        return value.detach()

    return step


def mlp(x, label, *weights):
    def loss(w):
        y = F.relu(F.linear(x, w[0], w[1]))
        y = F.relu(F.linear(y, w[2], w[3]))
        return F.cross_entropy(F.linear(y, w[4], w[5]), label)

    return training(weights, loss)


def digits_cnn(x, label, *weights):
    def loss(w):
        y = F.relu(F.conv2d(x, w[0], w[1], padding=1))
        y = F.relu(F.conv2d(y, w[2], w[3], padding=1))
        y = F.max_pool2d(y, 2)
        return F.cross_entropy(F.linear(y.flatten(1), w[4], w[5]), label)

    return training(weights, loss)


def mnist_cnn(x, label, *weights):
    def loss(w):
        y = F.max_pool2d(F.relu(F.conv2d(x, w[0], w[1], padding=1)), 2)
        y = F.max_pool2d(F.relu(F.conv2d(y, w[2], w[3], padding=1)), 2)
        return F.cross_entropy(F.linear(y.flatten(1), w[4], w[5]), label)

    return training(weights, loss)


def block(x, qkv, out, up, down, heads=4):
    sequences, length, width = x.shape
    mixed = F.linear(F.layer_norm(x, (width,)), qkv)
    q, k, v = mixed.reshape(sequences, length, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
    scores = torch.matmul(q, k.transpose(-1, -2)) / (width // heads) ** 0.5
    attended = torch.matmul(torch.softmax(scores, -1), v).transpose(1, 2).reshape(x.shape)
    y = x + F.linear(attended, out)
    return y + F.linear(F.gelu(F.linear(F.layer_norm(y, (width,)), up)), down)


def transformer(x, *weights):
    def loss(w):
        y = x
        for i in range(0, len(w), 4):
            y = block(y, *w[i : i + 4])
        return torch.mean(y * y)

    return training(weights, loss)


def taped_add(a, b):
    a = a.clone().requires_grad_()
    return lambda: torch.add(a, b)
