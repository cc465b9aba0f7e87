"""What every layer and model is: an object whose attributes are its parameters and its parts."""

from __future__ import annotations

from typing import (TYPE_CHECKING, Any, Callable, Iterable, Iterator, Mapping, NamedTuple,
                    TypeVar)

from prova import _core
from prova._array_api import isdtype
from prova._core import Device, DType, Tensor
from prova.errors import ArgumentError, DTypeError

Self = TypeVar("Self", bound="Module")
RowSelf = TypeVar("RowSelf", bound="_Row")


class LoadResult(NamedTuple):
    """How the names of a state and of a model differ."""

    missing_keys: list[str]  # of the model, not in the state
    unexpected_keys: list[str]  # in the state, not of the model
    mismatched_keys: list[str]  # of another shape or not floating, ready to print


class _IsLeaf(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor) and instance.requires_grad and instance.is_leaf


if TYPE_CHECKING:
    class Parameter(Tensor):
        """What type checkers are told."""

        def __init__(self, data: Any) -> None: ...
else:
    class Parameter(metaclass=_IsLeaf):
        """Parameter(data): a tensor that the tape follows, over the memory of `data`.

        A function in the clothes of a class: what it returns is a Tensor, and
        `isinstance(x, Parameter)` asks whether x is a leaf that requires a gradient.
        """

        def __new__(cls, data: Any) -> Tensor:
            """The leaf."""
            leaf = _core.asarray(data).detach()
            leaf.requires_grad = True
            return leaf


def _parts(value: object, name: str) -> Iterator[tuple[str, object]]:
    """Tensors and modules in an attribute, lists, tuples and dicts looked through, by name."""
    if isinstance(value, (Tensor, Module)):
        yield name, value
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from _parts(item, f"{name}.{i}")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _parts(item, f"{name}.{key}")


