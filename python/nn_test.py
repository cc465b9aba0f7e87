"""Layers and models: parameters by name, states, and PyTorch's results from PyTorch's weights."""

import copy
import json
import pickle
import struct

import numpy
import pytest

import prova
from prova import nn

EPSILON = 2.0 ** -23


def torch_or_skip():
    return pytest.importorskip("torch", reason="PyTorch is not installed")


def array(t):
    return numpy.asarray(t.detach())


class Block(nn.Module):
    def __init__(self, rng):
        self.norm = nn.LayerNorm(6)
        self.fc = nn.Linear(6, 6, rng=rng)

    def forward(self, x):
        return x + self.fc(self.norm(x))


class Model(nn.Module):
    def __init__(self, seed=1):
        rng = prova.Rng(seed)
        self.blocks = [Block(rng), Block(rng)]
        self.heads = {"a": nn.Linear(6, 2, rng=rng), "b": nn.Linear(6, 3, bias=False, rng=rng)}
        self.scale = nn.Parameter(prova.ones(6))
        self.shape = (6,)
        self.constant = prova.ones(6)
        self.register_buffer("mean", prova.zeros(6))

    def forward(self, x):
        x = (x - self.mean) * self.scale * self.constant
        for block in self.blocks:
            x = block(x)
        return self.heads["b"](x)


NAMES = ["scale", "blocks.0.norm.weight", "blocks.0.norm.bias", "blocks.0.fc.weight",
         "blocks.0.fc.bias", "blocks.1.norm.weight", "blocks.1.norm.bias", "blocks.1.fc.weight",
         "blocks.1.fc.bias", "heads.a.weight", "heads.a.bias", "heads.b.weight"]


def test_parameters_have_the_paths_of_attributes():
    model = Model()
    assert [name for name, _ in model.named_parameters()] == NAMES
    assert [name for name, _ in model.named_buffers()] == ["mean"]
    assert all(isinstance(p, nn.Parameter) for p in model.parameters())
    assert [name for name, _ in model.named_modules()][:4] == [
        "", "blocks.0", "blocks.0.norm", "blocks.0.fc"]
    assert [name for name, _ in model.named_children()] == [
        "blocks.0", "blocks.1", "heads.a", "heads.b"]
    assert len(list(model.modules())) == 9


def test_a_frozen_parameter_stays_one():
    model = Model()
    model.more = [nn.Parameter(prova.ones(1))]
    model.more.append(nn.Parameter(prova.ones(2)))
    for parameter in model.parameters():
        parameter.requires_grad = False
    names = [*NAMES[:1], "more.0", "more.1", *NAMES[1:]]
    assert sorted(name for name, _ in model.named_parameters()) == sorted(names)
    assert set(model.state_dict()) == {*names, "mean"}
    twin = copy.deepcopy(model)
    assert set(twin.state_dict()) == {*names, "mean"}
    model.scale = prova.ones(6)
    assert "scale" not in model.state_dict()


def test_a_tied_parameter_is_listed_once():
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    model[1].weight = model[0].weight
    assert [name for name, _ in model.named_parameters()] == ["0.weight", "0.bias", "1.bias"]
    state = model.state_dict()
    state["1.weight"] = state.pop("0.weight") * 2
    model.load_state_dict(state)
    assert model[1].weight is model[0].weight
    state["0.weight"] = state["1.weight"]
    assert model.load_state_dict(state) == ([], [], [])


def test_modes_reach_every_part():
    model = nn.Sequential(nn.Sequential(nn.Dropout(1.0, rng=prova.Rng(1))))
    x = prova.ones(3)
    assert model(x).tolist() == [0, 0, 0] and model.training
    assert model.eval() is model
    assert model(x) is x and not any(module.training for module in model.modules())
    assert model.train()(x).tolist() == [0, 0, 0]


def test_dropout_splits_its_generator():
    first, second = (nn.Dropout(0.5, rng=prova.Rng(7)) for _ in range(2))
    x = prova.ones(1000)
    y = array(first(x))
    assert numpy.array_equal(y, array(second(x))) and set(y.tolist()) == {0, 2}
    assert not numpy.array_equal(y, array(first(x)))
    # 1,000 draws deviate by 16; six times that.
    assert abs((y == 0).sum() - 500) < 96


