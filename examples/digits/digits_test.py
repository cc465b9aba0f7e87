"""The program from outside: what it prints, writes, refuses, and that it goes on bit for bit."""

import gzip
import json
import os
import pathlib
import pty
import re
import resource
import shlex
import signal
import struct
import subprocess
import sys
import fcntl
import termios

import pytest

HERE = pathlib.Path("examples/digits").resolve()
DIGITS = HERE / "digits"
BUILT_IN = HERE / "data"
FILES = {"checkpoint.safetensors", "metrics.json", "model.safetensors", "report.html"}
LINE = re.compile(
    r"epoch +(\d+)/(\d+)  loss (\S+)  accuracy (\S+)  test loss (\S+)  test accuracy (\S+)  \S+ s")


def run(*arguments, cwd, **options):
    environment = {**os.environ, **options.pop("env", {})}
    return subprocess.run([DIGITS, *map(str, arguments)], cwd=cwd, env=environment,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False, **options)


def succeed(*arguments, cwd, **options):
    done = run(*arguments, cwd=cwd, **options)
    assert done.returncode == 0, done.stderr
    return done


def metrics(cwd, out="out/digits"):
    return json.loads((pathlib.Path(cwd) / out / "metrics.json").read_text())


def losses(cwd, out="out/digits"):
    """The history without the times."""
    return [{key: value for key, value in record.items() if key != "seconds"}
            for record in metrics(cwd, out)["history"]]


def idx(shape, values):
    return struct.pack(f">4B{len(shape)}I", 0, 0, 8, len(shape), *shape) + bytes(values)


def write_pair(folder, images, labels):
    folder.mkdir(exist_ok=True)
    (folder / "images-idx3-ubyte").write_bytes(images)
    (folder / "labels-idx1-ubyte").write_bytes(labels)
    return folder