def _replaced(value: Any, new: Mapping[int, Tensor]) -> Any:
    """An attribute whose tensors have given way to those of `new`, a dict by id."""
    if isinstance(value, Tensor):
        return new.get(id(value), value)
    if isinstance(value, list):
        value[:] = [_replaced(item, new) for item in value]
    elif isinstance(value, dict):
        value.update({key: _replaced(item, new) for key, item in value.items()})
    elif isinstance(value, tuple):
        items = [_replaced(item, new) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    return value


class Module:
    """A layer or model. Derive from it, set layers and parameters as attributes, write `forward`:

        class Net(prova.nn.Module):
            def __init__(self):
                self.fc1 = prova.nn.Linear(784, 128)
                self.fc2 = prova.nn.Linear(128, 10)

            def forward(self, x):
                return self.fc2(prova.relu(self.fc1(x)))

    A leaf that requires a gradient is a parameter, and stays one when it is frozen by
    `requires_grad = False`. Parameters and modules may lie in lists, tuples and dicts, in any
    depth; their names are paths such as `blocks.0.fc.bias`. `super().__init__()` need not be
    called.
    """

    training = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """forward(...)."""
        return self.forward(*args, **kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the model computes; each model writes its own."""
        raise NotImplementedError(f"{type(self).__name__} has no forward; need a method that "
                                  "computes the result")

    def __setattr__(self, name: str, value: Any) -> None:
        self._names("_parameter_names").discard(name)
        self._names("_buffer_names").discard(name)
        object.__setattr__(self, name, value)
        for path, part in _parts(value, name):
            if isinstance(part, Parameter):
                self._names("_parameter_names").add(path)

    def register_buffer(self, name: str, tensor: Tensor) -> None:
        """Sets an attribute that is no parameter but part of the state, such as a mean.

        Raises DTypeError unless it is floating, as all that files of parameters hold.
        """
        if not isinstance(tensor, Tensor) or not isdtype(tensor.dtype, "real floating"):
            kind = tensor.dtype.name if isinstance(tensor, Tensor) else type(tensor).__name__
            raise DTypeError(f"register_buffer: '{name}' is {kind}; need a floating Tensor")
        setattr(self, name, tensor)
        self._names("_buffer_names").add(name)

    def _names(self, which: str) -> set[str]:
        """The names of what is known to be a parameter, or a buffer."""
        names: set[str] = self.__dict__.setdefault(which, set())
        return names

    def _attributes(self) -> Iterable[tuple[str, object]]:
        """What may hold tensors and modules, by name."""
        return [item for item in vars(self).items() if not isinstance(item[1], set)]

    def _own(self, buffers: bool) -> Iterator[tuple[str, Tensor]]:
        """Parameters, or buffers, that belong to no part."""
        known = self._names("_parameter_names")
        for name, value in self._attributes():
            for path, part in _parts(value, name):
                if not isinstance(part, Tensor):
                    continue
                if isinstance(part, Parameter):  # appended to a list since
                    known.add(path)
                if path in (self._names("_buffer_names") if buffers else known):
                    yield path, part

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The parts, each with its name."""
        for name, value in self._attributes():
            for path, part in _parts(value, name):
                if isinstance(part, Module):
                    yield path, part

    def children(self) -> Iterator[Module]:
        """The parts."""
        return (part for _, part in self.named_children())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module, its parts, and theirs, each once."""
        return self._walk(prefix, set())

    def _walk(self, prefix: str, seen: set[int]) -> Iterator[tuple[str, Module]]:
        if id(self) in seen:
            return
        seen.add(id(self))
        yield prefix, self
        for name, part in self.named_children():
            yield from part._walk(f"{prefix}.{name}" if prefix else name, seen)

    def modules(self) -> Iterator[Module]:
        """This module, its parts, and theirs, each once."""
        return (module for _, module in self.named_modules())

    def _named(self, buffers: bool) -> Iterator[tuple[str, Tensor]]:
        seen: set[int] = set()
        for prefix, module in self.named_modules():
            for name, tensor in module._own(buffers):
                if id(tensor) not in seen:
                    seen.add(id(tensor))
                    yield f"{prefix}.{name}" if prefix else name, tensor

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """Parameters with their names; tied ones once, under their first name."""
        return self._named(buffers=False)

    def parameters(self) -> Iterator[Tensor]:
        """The tensors that an optimizer trains, each once."""
        return (tensor for _, tensor in self.named_parameters())

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """Buffers with their names."""
        return self._named(buffers=True)

    def train(self: Self, mode: bool = True) -> Self:
        """Sets `training` here and in all parts: Dropout and its like are active. Returns self."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: Self) -> Self:
        """train(False): the model computes what it learned. Returns self."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Forgets the gradient of every parameter."""
        for parameter in self.parameters():
            if parameter.requires_grad:
                parameter.zero_grad()

    def to(self: Self, device: Device | DType | str | None = None,
           dtype: DType | str | None = None) -> Self:
        """Moves parameters and buffers to a device, or makes them of another floating dtype.

        They become new leaves without gradients: make the optimizer afterwards. Returns self.
        """
        if isinstance(device, DType) and dtype is None:
            device, dtype = None, device
        if dtype is not None and not isdtype(_core._dtype(dtype), "real floating"):
            raise DTypeError(f"Module.to: {_core._dtype(dtype).name}; need a floating dtype")

        def moved(tensor: Tensor) -> Tensor:
            result = tensor.detach()
            if dtype is not None:
                result = result.astype(dtype)
            if device is not None:
                result = result.to(device)  # type: ignore[arg-type]
            result.requires_grad = tensor.requires_grad
            return result

        held = [*self.parameters(), *(tensor for _, tensor in self.named_buffers())]
        new = {id(tensor): moved(tensor) for tensor in held}
        for module in list(self.modules()):
            for name, value in list(vars(module).items()):
                # Past __setattr__, which would take frozen parameters for mere tensors.
                object.__setattr__(module, name, _replaced(value, new))
        return self

    def state_dict(self) -> dict[str, Tensor]:
        """Parameters and buffers by name: handles, which the next step of training overwrites."""
        named = [*self.named_parameters(), *self.named_buffers()]
        return {name: tensor.detach() for name, tensor in named}

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> LoadResult:
        """Overwrites parameters and buffers by what has their names, of whatever floating dtype.

        state: tensors, NumPy arrays or PyTorch tensors, as `state_dict()` of either gives them. A
        tied parameter may go by any of its names. Where strict, any difference raises ShapeError
        that lists them all, and nothing has changed; otherwise what fits is loaded and the
        differences are returned.
        """
        if not isinstance(state, Mapping):
            raise DTypeError(f"load_state_dict: state is {type(state).__name__}; need a dict of "
                             "tensors")
        values = {name: _core.asarray(_plain(value)) for name, value in state.items()}
        own = self.state_dict()
        for name, alias in self._aliases():
            if alias in values:
                value = values.pop(alias)
                values.setdefault(name, value)
        return LoadResult(*_core._load_parameters(own, values, strict))

    def _aliases(self) -> Iterator[tuple[str, str]]:
        """First and further names of tied parameters."""
        first = {id(tensor): name for name, tensor in self.named_parameters()}
        for prefix, module in self.named_modules():
            for name, tensor in module._own(buffers=False):
                path = f"{prefix}.{name}" if prefix else name
                if first[id(tensor)] != path:
                    yield first[id(tensor)], path

    def apply(self: Self, function: Callable[[Module], object]) -> Self:
        """Calls function(module) for all parts and this module last. Returns self."""
        for module in reversed(list(self.modules())):
            function(module)
        return self

    def extra_repr(self) -> str:
        """What a layer's repr shows in its parentheses."""
        return ""

    def __repr__(self) -> str:
        parts = [f"({name}): " + repr(part).replace("\n", "\n  ")
                 for name, part in self.named_children()]
        extra = self.extra_repr()
        if not parts:
            return f"{type(self).__name__}({extra})"
        lines = ([extra] if extra else []) + parts
        return f"{type(self).__name__}(\n" + "".join(f"  {line}\n" for line in lines) + ")"


def _plain(value: Any) -> Any:
    """A value of a state without the tape of another library."""
    follows = getattr(value, "requires_grad", False)
    return value.detach() if follows and not isinstance(value, Tensor) else value


class _Row(Module):
    """Modules named by their places: `0.weight`."""

    def __init__(self, modules: Iterable[Module]) -> None:
        self._modules = self._checked(modules, 0)

    def _checked(self, modules: Iterable[Any], first: int) -> list[Module]:
        listed = list(modules)
        for i, module in enumerate(listed, first):
            if not isinstance(module, Module):
                hint = "; wrap a function in a Module" if callable(module) else ""
                raise DTypeError(f"{type(self).__name__}: part {i} is {type(module).__name__}; "
                                 f"need a Module{hint}")
        return listed

    def _attributes(self) -> Iterable[tuple[str, object]]:
        return [(str(i), module) for i, module in enumerate(self._modules)]

    def append(self: RowSelf, module: Module) -> RowSelf:
        """Adds a module at the end. Returns self."""
        self._modules += self._checked([module], len(self))
        return self

    def __len__(self) -> int:
        return len(self._modules)

    def __getitem__(self, index: int) -> Module:
        return self._modules[index]

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules)


class Sequential(_Row):
    """Layers one after another: `Sequential(Linear(64, 32), ReLU(), Linear(32, 10))`."""

    def __init__(self, *layers: Module) -> None:
        super().__init__(layers)

    def forward(self, x: Any) -> Any:
        """The last layer's result; without layers, x."""
        for layer in self._modules:
            x = layer(x)
        return x


class ModuleList(_Row):
    """A list of modules, as a module: for models that choose among its parts."""

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__(modules)


def at_least(where: str, name: str, value: Any, least: int) -> int:
    """`value` as an int. Raises ArgumentError below `least`, DTypeError for what is no int."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise DTypeError(f"{where}: {name} is {type(value).__name__}; need an int")
    number = int(value.__index__())
    if number < least:
        raise ArgumentError(f"{where}: {name} is {number}; need {name} >= {least}")
    return number


def two_at_least(where: str, name: str, value: Any, least: int) -> tuple[int, int]:
    """`value`, one int or a pair, as (height, width)."""
    if isinstance(value, (tuple, list)):
        if len(value) != 2:
            raise ArgumentError(f"{where}: {name} is {tuple(value)}; "
                                "need an int or (height, width)")
        return at_least(where, name, value[0], least), at_least(where, name, value[1], least)
    size = at_least(where, name, value, least)
    return size, size
