"""PyTorch on a GPU, on the cases that a program of tools/gpu_run describes on standard input.

Prints a line of JSON for PyTorch, and one for each case with the seconds of its median run. Times
are the GPU's own, between events. Products of float32 stay float32, as Prova's do.
"""

import json
import statistics
import sys

import torch
import torch.nn.functional as F  # noqa: F401  (cases name it)

SAMPLE_SECONDS = 2e-3
SAMPLES = 30


def make(spec):
    """A random input on the GPU."""
    dtype = getattr(torch, spec["dtype"])
    shape = list(spec["shape"])
    if dtype == torch.bool:
        return torch.randint(0, 2, shape, device="cuda").bool()
    if not dtype.is_floating_point:
        return torch.randint(int(spec["low"]), int(spec["high"]), shape, device="cuda", dtype=dtype)
    if spec["transposed"]:
        shape[-2:] = reversed(shape[-2:])
    x = torch.empty(shape, device="cuda").uniform_(spec["low"], spec["high"]).to(dtype)
    return x.transpose(-1, -2) if spec["transposed"] else x


def work_of(case):
    """A function that computes the case once."""
    names = {"torch": torch, "F": F}
    for position, spec in enumerate(case["inputs"]):
        names[chr(ord("a") + position)] = make(spec)
    code = compile(case["torch"], case["case"], "eval")
    value = eval(code, names)  # the expressions stand in the cases tables
    return value if callable(value) else lambda: eval(code, names)


def seconds_of(work, runs):
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    for _ in range(runs):
        work()
    end.record()
    end.synchronize()
    return start.elapsed_time(end) * 1e-3 / runs


def median_seconds(work):
    runs = 1
    while seconds_of(work, runs) * runs < SAMPLE_SECONDS:
        runs *= 2
    return statistics.median(seconds_of(work, runs) for _ in range(SAMPLES))


def main():
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    print(json.dumps({"torch": torch.__version__, "device_name": torch.cuda.get_device_name()}))
    for line in sys.stdin:
        case = json.loads(line)
        try:
            row = {"case": case["case"], "median_s": median_seconds(work_of(case))}
            print(json.dumps({"torch_row": row}), flush=True)
        except RuntimeError as problem:
            print(f"{case['case']}: {problem}", file=sys.stderr)


if __name__ == "__main__":
    main()