@pytest.fixture(name="small", scope="session")
def small_data(tmp_path_factory):
    """The first 300 of the built-in digits, not compressed."""
    images = gzip.decompress((BUILT_IN / "images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((BUILT_IN / "labels-idx1-ubyte.gz").read_bytes())
    return write_pair(tmp_path_factory.mktemp("data") / "small",
                      idx((300, 8, 8), images[16:16 + 300 * 64]), idx((300,), labels[8:308]))


@pytest.fixture(name="finished", scope="session")
def finished_run(tmp_path_factory, small):
    """A run of six epochs on the small data, not interrupted, with one thread."""
    cwd = tmp_path_factory.mktemp("finished")
    done = succeed("--data", small, "--epochs", 6, "--threads", 1, cwd=cwd)
    return cwd, done


def test_prints_a_line_an_epoch_and_the_accuracy_last(finished):
    cwd, done = finished
    lines = done.stdout.splitlines()
    assert done.stderr == ""
    assert "\r" not in done.stdout and "\x1b" not in done.stdout
    assert re.fullmatch(r"test accuracy: [01]\.\d{4}", lines[-1])
    epochs = [LINE.fullmatch(line) for line in lines if line.startswith("epoch")]
    assert [found.group(1, 2) for found in epochs] == [(str(i), "6") for i in range(1, 7)]
    for found, record in zip(epochs, metrics(cwd)["history"]):
        assert found.group(3) == f"{record['train_loss']:.9g}"
        assert found.group(5) == f"{record['test_loss']:.9g}"


def test_writes_the_four_files_and_no_other(finished):
    cwd, done = finished
    assert {path.name for path in (cwd / "out/digits").iterdir()} == FILES
    found = metrics(cwd)
    assert found["options"] == {"epochs": 6, "batch": 32, "lr": 0.003, "seed": 1}
    assert (found["data"]["train"], found["data"]["test"]) == (240, 60)
    assert (found["data"]["height"], found["data"]["width"]) == (8, 8)
    assert found["data"]["pixel_max"] == 16
    assert found["environment"]["threads"] == 1
    assert len(found["history"]) == 6
    assert found["history"][0]["lr"] == 0.003 > found["history"][5]["lr"] > 0
    assert found["history"][0]["train_loss"] > found["history"][5]["train_loss"]
    assert done.stdout.endswith(f"test accuracy: {found['test_accuracy']:.4f}\n")
    confusion = found["confusion"]
    assert sum(map(sum, confusion)) == 60
    right = sum(confusion[digit][digit] for digit in range(10))
    assert right / 60 == found["test_accuracy"]
    assert len(found["mistakes"]) == 60 - right
    report = (cwd / "out/digits/report.html").read_text()
    assert report.startswith("<!DOCTYPE html>") and report.endswith("</html>\n")
    assert report.count('<figure class="digit">') == len(found["mistakes"])


def test_the_model_file_holds_the_named_weights(finished):
    cwd, _ = finished
    contents = (cwd / "out/digits/model.safetensors").read_bytes()
    header = json.loads(contents[8:8 + struct.unpack("<Q", contents[:8])[0]])
    shapes = {name: entry["shape"] for name, entry in header.items() if name != "__metadata__"}
    assert shapes == {
        "conv1.weight": [16, 1, 3, 3], "conv1.bias": [16],
        "conv2.weight": [32, 16, 3, 3], "conv2.bias": [32],
        "linear.weight": [10, 512], "linear.bias": [10],
    }
    assert metrics(cwd)["model"]["parameters"] == 9930


def test_threads_change_no_bit_and_seeds_do(finished, small, tmp_path):
    cwd, _ = finished
    succeed("--data", small, "--epochs", 6, "--threads", 2, "--out", "two", cwd=tmp_path)
    assert losses(tmp_path, "two") == losses(cwd)
    model = "model.safetensors"
    assert (tmp_path / "two" / model).read_bytes() == (cwd / "out/digits" / model).read_bytes()
    succeed("--data", small, "--epochs", 6, "--seed", 2, "--out", "seed", cwd=tmp_path)
    assert losses(tmp_path, "seed") != losses(cwd)


def test_reference_kernels_give_the_same_losses_to_rounding(finished, small, tmp_path):
    cwd, _ = finished
    done = succeed("--data", small, "--epochs", 6, cwd=tmp_path,
                   env={"PROVA_KERNELS": "reference"})
    assert "reference kernels" in done.stdout
    for fast, readable in zip(losses(cwd), losses(tmp_path)):
        assert fast["train_loss"] == pytest.approx(readable["train_loss"], abs=1e-3)
        assert fast["test_loss"] == pytest.approx(readable["test_loss"], abs=1e-3)


def interrupt(arguments, cwd, after, number):
    """Sends a signal once a line that begins with `after` is out; output, errors, exit code."""
    with subprocess.Popen([DIGITS, *map(str, arguments)], cwd=cwd, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as child:
        seen = []
        for line in child.stdout:
            seen.append(line)
            if line.startswith(after):
                child.send_signal(number)
                break
        rest, errors = child.communicate(timeout=60)
    return "".join(seen) + rest, errors, child.returncode


def test_ctrl_c_keeps_the_checkpoint_and_resume_goes_on_bit_for_bit(finished, small, tmp_path):
    cwd, _ = finished
    arguments = ["--data", small, "--epochs", 6, "--threads", 2]
    out, errors, code = interrupt(arguments, tmp_path, "epoch 2/6", signal.SIGINT)
    assert code == 130
    assert "test accuracy:" not in out
    assert {path.name for path in (tmp_path / "out/digits").iterdir()} == {"checkpoint.safetensors"}
    told = re.fullmatch(r"digits: interrupted in epoch (\d); out/digits/checkpoint\.safetensors "
                        r"holds the state after epoch (\d)\. To go on:\n  (.*)\n", errors)
    assert told and int(told.group(1)) == int(told.group(2)) + 1
    assert 2 <= int(told.group(2)) < 6
    resumed = subprocess.run(shlex.split(told.group(3)), cwd=tmp_path, stdout=subprocess.PIPE,
                             text=True, check=True)
    assert f"resumed after epoch {told.group(2)} of 6" in resumed.stdout
    assert losses(tmp_path) == losses(cwd)
    assert metrics(tmp_path)["environment"]["resumed_at"] == int(told.group(2))
    model = "out/digits/model.safetensors"
    assert (tmp_path / model).read_bytes() == (cwd / model).read_bytes()


def test_a_resumed_run_needs_no_other_option(finished, small, tmp_path):
    cwd, _ = finished
    before = (cwd / "out/digits/checkpoint.safetensors").read_bytes()
    out, _, code = interrupt(["--data", small, "--epochs", 6, "--seed", 5, "--lr", 0.01],
                             tmp_path, "epoch 1/6", signal.SIGTERM)
    assert code == 143 and "epoch 1/6" in out
    succeed("--resume", "out/digits/checkpoint.safetensors", cwd=tmp_path)
    found = metrics(tmp_path)
    assert found["options"] == {"epochs": 6, "batch": 32, "lr": 0.01, "seed": 5}
    assert [record["epoch"] for record in found["history"]] == [1, 2, 3, 4, 5, 6]
    # A finished run is only tested and reported again.
    done = succeed("--resume", cwd / "out/digits/checkpoint.safetensors", cwd=tmp_path)
    assert losses(tmp_path) == losses(cwd)
    assert "epoch 6/6" not in done.stdout
    assert (cwd / "out/digits/checkpoint.safetensors").read_bytes() == before


def test_ctrl_c_in_the_first_epoch_leaves_nothing(tmp_path):
    _, errors, code = interrupt(["--batch", 1], tmp_path, "1438 images", signal.SIGINT)
    assert code == 130
    assert errors == ("digits: interrupted in epoch 1; no epoch was complete, "
                      "so there is nothing to resume\n")
    assert not list((tmp_path / "out/digits").iterdir())


def expect_refused(cwd, *arguments, text, **options):
    """Exit code 2, `text` as the one line of errors, and nothing written."""
    before = sorted(cwd.rglob("*"))
    done = run(*arguments, cwd=cwd, **options)
    assert done.stderr == f"digits: {text}\n"
    assert done.returncode == 2
    assert done.stdout == ""
    assert sorted(cwd.rglob("*")) == before


@pytest.mark.parametrize("arguments, text", [
    (["--threads", "0"], "--threads: '0'; need a whole number from 1 to 1024"),
    (["--lr", "nan"], "--lr: 'nan'; need a number above 0, at most 10"),
    (["--epochs", "-1"], "--epochs: '-1'; need a whole number from 1 to 10000"),
    (["--batch", "0"], "--batch: '0'; need a whole number from 1 to 65536"),
    (["--device", "gpu"], "--device: 'gpu'; need cpu, cuda or cuda:INDEX"),
    (["--data", "absent"], "absent: there is no such folder; need a folder of IDX files"),
    (["--resume", "absent"], None),
    (["--what"], None),
])
def test_bad_options_write_nothing(tmp_path, arguments, text):
    if text is not None:
        expect_refused(tmp_path, *arguments, text=text)
        return
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2 and arguments[-1] in done.stderr and done.stdout == ""
    assert not list(tmp_path.iterdir())


def test_bad_data_write_nothing(tmp_path):
    images, labels = idx((10, 8, 8), [1] * 640), idx((10,), range(10))
    folder, name = tmp_path / "data", "data/images-idx3-ubyte"
    write_pair(folder, images[:-1], labels)
    expect_refused(tmp_path, "--data", "data", text=f"{name}: claims shape [10, 8, 8], 640 bytes, "
                   "and holds 639; need the header and the values to agree")
    write_pair(folder, images + b"\0", labels)
    expect_refused(tmp_path, "--data", "data", text=f"{name}: claims shape [10, 8, 8], 640 bytes, "
                   "and holds 641; need the header and the values to agree")
    write_pair(folder, gzip.compress(idx((4_294_967_295, 1, 1), [1])), labels)
    expect_refused(tmp_path, "--data", "data", text=f"{name}: claims shape [4294967295, 1, 1], "
                   "4294967295 bytes; need at most 1073741824")
    write_pair(folder, idx((10, 2, 2), [1] * 40), labels)
    expect_refused(tmp_path, "--data", "data", text="DigitNet: images of 2 x 2; need 4 to 256 "
                   "pixels along each side")
    write_pair(folder, images, idx((10,), [10] * 10))
    expect_refused(tmp_path, "--data", "data",
                   text="data/labels-idx1-ubyte: label 10 of image 0; need 0..9")


def test_a_checkpoint_that_does_not_fit_is_refused(finished, small, tmp_path):
    cwd, _ = finished
    checkpoint = cwd / "out/digits/checkpoint.safetensors"
    expect_refused(tmp_path, "--resume", checkpoint, "--lr", 0.5,
                   text=f"--lr: 0.5 for a checkpoint of a run with 0.003 ({checkpoint}); "
                   "need 0.003, or the option left out")
    expect_refused(tmp_path, "--resume", checkpoint, "--epochs", 7,
                   text=f"--epochs: 7 for a checkpoint of a run with 6 ({checkpoint}); "
                   "need 6, or the option left out")
    expect_refused(tmp_path, "--resume", checkpoint, "--data", BUILT_IN,
                   text=f"{checkpoint}: was trained on 240 images of {small}, which differ from "
                   f"the 1438 of {BUILT_IN}; need the data it was trained on; "
                   "name their folder with --data")
    images = bytearray((small / "images-idx3-ubyte").read_bytes())
    images[-1] ^= 1
    other = write_pair(tmp_path / "other", images, (small / "labels-idx1-ubyte").read_bytes())
    expect_refused(tmp_path, "--resume", checkpoint, "--data", other,
                   text=f"{checkpoint}: was trained on 240 images of {small}, which differ from "
                   f"the 240 of {other}; need the data it was trained on; "
                   "name their folder with --data")
    wide = write_pair(tmp_path / "wide", idx((10, 8, 9), [1] * 720), idx((10,), range(10)))
    expect_refused(tmp_path, "--resume", checkpoint, "--data", wide,
                   text=f"{checkpoint}: its model reads images of 8 x 8, those of {wide} are "
                   "8 x 9; need the data it was trained on; name their folder with --data")
    done = run("--resume", cwd / "out/digits/model.safetensors", cwd=tmp_path)
    assert done.returncode == 2 and "need a checkpoint" in done.stderr


def test_a_truncated_checkpoint_is_refused(finished, tmp_path):
    cwd, _ = finished
    whole = (cwd / "out/digits/checkpoint.safetensors").read_bytes()
    cut = tmp_path / "cut.safetensors"
    for size in [0, 7, 8, 100, len(whole) // 2, len(whole) - 1]:
        cut.write_bytes(whole[:size])
        done = run("--resume", cut, cwd=tmp_path)
        assert done.returncode == 2 and done.stderr.startswith(f"digits: {cut}: "), done.stderr
        assert [path.name for path in tmp_path.iterdir()] == [cut.name]


def test_an_output_folder_that_takes_nothing(small, tmp_path):
    (tmp_path / "file").write_text("kept")
    expect_refused(tmp_path, "--data", small, "--out", "file/out", text="--out file/out: cannot be "
                   "made: Not a directory; need a folder that can be written")
    # Not even root makes folders in /proc.
    done = run("--data", small, "--out", "/proc/out", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("digits: --out /proc/out: cannot be made")

    def no_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    done = run("--data", small, cwd=tmp_path, preexec_fn=no_room)
    assert done.returncode == 2
    assert re.fullmatch(r"digits: --out out/digits: takes no file of \d+ bytes: File too large; "
                        r"need a folder that can be written, with room\n", done.stderr)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_wrong_kernels_are_refused(small, tmp_path):
    done = run("--data", small, cwd=tmp_path, env={"PROVA_KERNELS": "nonsense"})
    assert done.returncode == 2 and "nonsense" in done.stderr
    assert not list(tmp_path.iterdir())


def test_help(tmp_path):
    done = succeed("--help", cwd=tmp_path)
    assert "--epochs" in done.stdout and done.stderr == ""


def test_on_a_terminal_a_bar_is_redrawn_in_place(small, tmp_path):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 90, 0, 0))
    environment = {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    with subprocess.Popen([DIGITS, "--data", small, "--epochs", "3", "--batch", "4"],
                          cwd=tmp_path, env=environment, stdout=theirs) as child:
        os.close(theirs)
        text = b""
        try:
            while part := os.read(ours, 65536):
                text += part
        except OSError:  # Linux ends a terminal whose other side closed with EIO.
            pass
    os.close(ours)
    assert child.returncode == 0
    text = text.decode().replace("\r\n", "\n")
    lines = text.removesuffix("\n").split("\n")
    bars = [bar for line in lines for bar in line.split("\r\x1b[2K")[1:]
            if "left" in bar]
    assert len(bars) >= 3 and all(len(bar) < 90 for bar in bars)
    assert all("─" in bar or "━" in bar for bar in bars)
    # What stays after the last redraw of each line is a plain line.
    stays = [line.split("\r\x1b[2K")[-1] for line in lines]
    assert sum(bool(LINE.fullmatch(line)) for line in stays) == 3
    assert re.fullmatch(r"test accuracy: \d\.\d{4}", stays[-1])


def test_the_built_in_digits_are_learned(tmp_path):
    succeed(cwd=tmp_path)
    found = metrics(tmp_path)
    assert (found["data"]["train"], found["data"]["test"]) == (1438, 359)
    assert found["data"]["folder"] == "the built-in UCI digits"
    assert found["test_accuracy"] >= 0.975


@pytest.mark.skipif(not os.environ.get("PROVA_TEST_DATA"), reason="PROVA_TEST_DATA is not set")
def test_mnist_as_one_pair(tmp_path):
    folder = pathlib.Path(os.environ["PROVA_TEST_DATA"]) / "data/mnist"
    succeed("--data", folder, "--epochs", 1, cwd=tmp_path)
    found = metrics(tmp_path)
    assert (found["data"]["train"], found["data"]["test"]) == (8000, 2000)
    assert found["data"]["pixel_max"] == 255
    assert found["test_accuracy"] >= 0.9


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))
