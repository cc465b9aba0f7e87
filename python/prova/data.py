"""Examples to learn from: handwritten digits, and batches of any tensors."""

from __future__ import annotations

import os
import pathlib
from typing import Iterator, NamedTuple

from prova import _core, nn
from prova._core import Rng, Tensor
from prova._module import at_least
from prova.errors import ArgumentError, DTypeError

__all__ = ["Batches", "Digits", "LabelledImages", "digits", "warp_randomly"]


class LabelledImages(NamedTuple):
    """Images and what they show."""

    images: Tensor  # float32 [n, 1, height, width], 0 (paper) to 1 (full ink)
    labels: Tensor  # int64 [n], 0..9


class Digits(NamedTuple):
    """Handwritten digits to learn from, and to test with."""

    train: LabelledImages
    test: LabelledImages


def digits(folder: str | os.PathLike[str] | None = None) -> Digits:
    """The 1,797 digits of 8 x 8 pixels that come with the package, or those of IDX files.

    folder: holds `train-images-idx3-ubyte.gz` and its like, as MNIST is published; where it has no
    test part, a fifth of each class becomes one, always the same. The digits of the package are
    E. Alpaydin and C. Kaynak's, UCI Machine Learning Repository, 1998, under CC BY 4.0. Raises
    FileError (an OSError) where files are missing, FormatError (a ValueError) where one is damaged.
    """
    place = pathlib.Path(__file__).with_name("digits") if folder is None else folder
    images, labels, test_images, test_labels = _core._load_digits(os.fsdecode(place))
    return Digits(LabelledImages(images, labels), LabelledImages(test_images, test_labels))


def warp_randomly(images: Tensor, rng: Rng) -> Tensor:
    """Images [n, 1, height, width] as another hand might have placed them, each by its own draw.

    Moved by up to 8 % of each side, turned by up to 8 degrees, zoomed by up to 8 % along each axis;
    bilinear.
    """
    return _core._warp_randomly(images, rng)


class Batches:
    """Rows of several tensors, some at a time: each pass over it is an epoch.

        for images, labels in Batches(train.images, train.labels, batch_size=32, shuffle=True):

    shuffle: another order in each pass, drawn from rng, or where there is none from the package's
    generator. drop_last: without the last batch where it is smaller.
    """

    def __init__(self, *tensors: Tensor, batch_size: int, shuffle: bool = False,
                 rng: Rng | None = None, drop_last: bool = False) -> None:
        if not tensors:
            raise ArgumentError("Batches: no tensors; need at least one")
        for i, tensor in enumerate(tensors):
            if not isinstance(tensor, Tensor):
                raise DTypeError(f"Batches: tensor {i} is {type(tensor).__name__}; need a Tensor")
            if tensor.ndim == 0 or tensor.shape[0] != tensors[0].shape[0]:
                shapes = " and ".join(str(each.shape) for each in tensors)
                raise ArgumentError(f"Batches: tensors of shape {shapes}; "
                                    "need as many rows in each")
        self._tensors = [tensor.contiguous() for tensor in tensors]
        self._count: int = tensors[0].shape[0]
        self.batch_size = at_least("Batches", "batch_size", batch_size, 1)
        self._rng = (rng or nn.package_rng()) if shuffle or rng is not None else None
        self._drop_last = drop_last

    def __len__(self) -> int:
        """Batches in an epoch."""
        whole, rest = divmod(self._count, self.batch_size)
        return whole + (rest > 0 and not self._drop_last)

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        """One tuple of tensors a batch."""
        order = (_core.arange(self._count) if self._rng is None else
                 _core.randperm(self._count, self._rng))
        for i in range(len(self)):
            rows = order[i * self.batch_size:(i + 1) * self.batch_size]
            yield tuple(_core._take_rows(tensor, rows) for tensor in self._tensors)
