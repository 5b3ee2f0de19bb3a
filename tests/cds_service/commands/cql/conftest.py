"""`oncology-cds cql …`, a small library in a file, and a request about an overdose."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_service.cli import main

OVERDOSE = Path(__file__).parents[4] / "fhir_examples" / "order-sign" / "leukine-aml-dose-overage.json"

HEAD = """library Small version '1'

using FHIR version '4.0.1'

include FHIRHelpers version '4.0.1' called FHIRHelpers
include Ages version '1.0.0' called Ages

parameter "Order" Tuple { id String, date Date, perDayPerM2 System.Quantity }

parameter "Least age" Integer default 18

context Patient

"""


@pytest.fixture
def run() -> Callable[..., Result]:
    return lambda *arguments, **options: CliRunner().invoke(main, ["cql", *map(str, arguments)], **options)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a library: these defines under a common head, or the whole text."""

    def written(defines: str, name: str = "Small.cql", head: str = HEAD) -> Path:
        path = tmp_path / name
        path.write_text(head + defines, encoding="utf-8")
        return path

    return written


@pytest.fixture
def overdose() -> Path:
    return OVERDOSE
