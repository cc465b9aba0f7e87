"""./dev ops: the catalogue of operations, as a table or as JSON."""

import json
import re
import subprocess
import sys

import common

COLUMNS = ["definition", "reference", "simd", "cuda", "vjp", "second_order",
           "properties", "bench", "page", "dtypes"]


def complete(row, root=common.ROOT):
    """Joins what the program knows of an operation with what its folder shows."""
    op = row["op"]
    folder = root / "ops" / op
    test = folder / f"{op}_test.cc"
    properties = 0
    if test.is_file():
        properties = len(re.findall(r"\bForAll\(", test.read_text(encoding="utf-8")))
    page = folder / f"{op}.md"
    seen = {
        "properties": str(properties or ""),
        "page": str(page.relative_to(root)) if page.is_file() else "",
    }
    return {"op": op, **{column: seen.get(column, str(row.get(column, ""))) for column in COLUMNS}}


def table(rows):
    """The rows as aligned text; of benchmarks only their number, since some have dozens."""
    def shown(row):
        count = len(row["bench"].split(", ")) if row["bench"] else 0
        return {**row, "bench": f"{count} cases" if count else ""}

    lines = [["op", *COLUMNS]] + [list(shown(row).values()) for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def main():
    parser = common.Parser(prog="dev ops", usage="./dev ops [--json]",
                           description="Lists the operations and what each of them has.")
    parser.add_argument("--json", action="store_true", help="an array of objects")
    arguments = parser.parse_args()
    binary = common.build(["//ops:catalogue"]) / "ops/catalogue"
    output = subprocess.run([binary], stdout=subprocess.PIPE, text=True, check=False)
    if output.returncode != 0:
        common.fail(f"//ops:catalogue ended with exit code {output.returncode}")
    try:
        rows = [complete(row) for row in json.loads(output.stdout)]
    except (ValueError, TypeError, KeyError):
        common.fail("//ops:catalogue must print a JSON array of objects with the key \"op\"")
    print(json.dumps(rows, indent=2, ensure_ascii=False) if arguments.json else table(rows))


if __name__ == "__main__":
    sys.exit(main())
