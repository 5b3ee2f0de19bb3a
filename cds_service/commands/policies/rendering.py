"""A page of a policy as text of a given width, or as Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from cql_like_rules.review.outline import Entry
from cql_like_rules.review.page import Page, Table, Tree

_NARROWEST = 24
_WIDEST_COLUMN = 0.4
_BETWEEN = 2


def as_text(page: Page, width: int) -> Iterator[str]:
    """The lines of a page, none longer than `width` (a name that is longer stays whole)."""
    yield from textwrap.wrap(page.title, width)
    for block in page.blocks:
        yield ""
        if block.heading:
            yield block.heading
            yield "=" * len(block.heading)
        if isinstance(block, Table):
            yield from _columns(block.rows, width)
        else:
            for index, entry in enumerate(block.entries):
                if index and entry.below:
                    yield ""
                yield from _branch(entry, "", "", width)


def _columns(rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """The rows in columns, each cell wrapped within its own."""
    natural = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sizes = [min(size, int(width * _WIDEST_COLUMN)) for size in natural[:-1]]
    sizes.append(max(width - sum(size + _BETWEEN for size in sizes), _NARROWEST))
    for row in rows:
        cells = [textwrap.wrap(cell, size, break_on_hyphens=False) for cell, size in zip(row, sizes, strict=True)]
        for parts in zip_longest(*cells, fillvalue=""):
            yield "".join(f"{part:{size + _BETWEEN}}" for part, size in zip(parts, sizes, strict=True)).rstrip()


def _branch(entry: Entry, first: str, rest: str, width: int) -> Iterator[str]:
    """An entry with its details and what is below it; `first` stands before its first line, `rest` before others."""
    line = f"{entry.number}  {entry.title}".strip() + (f"  ({entry.remark})" if entry.remark else "")
    yield from _wrapped(line, first, f"{rest}    ", width)
    stem = f"{rest}│   " if entry.below else f"{rest}    "
    for label, text in entry.details:
        yield from _wrapped(text, f"{stem}{label + ':':9}", f"{stem}{'':9}", width)
    for index, below in enumerate(entry.below):
        last = index == len(entry.below) - 1
        yield from _branch(below, rest + ("└── " if last else "├── "), rest + ("    " if last else "│   "), width)


def _wrapped(text: str, first: str, rest: str, width: int) -> Iterator[str]:
    room = max(width, len(rest) + _NARROWEST)
    lines = textwrap.wrap(
        text, room, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
    yield from (line.rstrip() for line in lines or [first])


def as_markdown(page: Page) -> Iterator[str]:
    """The lines of a page as Markdown: headings, tables, nested lists."""
    yield f"# {page.title}"
    for block in page.blocks:
        yield ""
        if block.heading:
            yield f"## {block.heading}"
            yield ""
        if isinstance(block, Tree):
            for entry in block.entries:
                yield from _bullets(entry, 0)
        else:
            yield from _table(block)


def _table(table: Table) -> Iterator[str]:
    columns = len(table.rows[0])
    yield "|" + " |" * columns
    yield "|" + "---|" * columns
    for row in table.rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


def _bullets(entry: Entry, level: int) -> Iterator[str]:
    indent = "  " * level
    number = f"**{entry.number}** " if entry.number else ""
    yield f"{indent}- {number}{entry.title}" + (f" *({entry.remark})*" if entry.remark else "")
    for label, text in entry.details:
        yield f"{indent}  - {label}: {text}"
    for below in entry.below:
        yield from _bullets(below, level + 1)
