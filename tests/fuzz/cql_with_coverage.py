"""Texts that reach ever more of the CQL parser, as its coverage suggests them.

`python -m tests.fuzz.cql_with_coverage SECONDS FOLDER` begins with the policies and their libraries; what is worth
keeping is in the folder afterwards. A text that the parser stumbles over is written to it, as `crash-…`, and ends the
run with an error.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["cql_like_rules.cql"]):
    from tests.fuzz.cql import FILES, read


def one_text(data: bytes) -> None:
    """Reads one text that the fuzzer made."""
    read(data.decode("utf-8", "replace"))


def main() -> None:
    """Runs until a text is found that the parser stumbles over, or the time is up."""
    seconds, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for file in FILES:
        (folder / f"{file.parent.name}-{file.name}").write_bytes(file.read_bytes())
    options = (
        f"-max_total_time={seconds}",
        f"-artifact_prefix={folder}/",
        "-max_len=4096",
        "-timeout=10",
        "-print_final_stats=1",
    )
    atheris.Setup([sys.argv[0], *options, str(folder)], one_text)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
