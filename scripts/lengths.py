"""Fails for a file over 400 lines or a function over 60: `python scripts/lengths.py FILE…`."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def findings(file: Path) -> Iterator[str]:
    """Gives a sentence for everything in the file that is too long."""
    source = file.read_text()
    lines = source.count("\n")
    if lines > LONGEST_FILE:
        yield f"{file}: {lines} lines, {LONGEST_FILE} are the most"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield f"{file}:{node.lineno}: {node.name} has {length} lines, {LONGEST_FUNCTION} are the most"


if __name__ == "__main__":
    found = [finding for name in sys.argv[1:] for finding in findings(Path(name))]
    print("\n".join(found) if found else f"{len(sys.argv) - 1} files: none too long")
    sys.exit(bool(found))
