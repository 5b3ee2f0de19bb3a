"""Files that an operator writes, in TOML: read, checked against a model, and refused with every field that is wrong."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


class FileRefused(ValueError):
    """A file cannot be used; the text names the file, and every field that is wrong. It quotes no value of it."""


def read_operator_file(
    model: type[Model], file: Path, refusal: type[FileRefused], context: Mapping[str, Any] | None = None
) -> Model:
    """The file as the model, which may look at `context` while it checks. Raises `refusal`."""
    try:
        return model.model_validate(_read(file, refusal), context=dict(context or {}))
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
    root = next(iter(model.model_fields))
    lines = (
        f"{file}: {_place(problem['loc']) or root}: {problem['msg'].removeprefix('Value error, ')}"
        for problem in problems
    )
    raise refusal("\n".join(lines))


def _read(file: Path, refusal: type[FileRefused]) -> Mapping[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise refusal(f"{file}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise refusal(f"{file}: is not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise refusal(f"{file}: {error}") from error


def _place(location: tuple[int | str, ...]) -> str:
    """`plan[2].state`: the field that is wrong; entries are counted from 1, as a reader of the file counts them."""
    place = ""
    for part in location:
        place += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if place else part
    return place
