"""The wheel of the package `prova`, the archive that pip installs.

Source of the format: PyPA, binary distribution format 1.0; of the tag: PEP 600.
"""

import base64
import hashlib
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

METADATA = """Metadata-Version: 2.1
Name: prova
Version: {version}
Summary: Deep learning in which every operation comes with its proof
Requires-Python: >=3.9
Requires-Dist: numpy
License-File: LICENSE
"""


# What every system that Python runs on has; all else comes with the wheel.
SYSTEM_LIBRARIES = {"libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1",
                    "ld-linux-x86-64.so.2"}
GLIBC = re.compile(r"\bGLIBC_(\d+)\.(\d+)")
NEEDED = re.compile(r"\(NEEDED\).*\[(.+)\]")


def _read_elf(option, library):
    done = subprocess.run(["readelf", "--wide", option, str(library)], check=True, text=True,
                          stdout=subprocess.PIPE)
    return done.stdout


def needed_libraries(library):
    """The shared libraries that a shared library names."""
    return set(NEEDED.findall(_read_elf("--dynamic", library)))


def glibc_of(libraries):
    """The oldest glibc that has every symbol these libraries ask for."""
    text = "".join(_read_elf("--version-info", library) for library in libraries)
    return max(((int(major), int(minor)) for major, minor in GLIBC.findall(text)), default=(2, 17))


def tag_of(libraries):
    """Which Python and which systems may install the wheel."""
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    major, minor = glibc_of(libraries)
    return f"{python}-{python}-manylinux_{major}_{minor}_x86_64"


def bundled(extension):
    """Libraries that the extension needs and that must come with it: name to path."""
    missing = needed_libraries(extension) - SYSTEM_LIBRARIES
    listing = subprocess.run(["ldd", str(extension)], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
    paths = dict(re.findall(r"^\s*(\S+) => (\S+)", listing, re.MULTILINE))
    found = {name: paths[name] for name in missing}
    for name, path in found.items():
        strange = needed_libraries(path) - SYSTEM_LIBRARIES - set(found)
        if strange:
            names = ", ".join(sorted(strange))
            raise ValueError(f"{name} needs {names}, which would not come with it")
    return found


def digest(data):
    hashed = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
    return f"sha256={hashed.decode()},{len(data)}"


def write(folder, name, version, metadata, tag, files):
    """Writes `folder/name-version-tag.whl` of files, a dict of path and bytes; returns its path."""
    info = f"{name}-{version}.dist-info"
    files = dict(files)
    files[f"{info}/METADATA"] = metadata.encode()
    files[f"{info}/WHEEL"] = (f"Wheel-Version: 1.0\nGenerator: prova\nRoot-Is-Purelib: false\n"
                              f"Tag: {tag}\n").encode()
    record = f"{info}/RECORD"
    lines = [f"{path},{digest(data)}" for path, data in files.items()] + [f"{record},,"]
    files[record] = "".join(f"{line}\n" for line in lines).encode()
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in files.items():
            # The same time for all, so that equal contents make equal wheels.
            entry = zipfile.ZipInfo(member, date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr = (0o755 if ".so" in member else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return path


def version(package):
    """The version that prova/_version.py says."""
    text = (package / "_version.py").read_text(encoding="utf-8")
    return re.search(r'^__version__ = "(.+)"$', text, re.MULTILINE).group(1)


def stripped(library):
    """The bytes of a library without the symbols that only debuggers read."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "stripped.so"
        subprocess.run(["strip", "--strip-unneeded", "-o", str(copy), str(library)], check=True)
        return copy.read_bytes()


def write_package(folder, package, built, licences):
    """Writes the wheel into `folder`.

    package: the folder of the Python files; built: the folder of _core.so, _core.pyi and digits/;
    licences: a dict of name and path, of everything that the wheel holds.
    """
    extension = built / "_core.so"
    libraries = bundled(extension)
    number = version(package)
    files = {f"prova/{path.name}": path.read_bytes()
             for path in sorted([*package.glob("*.py"), package / "py.typed", built / "_core.pyi"])}
    files["prova/_core.so"] = stripped(extension)
    files.update({f"prova/digits/{path.name}": path.read_bytes()
                  for path in sorted((built / "digits").iterdir())})
    # Beside the extension, where its search path begins.
    files.update({f"prova/{name}": pathlib.Path(path).read_bytes()
                  for name, path in sorted(libraries.items())})
    info = f"prova-{number}.dist-info"
    files.update({f"{info}/licenses/{name}": pathlib.Path(path).read_bytes()
                  for name, path in licences.items()})
    tag = tag_of([extension, *libraries.values()])
    return write(folder, "prova", number, METADATA.format(version=number), tag, files)
