"""Optimizers: PyTorch's steps, states that go on where they stopped, refusals."""

import inspect

import numpy
import pytest

import prova
from prova import nn, optim


def array(t):
    return numpy.asarray(t.detach())


def loss_of(parameters, package, x):
    """Some function in which every parameter counts."""
    w, b = parameters
    return package.sum(package.tanh(x @ w + b) ** 2 if package is not prova else
                       prova.tanh(x @ w + b) * prova.tanh(x @ w + b))


SGD_OPTIONS = [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
               {"weight_decay": 0.2}]
ADAMW_OPTIONS = [{}, {"betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.3},
                 {"weight_decay": 0.0}]


@pytest.mark.parametrize("kind, options", [
    *(("SGD", options) for options in SGD_OPTIONS),
    *(("AdamW", options) for options in ADAMW_OPTIONS)])
def test_twenty_steps_follow_pytorchs(kind, options):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    random = numpy.random.default_rng(1)
    w, b, x = (random.standard_normal(shape) for shape in ((5, 3), (3,), (4, 5)))
    theirs = [torch.tensor(a, requires_grad=True) for a in (w, b)]
    ours = [prova.tensor(a, requires_grad=True) for a in (w, b)]
    their_optimizer = getattr(torch.optim, kind)(theirs, lr=0.05, **options)
    optimizer = getattr(optim, kind)(ours, lr=0.05, **options)
    for step in range(20):
        for package, leaves, stepper, a in ((torch, theirs, their_optimizer, torch.tensor(x)),
                                            (prova, ours, optimizer, prova.tensor(x))):
            stepper.zero_grad()
            loss_of(leaves, package, a).backward()
            stepper.step()
        for mine, other in zip(ours, theirs):
            # In float64, where 20 contracting steps keep a few hundred roundings of 1e-16 each.
            assert abs(array(mine) - other.detach().numpy()).max() < 1e-12, step
    assert abs(array(ours[0]) - w).max() > 1e-2


def step(optimizer, leaves, seed):
    optimizer.zero_grad()
    x = prova.randn((4, 5), prova.Rng(seed))
    loss_of(leaves, prova, x).backward()
    optimizer.step()


@pytest.mark.parametrize("make", [
    lambda leaves: optim.AdamW(leaves, lr=0.1),
    lambda leaves: optim.SGD(leaves, lr=0.1, momentum=0.5)])
def test_a_loaded_state_goes_on_with_the_same_bits(make, tmp_path):
    def leaves():
        return [prova.randn(shape, prova.Rng(3)) for shape in ((5, 3), (3,))]
    first = leaves()
    for leaf in first:
        leaf.requires_grad = True
    optimizer = make(first)
    assert optimizer.state_dict() == {}
    for seed in range(3):
        step(optimizer, first, seed)
    prova.save({"w": first[0], "b": first[1]}, tmp_path / "p")
    prova.save(optimizer.state_dict(), tmp_path / "s")
    second = list(prova.load(tmp_path / "p").values())
    second.sort(key=lambda t: -t.ndim)
    for leaf in second:
        leaf.requires_grad = True
    again = make(second)
    again.load_state_dict(prova.load(tmp_path / "s"))
    for optimizer_of, held in ((optimizer, first), (again, second)):
        for seed in range(3, 6):
            step(optimizer_of, held, seed)
    assert [t.tolist() for t in first] == [t.tolist() for t in second]
    fresh = make(second)
    step(fresh, second, 6)
    step(optimizer, first, 6)
    assert first[0].tolist() != second[0].tolist()


def test_states_have_the_names_of_parameters():
    layer = nn.Linear(2, 1)
    prova.sum(layer(prova.ones((1, 2)))).backward()
    for params, names in ((layer.named_parameters(), ("bias", "weight")),
                          (layer.parameters(), ("0", "1"))):
        optimizer = optim.AdamW(params)
        optimizer.step()
        assert sorted(optimizer.state_dict()) == sorted(
            f"{name}.{slot}" for name in names for slot in ("exp_avg", "exp_avg_sq", "step"))


def test_frozen_parameters_stay_and_missing_gradients_are_named():
    layer = nn.Linear(2, 1)
    layer.bias.requires_grad = False
    before = layer.weight.tolist()
    optimizer = optim.SGD(layer.named_parameters(), lr=0.5)
    with pytest.raises(prova.GradientError, match="parameter 'weight' without a gradient"):
        optimizer.step()
    prova.sum(layer(prova.ones((1, 2)))).backward()
    optimizer.step()
    assert layer.weight.tolist() == [[value - 0.5 for value in before[0]]]
    assert layer.bias.tolist() == [0]
    optimizer.zero_grad()
    assert layer.weight.grad is None


def test_schedules_set_the_learning_rate():
    leaf = prova.ones(1)
    leaf.requires_grad = True
    optimizer = optim.SGD([leaf], lr=2.0)

    def factor(step):
        return optim.cosine_schedule(step, total=6, warmup=2, floor=0.5)
    schedule = optim.LambdaLR(optimizer, factor)
    rates = []
    for _ in range(7):
        rates.append(optimizer.lr)
        leaf.zero_grad()
        prova.sum(leaf).backward()
        before = leaf.tolist()[0]
        optimizer.step()
        assert abs(before - leaf.tolist()[0] - optimizer.lr) < 1e-6
        schedule.step()
    half = 2 ** -0.5
    assert rates == pytest.approx([1, 2, 2, 1.5 + half / 2, 1.5, 1.5 - half / 2, 1], abs=1e-12)
    resumed = optim.LambdaLR(optim.SGD([leaf], lr=9.0), factor)
    resumed.load_state_dict({**schedule.state_dict(), "last_step": 3})
    assert resumed.get_last_lr() == pytest.approx([1.5 + half / 2])


LEAF = prova.ones(2)
LEAF.requires_grad = True


def test_the_example_of_a_schedule_stays_code():
    assert "\n    schedule = optim.LambdaLR(" in inspect.getdoc(optim.LambdaLR)


@pytest.mark.parametrize("call, kind, text", [
    (lambda: optim.SGD([]), ValueError, "SGD: no parameters; need at least one"),
    (lambda: optim.SGD(LEAF), TypeError, "SGD: params is a Tensor; need a list of them"),
    (lambda: optim.SGD([LEAF, LEAF]), ValueError,
     "SGD: parameter '1' appears twice; need each once"),
    (lambda: optim.SGD([LEAF * 2]), TypeError,
     "SGD: params[0] is a result of an operation; need leaves, or pairs of name and leaf"),
    (lambda: optim.SGD([{"params": [LEAF]}]), TypeError,
     "SGD: params[0] is a dict; need tensors: for groups with options of their own, make one "
     "optimizer each"),
    (lambda: optim.SGD([LEAF], lr=-1), ValueError, "SGD: lr is -1; need a finite number >= 0"),
    (lambda: optim.SGD([LEAF], lr="1"), TypeError, "SGD: lr is str; need a float"),
    (lambda: optim.SGD([LEAF], nesterov=True), ValueError,
     "Sgd: nesterov with momentum 0; need momentum > 0"),
    (lambda: optim.AdamW([LEAF], betas=(1.0, 0.9)), ValueError,
     "AdamW: beta1 is 1; need 0 <= value < 1"),
    (lambda: optim.AdamW([LEAF]).load_state_dict({"0.what": LEAF}), ValueError, None),
    (lambda: optim.cosine_schedule(-1, total=3), ValueError, None),
])
def test_refusals_say_what_is_needed(call, kind, text):
    with pytest.raises(kind) as caught:
        call()
    assert text is None or str(caught.value) == text
