# %% [markdown]
# # Gradients from scratch, checked
#
# A network learns by derivatives of one number, its loss, with respect to all of its weights. Here
# they are computed three times: by hand in NumPy, by differences of the loss itself, and by Prova's
# tape. Then something is made wrong on purpose, to see who notices.

# %%
import matplotlib.pyplot as plt
import numpy as np

import prova

# %% [markdown]
# ## A small network and its loss
#
# Five points with three coordinates each, a hidden layer of four numbers, and scores for two
# classes. The loss is the mean of $-\log p$, where $p$ is the probability of the right class. All
# is in float64, because what is checked are formulas and not the rounding of float32.

# %%
rng = np.random.default_rng(7)
x = rng.normal(size=(5, 3))
label = np.array([0, 1, 1, 0, 1])
w1 = rng.normal(size=(4, 3))
w2 = rng.normal(size=(2, 4))


def loss_of(w1, w2):
    h = np.tanh(x @ w1.T)
    s = h @ w2.T
    m = s.max(axis=1, keepdims=True)
    log_sum = m[:, 0] + np.log(np.exp(s - m).sum(axis=1))
    return np.mean(log_sum - s[np.arange(5), label])


print(f"loss {loss_of(w1, w2):.6f}")

# %% [markdown]
# ## By hand
#
# From the loss back to the weights, one step of the computation at a time. For the scores the
# derivative is what softmax says minus what is true, divided by the number of points:
#
# $$\frac{\partial L}{\partial s} = \frac{p - t}{n}.$$
#
# A product $s = h\,W_2^\top$ hands it on to both of its factors,
#
# $$\frac{\partial L}{\partial W_2} = \Bigl(\frac{\partial L}{\partial s}\Bigr)^{\!\top} h,
# \qquad \frac{\partial L}{\partial h} = \frac{\partial L}{\partial s}\, W_2,$$
#
# and $\tanh$ multiplies by its own derivative, $1 - h^2$.

