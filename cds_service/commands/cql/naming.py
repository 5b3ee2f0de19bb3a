"""Defines as users name them."""

from __future__ import annotations

from difflib import get_close_matches

import click

from cql_like_rules.cql.library import CompiledLibrary


class NoSuchDefine(LookupError):
    """The library has no define of that name; the text says so, and what may have been meant."""


def define_named(name: str, library: CompiledLibrary) -> str:
    """The name of a define, which may be given in its double quotes. Raises NoSuchDefine."""
    plain = name.strip()
    if len(plain) > 1 and plain[0] == plain[-1] == '"':
        plain = plain[1:-1]
    if plain in library.defines:
        return plain
    close = get_close_matches(plain, library.defines, 1)
    hint = f'; did you mean "{close[0]}"?' if close else ""
    raise NoSuchDefine(f'{library.name} has no define "{plain}"{hint}')


def define_or_end(name: str, library: CompiledLibrary) -> str:
    """The same; ends the command when there is none."""
    try:
        return define_named(name, library)
    except NoSuchDefine as error:
        raise click.ClickException(str(error)) from error
