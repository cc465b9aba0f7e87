# %% [markdown]
# # From PyTorch to Prova, side by side
#
# One small network, written in both, with the same weights and the same data. The two train beside
# each other, and what they compute is compared on the way. Where PyTorch is not installed, the page
# shows Prova's half and counts what could not be compared. The
# [guide](../docs/guide/from_pytorch.md) has the tables of what is called what.

# %%
import numpy as np

import prova
from prova import data, nn, optim

try:
    import torch
except ImportError:
    torch = None

compared, skipped = 0, 0


def same(what, ours, theirs, tolerance):
    """Compares Prova's numbers with PyTorch's, or counts that it could not."""
    global compared, skipped
    if torch is None:
        skipped += 1
        return
    compared += 1
    difference = np.abs(np.asarray(ours) - theirs().detach().numpy()).max()
    assert difference <= tolerance, f"{what}: differs by {difference}"
    print(f"{what}: the same")


print("PyTorch is", "not installed" if torch is None else f"here, {torch.__version__}")

# %% [markdown]
# ## The model
#
# In Prova a module's parts are its attributes, as in PyTorch; `super().__init__()` need not be
# called. Names and layouts of weights are PyTorch's: a linear layer's weight is [out, in].

# %%
class Net(nn.Module):
    def __init__(self):
        self.fc1 = nn.Linear(64, 32)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x):
        return self.fc2(prova.relu(self.fc1(x)))


ours = Net()
print(ours)

# %%
if torch:
    class TorchNet(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1 = torch.nn.Linear(64, 32)
            self.fc2 = torch.nn.Linear(32, 10)

        def forward(self, x):
            return self.fc2(torch.relu(self.fc1(x)))

    torch.manual_seed(1)
    theirs = TorchNet()
    print(theirs)

# %% [markdown]
# ## Weights carried over
#
# `load_state_dict` takes what PyTorch's `state_dict` gives; the names are the same. The other way
# the tensors travel by DLPack, which copies nothing.

# %%
if torch:
    print(ours.load_state_dict(theirs.state_dict()))
    theirs.load_state_dict({name: torch.from_dlpack(tensor).clone()
                            for name, tensor in ours.state_dict().items()})
same("fc1.weight", ours.fc1.weight, lambda: theirs.fc1.weight, 0)
same("fc2.bias", ours.fc2.bias, lambda: theirs.fc2.bias, 0)

# %% [markdown]
# ## One batch
#
# Scores, loss and gradients. The two libraries add in different orders, so that the last digits of
# float32 differ; the bounds are a few times the rounding of one sum.

# %%
train, test = data.digits()
x = prova.reshape(train.images[:32], (32, 64))
label = train.labels[:32]
loss = prova.cross_entropy(ours(x), label)
loss.backward()
print(f"loss {loss.item():.2f}")
if torch:
    tx, tlabel = torch.from_dlpack(x), torch.from_dlpack(label)
    tloss = torch.nn.functional.cross_entropy(theirs(tx), tlabel)
    tloss.backward()
same("loss", loss.detach(), lambda: tloss, 1e-6)
same("gradient of fc1.weight", ours.fc1.weight.grad, lambda: theirs.fc1.weight.grad, 1e-7)
same("gradient of fc2.bias", ours.fc2.bias.grad, lambda: theirs.fc2.bias.grad, 1e-7)

# %% [markdown]
# ## Training
#
# The loop is the one that you know. The digits lie in the order of their writers, so they are
# shuffled, once: both train on the same batches in the same order, by the same rule.

# %%
batches = list(data.Batches(train.images, train.labels, batch_size=32, shuffle=True,
                            rng=prova.Rng(1)))
sgd = optim.SGD(ours.parameters(), lr=0.1, momentum=0.9)
for images, labels in batches:
    sgd.zero_grad()
    loss = prova.cross_entropy(ours(prova.reshape(images, (-1, 64))), labels)
    loss.backward()
    sgd.step()
print(f"loss after {len(batches)} steps {loss.item():.2f}")

# %%
if torch:
    tsgd = torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.9)
    for images, labels in batches:
        timages, tlabels = torch.from_dlpack(images), torch.from_dlpack(labels)
        tsgd.zero_grad()
        tloss = torch.nn.functional.cross_entropy(theirs(timages.reshape(-1, 64)), tlabels)
        tloss.backward()
        tsgd.step()
same("loss after one epoch", loss.detach(), lambda: tloss, 1e-5)
same("fc1.weight after one epoch", ours.fc1.weight, lambda: theirs.fc1.weight, 1e-5)

# %% [markdown]
# ## The scores of a test
#
# `no_grad` is `no_grad`. The reader of the scores is NumPy in both cases, without a copy.

# %%
with prova.no_grad():
    scores = ours(prova.reshape(test.images, (-1, 64)))
accuracy = (np.asarray(scores).argmax(axis=1) == np.asarray(test.labels)).mean()
print(f"accuracy after one epoch {accuracy:.2f}")
assert accuracy >= 0.8
if torch:
    with torch.no_grad():
        tscores = theirs(torch.from_dlpack(test.images).reshape(-1, 64))
same("scores", scores, lambda: tscores, 1e-4)

# %%
print(f"{compared} comparisons hold, {skipped} skipped"
      + (": PyTorch is not installed" if torch is None else ""))