def test_weights_come_from_the_generator_given_or_from_the_packages():
    def weights(seed):
        return nn.Linear(4, 3, rng=prova.Rng(seed)).weight.tolist()
    assert weights(1) == weights(1) != weights(2)
    prova.manual_seed(5)
    first = nn.Linear(4, 3).weight.tolist()
    assert first == weights(5) != nn.Linear(4, 3).weight.tolist()
    prova.manual_seed(5)
    assert nn.Linear(4, 3).weight.tolist() == first


@pytest.mark.parametrize("initializer, variance", [
    (nn.he_uniform, 2 / 400), (nn.he_normal, 2 / 400), (nn.xavier_uniform, 2 / 500),
    (nn.xavier_normal, 2 / 500)])
def test_weights_have_the_variance_that_is_promised(initializer, variance):
    w = array(nn.Linear(400, 100, rng=prova.Rng(3), initializer=initializer).weight)
    # The variance of n draws deviates by at most sqrt(2 / n) of itself; six times that.
    assert abs(w.var() / variance - 1) < 6 * (2 / w.size) ** 0.5
    assert abs(w.mean()) < 6 * (variance / w.size) ** 0.5
    assert array(nn.Linear(400, 100).bias).any() == False  # noqa: E712


def test_to_makes_new_leaves_and_keeps_ties_and_frozen_ones():
    model = Model()
    model.blocks[1].fc.weight = model.blocks[0].fc.weight
    model.scale.requires_grad = False
    names = [name for name, _ in model.named_parameters()]
    assert model.to(prova.float64) is model
    assert [name for name, _ in model.named_parameters()] == names
    assert model.blocks[1].fc.weight is model.blocks[0].fc.weight
    assert {t.dtype.name for t in model.state_dict().values()} == {"float64"}
    assert not model.scale.requires_grad and model.blocks[0].fc.weight.requires_grad
    model.to("cpu", dtype="float32")
    assert model.scale.dtype == prova.float32
    with pytest.raises(TypeError, match="Module.to: int64; need a floating dtype"):
        model.to(prova.int64)


def test_copies_and_pickles_are_models_of_their_own():
    model = Model()
    x = prova.randn((2, 6), prova.Rng(9))
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert twin(x).tolist() == model(x).tolist()
        assert [name for name, _ in twin.named_parameters()] == NAMES
        with prova.no_grad():
            twin.scale[0] = 9
        assert model.scale.tolist()[0] == 1


def test_repr_shows_the_parts():
    model = nn.Sequential(nn.Conv2d(1, 8, 3, padding=(1, 0), bias=False), nn.ReLU(),
                          nn.Sequential(nn.Flatten(), nn.Linear(4, 2)))
    assert repr(model) == """Sequential(
  (0): Conv2d(1, 8, kernel_size=(3, 3), padding=(1, 0), bias=False)
  (1): ReLU()
  (2): Sequential(
    (0): Flatten()
    (1): Linear(4, 2)
  )
)"""


# --- States and files ---------------------------------------------------------------------------


def test_a_state_round_trip_gives_the_same_model(tmp_path):
    model, other = Model(1), Model(2)
    x = prova.randn((2, 6), prova.Rng(9))
    wanted = model(x).tolist()
    assert other(x).tolist() != wanted
    path = tmp_path / "model.safetensors"
    prova.save(model, path, metadata={"note": "ä"})
    assert prova.load_metadata(path) == {"note": "ä"}
    state = prova.load(path)
    assert set(state) == {*NAMES, "mean"}
    handle = other.scale
    assert other.load_state_dict(state) == ([], [], [])
    assert other(x).tolist() == wanted and other.scale is handle and handle.requires_grad


