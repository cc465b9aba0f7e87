"""What NumPy makes of prova.cross_entropy, and what both are given."""

import numpy as np


def cross_entropy(logits, target, ignore_index=-100, label_smoothing=0.0, reduction="mean"):
    axis = 0 if logits.ndim == 1 else 1
    peak = logits.max(axis=axis, keepdims=True)
    all_losses = peak + np.log(np.exp(logits - peak).sum(axis=axis, keepdims=True)) - logits
    counts = target != ignore_index
    label = np.expand_dims(np.where(counts, target, 0), axis)
    losses = np.take_along_axis(all_losses, label, axis).squeeze(axis)
    losses = (1 - label_smoothing) * losses + label_smoothing * all_losses.mean(axis=axis)
    losses = np.where(counts, losses, 0)
    if reduction == "none":
        return losses
    return losses.sum() / (counts.sum() if reduction == "mean" else 1)


def draw(random):
    logits = random.shape(min_rank=1, max_rank=4, min_size=1)
    axis = 0 if len(logits) == 1 else 1
    target = logits[:axis] + logits[axis + 1:]
    # With class 0 ignored a mean may be one of nothing.
    reduction, ignored = random.choice(("mean", -100), ("sum", 0), ("none", 0))
    return (random.tensor(logits), random.indices(target, 0, logits[axis])), random.options(
        ignore_index=ignored, label_smoothing=random.choice(0.0, 0.3), reduction=reduction)
