"""Optimizers and schedules of their learning rate, in PyTorch's habit, over the C++ kernels."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Mapping, Union

from prova import _core
from prova._core import Tensor
from prova.errors import ArgumentError, DTypeError

Parameters = Iterable[Union[Tensor, "tuple[str, Tensor]"]]


class Optimizer:
    """What every optimizer does: step() moves each parameter against its `grad`.

    params: `model.parameters()`, or `model.named_parameters()` for names in its state. A frozen
    parameter is left alone; one that requires a gradient and has none is refused by name, and then
    nothing has changed. `lr`, the learning rate, may be set between steps.
    """

    lr: float

    def __init__(self, params: Parameters, lr: float,
                 make: Callable[[dict[str, Tensor]], Any]) -> None:
        name = type(self).__name__
        if isinstance(lr, bool) or not isinstance(lr, (int, float)):
            raise DTypeError(f"{name}: lr is {type(lr).__name__}; need a float")
        if not 0 <= lr < float("inf"):
            raise ArgumentError(f"{name}: lr is {lr}; need a finite number >= 0")
        self.lr = float(lr)
        self._parameters = _named(name, params)
        self._trainer: _core._Trainer = make(self._parameters)

    def step(self) -> None:
        """Takes one step by the gradients that the parameters keep.

        Raises GradientError for a parameter without one, ArgumentError for a wrong lr.
        """
        self._trainer.step(self.lr)

    def zero_grad(self) -> None:
        """Forgets the gradient of every parameter."""
        for parameter in self._parameters.values():
            if parameter.requires_grad:
                parameter.zero_grad()

    def state_dict(self) -> dict[str, Tensor]:
        """What the next step depends on besides parameters and lr, as `conv1.weight.exp_avg`.

        Handles that the next step overwrites; empty before the first. `prova.save` writes it.
        """
        return self._trainer.state()

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Takes copies of what `state_dict()` gave. Raises ArgumentError for other names."""
        self._trainer.load_state(dict(state))


class SGD(Optimizer):
    """Stochastic gradient descent with momentum.

        g = grad + weight_decay * p
        m = momentum * m + g
        p = p - lr * m          (nesterov: p - lr * (g + momentum * m))

    Source: B. Polyak, 1964; I. Sutskever et al., ICML 2013.
    """

    def __init__(self, params: Parameters, lr: float = 0.01, momentum: float = 0.0,
                 weight_decay: float = 0.0, nesterov: bool = False) -> None:
        super().__init__(params, lr, lambda named: _core._sgd(named, momentum, weight_decay,
                                                              nesterov))


class AdamW(Optimizer):
    """Adam with decoupled weight decay; step t counts from 1.

        p = p - lr * weight_decay * p
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g^2
        p = p - lr * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)

    Source: D. Kingma, J. Ba, ICLR 2015; I. Loshchilov, F. Hutter, ICLR 2019.
    """

    def __init__(self, params: Parameters, lr: float = 1e-3,
                 betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 0.01) -> None:
        beta1, beta2 = betas
        super().__init__(params, lr, lambda named: _core._adamw(named, beta1, beta2, eps,
                                                                weight_decay))


def cosine_schedule(step: int, total: int, warmup: int = 0, floor: float = 0.0) -> float:
    """A factor of the learning rate: linear warm-up, then half a cosine from 1 down to floor.

    step: steps taken so far, 0 in the first. Source: I. Loshchilov, F. Hutter, ICLR 2017. Raises
    ArgumentError unless step >= 0, 0 <= warmup < total and 0 <= floor <= 1.
    """
    return _core._cosine_schedule(step, warmup, total, floor)


class LambdaLR:
    """Multiplies an optimizer's learning rate by lr_lambda(steps taken), from now on.

        schedule = optim.LambdaLR(optimizer, lambda step: optim.cosine_schedule(step, total=1000))
        ...
        optimizer.step()
        schedule.step()

    The rate that is multiplied is the one that the optimizer has now.
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable[[int], float]) -> None:
        self._optimizer = optimizer
        self._base = optimizer.lr
        self._factor = lr_lambda
        self._set(0)

    def step(self) -> None:
        """Goes on to the next step's learning rate."""
        self._set(self.last_step + 1)

    def get_last_lr(self) -> list[float]:
        """The learning rate of the next step, in a list as PyTorch has it."""
        return [self._optimizer.lr]

    def state_dict(self) -> dict[str, float]:
        """Where the schedule is."""
        return {"base_lr": self._base, "last_step": self.last_step}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Goes on from there."""
        self._base = float(state["base_lr"])
        self._set(int(state["last_step"]))

    def _set(self, step: int) -> None:
        self.last_step = step
        self._optimizer.lr = self._base * self._factor(step)


def _named(where: str, params: Parameters) -> dict[str, Tensor]:
    """Parameters by name; by their number where they come without."""
    if isinstance(params, Tensor):
        raise DTypeError(f"{where}: params is a Tensor; need a list of them")
    named: dict[str, Tensor] = {}
    seen: set[int] = set()
    for i, item in enumerate(params):
        if isinstance(item, dict):
            raise DTypeError(f"{where}: params[{i}] is a dict; need tensors: for groups with "
                             "options of their own, make one optimizer each")
        name, tensor = item if isinstance(item, tuple) else (str(i), item)
        if not isinstance(tensor, Tensor) or not tensor.is_leaf:
            kind = "a result of an operation" if isinstance(tensor, Tensor) else (
                type(tensor).__name__)
            raise DTypeError(f"{where}: params[{i}] is {kind}; need leaves, or pairs of name and "
                             "leaf")
        if name in named or id(tensor) in seen:
            raise ArgumentError(f"{where}: parameter '{name}' appears twice; need each once")
        seen.add(id(tensor))
        named[name] = tensor
    if not named:
        raise ArgumentError(f"{where}: no parameters; need at least one")
    return named