def test_a_strict_load_lists_every_difference_and_changes_nothing():
    model = Model()
    state = {name: t + 1 for name, t in model.state_dict().items()}
    del state["scale"], state["heads.b.weight"]
    state["more"] = prova.ones(1)
    state["mean"] = prova.zeros(3)
    before = model.heads["a"].weight.tolist()
    with pytest.raises(prova.ShapeError) as caught:
        model.load_state_dict(state)
    assert str(caught.value) == (
        "load_state_dict: missing scale, heads.b.weight; unexpected more; unfit mean "
        "(float32[3] for float32[6]); need exactly the model's parameters")
    assert model.heads["a"].weight.tolist() == before
    found = model.load_state_dict(state, strict=False)
    assert found.missing_keys == ["scale", "heads.b.weight"]
    assert found.unexpected_keys == ["more"]
    assert found.mismatched_keys == ["mean (float32[3] for float32[6])"]
    assert model.heads["a"].weight.tolist() != before


def test_a_state_may_be_of_numpy_and_of_another_dtype():
    layer = nn.Linear(2, 1)
    layer.load_state_dict({"weight": numpy.array([[0.5, 2]]), "bias": numpy.array([3], "float16")})
    assert layer.weight.tolist() == [[0.5, 2]] and layer.bias.tolist() == [3]
    with pytest.raises(TypeError, match="load_state_dict: state is list; need a dict"):
        layer.load_state_dict([])
    with pytest.raises(ValueError, match="unfit bias .int64"):
        layer.load_state_dict({"weight": prova.ones((1, 2)), "bias": prova.ones(1, "int64")})


def test_the_file_is_safetensors(tmp_path):
    path = tmp_path / "w.safetensors"
    prova.save({"w": prova.tensor([[1.0, 2.0], [3.0, 4.0]]).T, "i": prova.arange(3)}, path,
               metadata={"format": "pt"})
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    assert header.pop("__metadata__") == {"format": "pt"}
    assert {name: (entry["dtype"], entry["shape"]) for name, entry in header.items()} == {
        "w": ("F32", [2, 2]), "i": ("I64", [3])}
    begin, end = header["w"]["data_offsets"]
    values = numpy.frombuffer(data[8 + length + begin:8 + length + end], "<f4")
    assert values.tolist() == [1, 3, 2, 4]


def test_file_errors_name_the_file(tmp_path):
    with pytest.raises(prova.FileError, match="nowhere"):
        prova.load(tmp_path / "nowhere")
    (tmp_path / "bad").write_bytes(b"short")
    with pytest.raises(prova.FormatError, match="bad: 5 bytes"):
        prova.load(tmp_path / "bad")
    with pytest.raises(TypeError, match="'x' is a list; need a Tensor"):
        prova.save({"x": [1.0]}, tmp_path / "f")
    with pytest.raises(TypeError, match="need a str"):
        prova.save({1: prova.ones(1)}, tmp_path / "f")
    with pytest.raises(OSError):
        prova.save({"x": prova.ones(1)}, tmp_path / "no" / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["bad"]


# --- Beside PyTorch -----------------------------------------------------------------------------

LAYERS = {
    "Linear": ((5, 3), {}, (4, 5)),
    "Linear without bias": ((5, 3), {"bias": False}, (2, 4, 5)),
    "Conv2d": ((4, 6, (3, 2)), {"stride": (2, 1), "padding": (1, 0), "groups": 2}, (2, 4, 7, 6)),
    "Conv2d dilated": ((2, 3, 3), {"dilation": 2, "bias": False}, (1, 2, 8, 8)),
    "LayerNorm": (((4, 5),), {"eps": 1e-3}, (3, 4, 5)),
    "MaxPool2d": ((3,), {"stride": 2, "padding": 1, "ceil_mode": True}, (2, 3, 6, 7)),
    "GELU": ((), {}, (3, 4)),
    "GELU tanh": ((), {"approximate": "tanh"}, (3, 4)),
    "ReLU": ((), {}, (3, 4)),
    "Tanh": ((), {}, (3, 4)),
    "Sigmoid": ((), {}, (3, 4)),
    "Softmax": ((), {"dim": 1}, (3, 4, 2)),
    "Flatten": ((), {}, (3, 4, 2)),
}


def assert_close(ours, theirs, terms):
    """`terms`: the most that one element sums; both sides round each by half an epsilon."""
    theirs = theirs.detach().numpy()
    ours = array(ours)
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
    scale = max(1.0, abs(theirs).max())
    assert (abs(ours - theirs) <= 4 * terms ** 0.5 * EPSILON * scale).all()


@pytest.mark.parametrize("name", LAYERS)
def test_layers_are_pytorchs_from_the_same_weights(name):
    torch = torch_or_skip()
    arguments, options, shape = LAYERS[name]
    kind = name.split()[0]
    torch.manual_seed(3)
    theirs = getattr(torch.nn, kind)(*arguments, **options)
    for parameter in theirs.parameters():
        torch.nn.init.normal_(parameter)
    ours = getattr(nn, kind)(*arguments, **options)
    ours.load_state_dict(theirs.state_dict())
    a = numpy.random.default_rng(4).standard_normal(shape).astype("float32")
    x, y = torch.tensor(a, requires_grad=True), prova.tensor(a, requires_grad=True)
    expected = theirs(x)
    weight = numpy.random.default_rng(5).standard_normal(expected.shape).astype("float32")
    result = ours(y)
    assert_close(result, expected, 60)
    expected.backward(torch.tensor(weight))
    result.backward(prova.tensor(weight))
    assert_close(y.grad, x.grad, 60)
    back = dict(theirs.named_parameters())
    for path, parameter in ours.named_parameters():
        assert_close(parameter.grad, back.pop(path).grad, 200)
    assert not back


def test_embedding_is_pytorchs():
    torch = torch_or_skip()
    theirs, ours = torch.nn.Embedding(7, 3), nn.Embedding(7, 3)
    ours.load_state_dict(theirs.state_dict())
    indices = numpy.array([[1, 6], [1, 0]])
    assert_close(ours(prova.tensor(indices)), theirs(torch.tensor(indices)), 1)


def test_weights_go_to_pytorch(tmp_path):
    torch = torch_or_skip()
    ours = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 10))
    theirs = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(),
                                 torch.nn.Linear(144, 10))
    prova.save(ours, tmp_path / "m")
    state = {name: torch.from_dlpack(t) for name, t in prova.load(tmp_path / "m").items()}
    theirs.load_state_dict(state)
    x = numpy.random.default_rng(1).standard_normal((3, 1, 8, 8)).astype("float32")
    assert_close(ours(prova.tensor(x)), theirs(torch.tensor(x)), 144)


