"""Gradients of losses in PyTorch, as its own backward pass computes them."""

import torch
import torch.nn.functional as F


def cross_entropy_backward(dy, logits, label):
    """A function that returns dlogits; what the forward pass keeps is made once."""
    log_p = F.log_softmax(logits, -1)
    mean, ignored = 1, -100
    weight = torch.ops.aten.nll_loss_forward(log_p, label, None, mean, ignored)[1]

    def backward():
        dlog_p = torch.ops.aten.nll_loss_backward(dy, log_p, label, None, mean, ignored, weight)
        return torch._log_softmax_backward_data(dlog_p, log_p, -1, logits.dtype)

    return backward
