"""The wheel: its parts, and that it works where nothing of this tree is."""

import csv
import os
import pathlib
import re
import subprocess
import sys
import zipfile

import pytest

import wheels

PACKAGE = pathlib.Path("python/prova").resolve()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    licence = folder / "LICENSE"
    licence.write_text("free")
    return wheels.write_package(folder, PACKAGE, PACKAGE, {"LICENSE": licence})


def test_is_named_by_version_python_and_system(made):
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    name, version, *tag = made.stem.split("-")
    assert name == "prova" and version == wheels.version(PACKAGE)
    assert tag[:2] == [python, python] and tag[2].startswith("manylinux_2_")
    with zipfile.ZipFile(made) as archive:
        info = archive.read(f"prova-{version}.dist-info/WHEEL").decode()
        assert f"Tag: {'-'.join(tag)}\n" in info and "Root-Is-Purelib: false\n" in info


def test_asks_for_no_older_system_than_it_needs(made):
    with zipfile.ZipFile(made) as archive:
        glibc = (0, 0)
        for member in archive.namelist():
            if ".so" in member:
                path = pathlib.Path(archive.extract(member, made.parent))
                glibc = max(glibc, wheels.glibc_of([path]))
                assert wheels.needed_libraries(path) <= wheels.SYSTEM_LIBRARIES | {
                    "libhwy.so.1", "libz.so.1"}
    assert f"manylinux_{glibc[0]}_{glibc[1]}_" in made.name


def test_records_every_file(made):
    with zipfile.ZipFile(made) as archive:
        members = set(archive.namelist())
        record = next(member for member in members if member.endswith("/RECORD"))
        rows = list(csv.reader(archive.read(record).decode().splitlines()))
        assert {row[0] for row in rows} == members
        for path, hashed, size in rows:
            if path != record:
                assert f"{hashed},{size}" == wheels.digest(archive.read(path))
        assert {"prova/__init__.py", "prova/_core.so", "prova/_core.pyi", "prova/py.typed",
                "prova/libhwy.so.1", "prova/digits/README.md"} <= members
        assert any(member.endswith("licenses/LICENSE") for member in members)


def test_equal_contents_make_equal_wheels(made, tmp_path):
    again = wheels.write_package(tmp_path, PACKAGE, PACKAGE, {"LICENSE": made.parent / "LICENSE"})
    assert again.read_bytes() == made.read_bytes()


def test_a_library_that_would_be_missing_is_refused(monkeypatch):
    needs = wheels.needed_libraries
    monkeypatch.setattr(wheels, "needed_libraries", lambda library: needs(library) | (
        {"libstrange.so.1"} if "libhwy" in str(library) else set()))
    with pytest.raises(ValueError, match="libhwy.so.1 needs libstrange.so.1, which would not"):
        wheels.bundled(PACKAGE / "_core.so")


PROGRAM = """
import prova, numpy
w = prova.tensor([[1.0, 2.0]], requires_grad=True)
prova.sum(prova.softmax(w) * prova.asarray(numpy.ones((1, 2), numpy.float32))).backward()
with open("/proc/self/maps") as file:
    highway = {line.split()[-1] for line in file if "libhwy" in line}
print(prova.__file__, *highway, w.grad.shape)
"""


def test_the_first_notebook_runs_as_a_program(made, tmp_path):
    notebook = pathlib.Path("notebooks/first_network.py").resolve()
    subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", "install",
                    "--quiet", "--no-index", "--no-deps", "--target", tmp_path, made], check=True)
    done = subprocess.run([sys.executable, notebook], check=True, text=True, cwd="/",
                          env={**os.environ, "PYTHONPATH": str(tmp_path)}, stdout=subprocess.PIPE)
    assert float(re.search(r"accuracy (\d\.\d+)", done.stdout)[1]) >= 0.975


def test_installs_and_works(made, tmp_path):
    subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", "install",
                    "--quiet", "--no-index", "--no-deps", "--target", tmp_path, made], check=True)
    done = subprocess.run([sys.executable, "-c", PROGRAM], check=True, text=True, cwd="/",
                          env={**os.environ, "PYTHONPATH": str(tmp_path)}, stdout=subprocess.PIPE)
    assert done.stdout.split() == [str(tmp_path / "prova/__init__.py"),
                                   str(tmp_path / "prova/libhwy.so.1"), "(1,", "2)"]
