"""Where a line may be broken, and how far the next line is indented then.

Every construct that can span lines is a Group. Its lines are indented by the indentation of the line that it begins
on: that is the whole of the style, so that no line depends on how long the text before it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field

LAST_RESORT = 1000
"""Added to the depth of groups that are only broken where no other can be."""


@dataclass(slots=True)
class Group:
    """A construct that begins with the piece `start`; `depth` counts the constructs around it.

    `hangs`: where it does not begin a line (`x: if … else …`), its lines are one step deeper. `continues` is the group
    whose indentation it shares (`else if`). `within` is the define or query that it stands in with no bracket between:
    that one is broken wherever this one is.
    """

    start: int
    depth: int
    hangs: bool = False
    continues: Group | None = None
    within: Group | None = None
    points: list[Point] = field(default_factory=list)


@dataclass(slots=True)
class Point:
    """A place for a line break, before the piece `index`; the new line is `steps` deeper than the group.

    `stage`: the points of a later stage are used only when a line is still too long. `alone`: the author breaks there
    or not; otherwise the points of a stage go together, and one that is broken breaks them all.
    """

    index: int
    group: Group
    steps: int
    stage: int = 0
    alone: bool = False
    active: bool = False


@dataclass(slots=True)
class Outline:
    """The groups of a text, their points by the index of the piece, and the pieces that definitions begin with."""

    groups: list[Group] = field(default_factory=list)
    points: dict[int, Point] = field(default_factory=dict)
    definitions: dict[int, str] = field(default_factory=dict)

    def use(self, group: Group, stage: int) -> None:
        """Break the lines at all points of that stage, and those before it."""
        for point in group.points:
            if point.stage <= stage:
                point.active = True

    def settle(self) -> None:
        """Break the points that go together with those that are broken."""
        used = -1
        while used != (used := sum(point.active for point in self.points.values())):
            for group in self.groups:
                self._settle(group)

    def _settle(self, group: Group) -> None:
        stages = [point.stage for point in group.points if point.active]
        for point in group.points if stages else ():
            point.active = point.active or (not point.alone and point.stage <= max(stages))
        if stages and group.within is not None:
            self.use(group.within, 0)
