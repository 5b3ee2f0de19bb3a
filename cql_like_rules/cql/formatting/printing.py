"""From pieces and an outline to lines of at most 120 columns, where the text can be broken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cql_like_rules.cql.formatting.breaks import Group, Outline, Point
from cql_like_rules.cql.formatting.pieces import Piece, Remark
from cql_like_rules.cql.formatting.spacing import angles, blank_between

WIDTH = 120
STEP = 2


@dataclass(slots=True)
class Line:
    """A line being written: `pieces` are the indices of those on it, `remarks` the columns of comments behind them.

    Comments do not make a line too long: no break would help, and their author sees how long they are.
    """

    indent: int
    text: str = ""
    pieces: list[int] = field(default_factory=list)
    remarks: int = 0

    @property
    def width(self) -> int:
        return self.indent + len(self.text) - self.remarks


def printed(pieces: Sequence[Piece], outline: Outline) -> str:
    """The text with its lines broken at the points in use, and at others where a line would be too long."""
    outline.settle()
    while True:
        lines = _Printer(pieces, outline).lines()
        wanted = [point for line in lines if line.width > WIDTH and (point := _to_break(line, pieces, outline))]
        if not wanted:
            return "".join(f"{' ' * line.indent}{line.text}".rstrip() + "\n" for line in lines)
        for point in wanted:
            outline.use(point.group, point.stage)
        outline.settle()


def _to_break(line: Line, pieces: Sequence[Piece], outline: Outline) -> Point | None:
    """Where a line that is too long is broken: in the outermost construct that it can be broken in.

    None also where one piece alone, a long string, would still be too long on a line of its own.
    """
    if any(line.indent + len(pieces[index].raw) > WIDTH for index in line.pieces):
        return None
    unused = (outline.points.get(index) for index in line.pieces[1:])
    return min((p for p in unused if p and not p.active), key=lambda p: (p.group.depth, p.stage), default=None)


class _Printer:
    def __init__(self, pieces: Sequence[Piece], outline: Outline) -> None:
        self._pieces = pieces
        self._points = outline.points
        self._definitions = outline.definitions
        self._angles = angles(pieces)
        self._begun: dict[int, list[Group]] = {}
        for group in outline.groups:
            self._begun.setdefault(group.start, []).append(group)
        self._indents: dict[int, int] = {}
        self._lines: list[Line] = []

    def lines(self) -> list[Line]:
        """All lines."""
        for index, piece in enumerate(self._pieces):
            self._place(index, piece)
            for group in self._begun.get(index, ()):
                self._indents[id(group)] = self._indent_of(group, index)
            for remark in piece.after:
                self._lines[-1].text += f" {remark.raw}"
                self._lines[-1].remarks += len(remark.raw) + 1
        return self._lines

    def _place(self, index: int, piece: Piece) -> None:
        point = self._points.get(index)
        if index in self._definitions or piece.group == "end":
            self._new_definition(index, piece)
        elif point is not None and point.active:
            self._new_line(piece, self._indents[id(point.group)] + STEP * point.steps, within=not point.steps)
        elif piece.before or any(remark.ends_line for remark in self._pieces[index - 1].after):
            self._new_line(piece, self._lines[-1].indent + STEP * (not self._continued(index)))
        elif blank_between(self._pieces, index, self._angles) or self._pieces[index - 1].after:
            self._lines[-1].text += " "
        self._lines[-1].text += piece.raw
        self._lines[-1].pieces.append(index)

    def _continued(self, index: int) -> bool:
        """True where the line before was broken at no point either: then this one is as deep."""
        first = next(iter(self._lines[-1].pieces), index)
        return first not in self._points and first not in self._definitions

    def _new_definition(self, index: int, piece: Piece) -> None:
        separated = self._lines and (
            piece.blank_before or self._definitions.get(index) in ("define", "public", "private")
        )
        if separated and piece.group != "end":
            self._lines.append(Line(0))
        self._comments(piece.before, 0, first_blank=piece.group == "end" and piece.blank_before)
        if piece.before and piece.newlines > 1 and piece.group != "end":
            self._lines.append(Line(0))
        if piece.group != "end":
            self._lines.append(Line(0))

    def _new_line(self, piece: Piece, indent: int, within: bool = False) -> None:
        """A new line at this indentation; comments above a closing bracket belong to what stands `within` it."""
        if piece.blank_before:
            self._lines.append(Line(0))
        self._comments(piece.before, indent + STEP * within)
        self._lines.append(Line(indent))

    def _comments(self, remarks: Sequence[Remark], indent: int, first_blank: bool = False) -> None:
        for number, remark in enumerate(remarks):
            if remark.newlines > 1 and (number or first_blank) and self._lines:
                self._lines.append(Line(0))
            for line in _moved(remark, indent):
                self._lines.append(line)

    def _indent_of(self, group: Group, index: int) -> int:
        if group.continues is not None:
            return self._indents[id(group.continues)]
        line = self._lines[-1]
        hangs = group.hangs and line.pieces[0] != index
        return line.indent + STEP * hangs


def _moved(remark: Remark, indent: int) -> list[Line]:
    """The lines of a comment; those of a block move with its beginning."""
    first, *rest = remark.raw.split("\n")
    lines = [Line(indent, first.rstrip())]
    for line in rest:
        text = line.strip()
        depth = len(line) - len(line.lstrip()) + indent - remark.column
        lines.append(Line(max(0, depth), text))
    return lines
