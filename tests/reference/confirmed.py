"""What the reference engine has confirmed: digests of the values that both engines agreed on, a file a policy.

A story's line holds a digest of what it asks and one of all its values; a define's line one of its values in all
stories. So a value that changes is found by its story and its define, and a story that changes is told from a value
that does. The digests of the text (without comments) and of the value sets tell when a policy has changed since.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import Any

from cql_like_rules.cql.lexer import lex
from cql_like_rules.cql.library import CompiledLibrary
from cql_like_rules.cql.syntax import ValueSetDef
from cql_like_rules.terminology import Terminology
from tests.reference.stories import FAILED, Story, parts_of
from tests.reference.wire import to_json

FOLDER = Path(__file__).parent / "confirmed"

Confirmed = dict[str, Any]


def confirmed_of(stories: Sequence[Story], terminology: Terminology) -> Confirmed:
    """What there is to confirm about the stories of one policy."""
    library = stories[0].library
    values = [_written(story.values()) for story in stories]
    return {
        "text": _digest([_tokens(part) for part in parts_of(library)]),
        "value sets": _digest(_codes(library, terminology)),
        "stories": {
            story.name: f"{_digest(_asked(story))} {_digest(written)}"
            for story, written in zip(stories, values, strict=True)
        },
        "defines": {name: _digest([written[name] for written in values]) for name in sorted(values[0])},
    }


def read(policy: str) -> Confirmed | None:
    """What was confirmed for a policy; None when nothing was yet."""
    path = FOLDER / f"{policy}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def stale(before: Confirmed, now: Confirmed) -> list[str]:
    """What both engines were last asked in another form, or not at all: parts of the policy and names of stories."""
    parts = [part for part in ("text", "value sets") if before[part] != now[part]]
    was, is_now = ({name: line.split()[0] for name, line in each["stories"].items()} for each in (before, now))
    return [*parts, *(name for name in {**is_now, **was} if was.get(name) != is_now.get(name))]


def changed(before: Confirmed, now: Confirmed) -> list[str]:
    """The defines and the stories, of those that were asked as they are now, that have another value."""
    return [
        name for part in ("defines", "stories") for name, line in now[part].items() if line != before[part].get(name)
    ]


def write(policy: str, confirmed: Confirmed) -> None:
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps(confirmed, indent=0, ensure_ascii=False)
    (FOLDER / f"{policy}.json").write_text(text + "\n", encoding="utf-8")


def _tokens(library: CompiledLibrary) -> list[str]:
    text = Path(library.syntax.position.file).read_text(encoding="utf-8")
    return [token.text for token in lex(text, library.name).tokens]


def _codes(library: CompiledLibrary, terminology: Terminology) -> dict[str, Any]:
    urls = {
        definition.id
        for part in parts_of(library)
        for definition in part.syntax.definitions
        if isinstance(definition, ValueSetDef)
    }
    found = {url: terminology.resolve(url) for url in sorted(urls)}
    return {url: sorted(value_set.codes) for url, value_set in found.items() if value_set is not None}


def _asked(story: Story) -> Any:
    return [story.resources(), story.wire_parameters(), str(story.as_of)]


def _written(values: dict[tuple[str, str], Any]) -> dict[str, Any]:
    return {
        f"{library}.{name}": "failed" if value is FAILED else to_json(value, _plain)
        for (library, name), value in values.items()
    }


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _digest(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=6).hexdigest()