# --- Errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize("call, kind, text", [
    (lambda: nn.Linear(0, 2), ValueError, "Linear: in_features is 0; need in_features >= 1"),
    (lambda: nn.Linear(2.0, 2), TypeError, "Linear: in_features is float; need an int"),
    (lambda: nn.Conv2d(4, 6, 3, groups=4), ValueError,
     "Conv2d: groups is 4 for 4 to 6 channels; need a divisor of both"),
    (lambda: nn.Conv2d(4, 6, (3, 3, 3)), ValueError,
     "Conv2d: kernel_size is (3, 3, 3); need an int or (height, width)"),
    (lambda: nn.Conv2d(1, 1, 3, padding=-1), ValueError,
     "Conv2d: padding is -1; need padding >= 0"),
    (lambda: nn.LayerNorm(()), ValueError,
     "LayerNorm: normalized_shape is (); need one axis or more"),
    (lambda: nn.LayerNorm(3, eps=0), ValueError,
     "LayerNorm: eps is 0; need a finite number > 0"),
    (lambda: nn.Dropout(1.5), ValueError, "Dropout: p is 1.5; need 0 <= p <= 1"),
    (lambda: nn.GELU("fast"), ValueError, "GELU: approximate is 'fast'; need 'none' or 'tanh'"),
    (lambda: nn.Sequential(nn.ReLU(), prova.relu), TypeError,
     "Sequential: part 1 is nb_func; need a Module; wrap a function in a Module"),
    (lambda: nn.Flatten()(prova.tensor(1.0)), ValueError,
     "Flatten: a tensor without axes; need a first axis of samples"),
    (lambda: nn.Module().register_buffer("n", prova.arange(2)), TypeError,
     "register_buffer: 'n' is int64; need a floating Tensor"),
    (lambda: nn.Module()(1), NotImplementedError,
     "Module has no forward; need a method that computes the result"),
])
def test_refusals_say_what_is_needed(call, kind, text):
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value) == text
