"""PyTorch as a peer: evaluates the expression of a benchmark case on the runner's data.

The runner starts this program, perhaps with the name of PyTorch's device for the work, and asks it
questions on standard input, one JSON object a line; each is answered by one line. {"error": …}
tells what went wrong. The questions:

  {"do": "environment"}                 → the version of PyTorch
  {"do": "prepare", "expression": …, "threads": n, "memory": path, "inputs": [array, …],
   "output": offset}                    → evaluates once; the result lies in memory from offset on
  {"do": "time", "iterations": n}       → the seconds of one of n evaluations, by a GPU's own clock

An array is {"dtype", "shape", "strides", "offset", "bytes"}: strides count elements, offsets bytes
of the shared memory file at `path`.
"""

import ctypes
import json
import mmap
import os
import string
import sys
import time

# Answers go where standard output went; whatever prints must not mix with them.
ANSWERS = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)

try:
    import torch
    import torch.nn.functional
except ImportError as problem:
    torch = None
    PROBLEM = f"{problem}; install Debian's python3-torch, or PyTorch by pip"

DEVICE = sys.argv[1] if len(sys.argv) > 1 else "cpu"


def read_array(memory, array):
    """A tensor of its own with the layout that the runner's has, so that no page is shared."""
    dtype = getattr(torch, array["dtype"])
    count = array["bytes"] // torch.empty(0, dtype=dtype).element_size()
    if count == 0:
        return torch.empty(array["shape"], dtype=dtype, device=DEVICE)
    flat = torch.frombuffer(memory, dtype=dtype, count=count, offset=array["offset"]).clone()
    return torch.as_strided(flat.to(DEVICE), array["shape"], array["strides"])


def write_result(memory, offset, result):
    """Writes the elements in row-major order."""
    flat = result.detach().cpu().contiguous().reshape(-1)
    if flat.numel():
        torch.frombuffer(memory, dtype=flat.dtype, count=flat.numel(), offset=offset).copy_(flat)


def set_threads(number):
    """PyTorch's own setting does not reach an OpenBLAS that has threads of its own."""
    torch.set_num_threads(number)
    with open("/proc/self/maps", encoding="utf-8") as maps:
        libraries = {line.split()[-1] for line in maps if "openblas" in line}
    for library in libraries:
        blas = ctypes.CDLL(library)
        if hasattr(blas, "openblas_set_num_threads"):
            blas.openblas_set_num_threads(number)


def processor_seconds(run, iterations):
    start = time.perf_counter()
    for _ in range(iterations):
        run()
    return time.perf_counter() - start


def gpu_seconds(run, iterations):
    """Between two events in the GPU's own stream of work."""
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    for _ in range(iterations):
        run()
    end.record()
    end.synchronize()
    return start.elapsed_time(end) * 1e-3


class Work:
    """The case at hand: a function that computes it once."""

    def __init__(self):
        self.run = None

    def prepare(self, question):
        set_threads(question["threads"])
        with open(question["memory"], "r+b") as file:
            memory = mmap.mmap(file.fileno(), 0)
        names = {"torch": torch, "F": torch.nn.functional, **modules()}
        for name, array in zip(string.ascii_lowercase, question["inputs"]):
            names[name] = read_array(memory, array)
        # Two steps: where the expression makes a function, the calls of that function are the work.
        value = eval(question["expression"], names)  # pylint: disable=eval-used
        if callable(value):
            self.run = value
            value = value()
        else:
            self.run = eval("lambda: " + question["expression"], names)  # pylint: disable=eval-used
        result = value[0] if isinstance(value, (tuple, list)) else value
        write_result(memory, question["output"], result)
        return {"shape": list(result.shape), "dtype": str(result.dtype).removeprefix("torch.")}

    def time(self, question):
        run, iterations = self.run, question["iterations"]
        run()  # refills the caches that others used, and wakes the threads
        seconds = processor_seconds if DEVICE == "cpu" else gpu_seconds
        return {"seconds": seconds(run, iterations) / iterations}

    def environment(self, _question):
        if DEVICE != "cpu":
            torch.empty(0, device=DEVICE)  # says so where there is none
            # Products of float32 stay float32, as Prova's do.
            torch.backends.cuda.matmul.allow_tf32 = False
            torch.backends.cudnn.allow_tf32 = False
        return {"version": torch.__version__}


def modules():
    """Python files beside this one, which longer computations live in: `steps.mlp(a, b)`."""
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(0, folder)
    found = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith("_torch.py"):
            found[name.removesuffix("_torch.py")] = __import__(name.removesuffix(".py"))
    sys.path.remove(folder)
    return found


def main():
    work = Work()
    questions = {"environment": work.environment, "prepare": work.prepare, "time": work.time}
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer = questions[question["do"]](question) if torch else {"error": PROBLEM}
        except Exception as problem:  # pylint: disable=broad-except
            answer = {"error": f"{type(problem).__name__}: {problem}"}
        ANSWERS.write(json.dumps(answer) + "\n")
        ANSWERS.flush()


if __name__ == "__main__":
    main()
