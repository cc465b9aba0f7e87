"""Writes the type stub of the extension: stubs.py OUTPUT EXTENSION ERRORS.PY."""

import pathlib
import shutil
import sys
import tempfile

from nanobind import stubgen


def main():
    output, *parts = map(pathlib.Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        # The extension alone, as a part of a package that imports nothing.
        package = pathlib.Path(folder) / "prova"
        package.mkdir()
        (package / "__init__.py").touch()
        for part in parts:
            shutil.copy(part, package / part.name)
        sys.path.insert(0, folder)
        import prova._core
        generator = stubgen.StubGen(prova._core, include_private=True)
        generator.put(prova._core)
        # A tuple of what, stubgen does not say.
        text = generator.get().replace("_dtypes: tuple =", "_dtypes: tuple[DType, ...] =")
        output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
