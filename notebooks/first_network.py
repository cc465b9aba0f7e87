# %% [markdown]
# # A first network
#
# A program that learns to read handwritten digits, from the data to the saved weights. It needs the
# package `prova` and nothing else; the whole page is one Python file, which runs as it is.

# %%
import tempfile

import prova
from prova import data, nn, optim

# %% [markdown]
# ## The data
#
# 1,797 digits of 8 × 8 pixels, written by thirteen people, come with the package. A fifth of each
# digit is kept for testing. The images are one tensor of shape [n, 1, 8, 8]: n images, one channel,
# rows, columns. Ink is 1 and paper 0.

# %%
train, test = data.digits()
print(train.images.shape, test.images.shape)


def drawn(image):
    """An image in characters, two for each pixel."""
    return "\n".join("".join(2 * " .:-=+*#%@"[int(9 * ink)] for ink in row)
                     for row in image[0].tolist())


print("a", train.labels[0].item())
print(drawn(train.images[0]))

# %% [markdown]
# ## The model
#
# Two convolutions look for strokes, each followed by a choice of the larger of neighbours; a linear
# layer turns what they found into ten scores, one for each digit. A tensor or module that is set as
# an attribute is found by its name. Weights start at random, from a generator that is named: the
# same seed gives the same network everywhere.

# %%
class Net(nn.Module):
    def __init__(self, rng):
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1, rng=rng)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1, rng=rng)
        self.scores = nn.Linear(64 * 2 * 2, 10, rng=rng, initializer=nn.xavier_uniform)

    def forward(self, x):
        x = prova.max_pool2d(prova.relu(self.conv1(x)), 2)
        x = prova.max_pool2d(prova.relu(self.conv2(x)), 2)
        return self.scores(prova.reshape(x, (x.shape[0], 64 * 2 * 2)))


rng = prova.Rng(7)
model = Net(rng)
for name, parameter in model.named_parameters():
    print(f"{name:14} {parameter.shape}")

# %% [markdown]
# ## Learning
#
# The loss compares scores with labels: it is the mean of $-\log p$, where $p$ is the probability
# that the softmax of the scores gives to the right digit. `backward` adds the derivative of that
# number with respect to each weight to the weight's `grad`, and `step` moves the weights against
# it, by AdamW's rule. The learning rate falls along half a cosine, the last steps being small.
#
# 1,438 images are few. `warp_randomly` shifts, turns and zooms each of them a little, differently
# in each epoch, as another hand might have written it: the network never sees an image twice.

# %%
batches = data.Batches(train.images, train.labels, batch_size=32, shuffle=True, rng=rng)
epochs = 40
optimizer = optim.AdamW(model.parameters(), lr=3e-3)
total = epochs * len(batches)
schedule = optim.LambdaLR(optimizer, lambda step: optim.cosine_schedule(step, total, floor=0.01)
                          if step < total else 0.01)

for epoch in range(1, epochs + 1):
    losses = []
    for images, labels in batches:
        optimizer.zero_grad()
        loss = prova.cross_entropy(model(data.warp_randomly(images, rng)), labels)
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    if epoch in (1, 2, 5, 10, 20, 40):
        print(f"epoch {epoch:2}: mean loss {sum(losses) / len(losses):.3f}")

# %% [markdown]
# ## Testing
#
# Inside `no_grad` nothing is remembered for derivatives. The answer of the network is the digit
# with the largest score; how often it is right on digits that it never saw is its accuracy.

# %%
with prova.no_grad():
    scores = model(test.images).tolist()
answers = [row.index(max(row)) for row in scores]
labels = test.labels.tolist()
right = sum(answer == label for answer, label in zip(answers, labels))
accuracy = right / len(labels)
print(f"{right} of {len(labels)} right: accuracy {accuracy:.3f}")
assert accuracy >= 0.975

# %% [markdown]
# One that it reads wrongly, if there is any; people would hesitate here too.

# %%
wrong = [i for i, (answer, label) in enumerate(zip(answers, labels)) if answer != label]
if wrong:
    print(f"a {labels[wrong[0]]}, read as {answers[wrong[0]]}")
    print(drawn(test.images[wrong[0]]))

# %% [markdown]
# ## Keeping the weights
#
# The file is in the format safetensors, which the C++ side and other libraries read too. Loading
# refuses anything whose names or shapes are not those of the model.

# %%
with tempfile.TemporaryDirectory() as folder:
    prova.save(model, f"{folder}/digits.safetensors")
    again = Net(prova.Rng(2))
    again.load_state_dict(prova.load(f"{folder}/digits.safetensors"))
with prova.no_grad():
    print("the same scores:", again(test.images).tolist() == scores)
    assert again(test.images).tolist() == scores

# %% [markdown]
# What `backward` does is taken apart in [gradients from scratch](gradients_from_scratch.py); a
# network in C++ is the subject of [getting started](../docs/guide/getting_started.md).
