"""docs/integrators.md lists every setting with its default, and every prefetch key."""

from __future__ import annotations

import re
from pathlib import Path

from cds_service.commands.loading import loaded
from cds_service.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "integrators.md").read_text(encoding="utf-8")
SETTINGS = dict(re.findall(r"^\| `(\w+)` \| ?`?([^|`]*?)`? \|", PAGE.partition("## Settings")[2], re.MULTILINE))
KEYS = re.findall(r"^\| `(\w+)` \| (.*?) \|", PAGE.partition("## Prefetch")[2].partition("**Unknown")[0], re.MULTILINE)


def shown(default: object) -> str:
    if default is None:
        return ""
    return ", ".join(default) if isinstance(default, tuple) else str(default)


def test_every_setting_is_listed_with_its_default() -> None:
    defaults = {name: shown(field.default) for name, field in Settings.model_fields.items()}
    assert {name: default.strip() for name, default in SETTINGS.items()} == defaults


def test_the_prefetch_keys_are_those_that_the_policies_need() -> None:
    templates = loaded(Settings()).wanted.templates
    assert [key for key, _ in KEYS] == list(templates)
    searched = {key: set(template.types) for key, template in templates.items() if "?" in template.query}
    assert {key: searched[key] & set(brings.split()) for key, brings in KEYS if key in searched} == searched