# %%
def gradients_by_hand(w1, w2):
    h = np.tanh(x @ w1.T)
    s = h @ w2.T
    p = np.exp(s - s.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    ds = p.copy()
    ds[np.arange(5), label] -= 1
    ds /= 5
    dw2 = ds.T @ h
    dh = ds @ w2
    dw1 = (dh * (1 - h * h)).T @ x
    return dw1, dw2


dw1, dw2 = gradients_by_hand(w1, w2)
print(np.round(dw1, 4))
print(np.round(dw2, 4))

# %% [markdown]
# ## By differences
#
# The derivative with respect to one weight is how much the loss changes when that weight alone
# does. Nothing of the derivation above is used, only the loss: a mistake in the formulas has no way
# into this number. A step to both sides, $(L(w + h) - L(w - h)) / 2h$, leaves an error that shrinks
# with $h^2$; a step to one side, $(L(w + h) - L(w)) / h$, one that shrinks with $h$ only.

# %%
def differences(loss, w, step=1e-5):
    found = np.zeros_like(w)
    for index in np.ndindex(*w.shape):
        ahead, behind = w.copy(), w.copy()
        ahead[index] += step
        behind[index] -= step
        found[index] = (loss(ahead) - loss(behind)) / (2 * step)
    return found


error1 = np.abs(differences(lambda w: loss_of(w, w2), w1) - dw1).max()
error2 = np.abs(differences(lambda w: loss_of(w1, w), w2) - dw2).max()
print(f"largest difference: {max(error1, error2):.0e}")
assert max(error1, error2) < 1e-9

# %% [markdown]
# Why $10^{-5}$, and not a step as small as can be? Because the loss is rounded. Its last digit,
# divided by a small step, becomes a large error. The two errors meet in a valley, whose place
# follows from the size of one rounding, $\varepsilon = 2^{-52}$: near $\sqrt\varepsilon$ for a step
# to one side, near $\sqrt[3]\varepsilon$ for one to both sides.

# %%
steps = np.logspace(-12, -1, 45)
exact = dw1[0, 0]


def at(step):
    w = w1.copy()
    w[0, 0] += step
    return loss_of(w, w2)


one_side = [abs((at(h) - at(0)) / h - exact) for h in steps]
both_sides = [abs((at(h) - at(-h)) / (2 * h) - exact) for h in steps]
figure, axes = plt.subplots()
axes.loglog(steps, one_side, label="one side")
axes.loglog(steps, both_sides, label="both sides")
axes.set_xlabel("step")
axes.set_ylabel("error of the derivative")
axes.legend()
figure.set_label("Error of the derivative over the step, both logarithmic: two valleys. The "
                 "one-sided difference is best near a step of 1e-8, the two-sided one near 1e-5, "
                 "much deeper.")

# %% [markdown]
# The deepest points of the two curves are where they should be:

# %%
for name, errors, power in (("one side", one_side, 1 / 2), ("both sides", both_sides, 1 / 3)):
    best = steps[int(np.argmin(errors))]
    expected = np.finfo(np.float64).eps ** power
    print(f"{name}: expected near {expected:.0e}")
    assert expected / 300 < best < expected * 300
assert min(both_sides) < min(one_side)

# %% [markdown]
# ## By the tape
#
# Prova computes the loss by its own operations and remembers which they were. `backward` follows
# them back and adds the derivatives up in the `grad` of every tensor that asked for them.

# %%
points = prova.asarray(x)
labels = prova.asarray(label)
v1 = prova.tensor(w1, requires_grad=True)
v2 = prova.tensor(w2, requires_grad=True)


def prova_loss(v1, v2):
    scores = prova.tanh(points @ v1.T) @ v2.T
    return prova.cross_entropy(scores, labels)


prova_loss(v1, v2).backward()
for tape, hand in ((v1.grad, dw1), (v2.grad, dw2)):
    error = np.abs(np.asarray(tape) - hand).max()
    print("equal to ten digits" if error < 1e-10 else f"differs by {error}")
    assert error < 1e-10

# %% [markdown]
# The same derivatives as a function of a function, which returns them and leaves nothing behind in
# the weights. It can be applied again: `hessian` holds the second derivatives. Of the four axes
# below, the first two name the weight of the first derivative, the last two that of the second.

# %%
g1, g2 = prova.grad(prova_loss, argnums=(0, 1))(prova.asarray(w1), prova.asarray(w2))
assert np.allclose(np.asarray(g1), dw1, atol=1e-12)

second = np.asarray(prova.hessian(prova_loss)(prova.asarray(w1), prova.asarray(w2)))
print(second.shape, "symmetric:", np.allclose(second, second.transpose(2, 3, 0, 1), atol=1e-12))
assert np.allclose(second, second.transpose(2, 3, 0, 1), atol=1e-12)

# %% [markdown]
# ## Made wrong on purpose
#
# A check that nothing can fail proves nothing. Leave out the derivative of $\tanh$, as happens, and
# the gradient still points roughly the right way; a network would even learn with it. The
# difference sees it at once.

# %%
def wrong_by_hand(w1, w2):
    h = np.tanh(x @ w1.T)
    s = h @ w2.T
    p = np.exp(s - s.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    ds = (p - np.eye(2)[label]) / 5
    return (ds @ w2).T @ x  # without (1 - h * h)


wrong = wrong_by_hand(w1, w2)
cosine = (wrong * dw1).sum() / np.linalg.norm(wrong) / np.linalg.norm(dw1)
error = np.abs(differences(lambda w: loss_of(w, w2), w1) - wrong).max()
print(f"cosine with the right gradient {cosine:.2f}, largest difference {error:.2f}")
assert cosine > 0.5 and error > 0.01

# %% [markdown]
# Every operation of Prova is checked in this way, in float64, on all its cases, by a checker that
# chooses its steps with more care: [testing gradients](../docs/guide/backward_testing.md) says how.
