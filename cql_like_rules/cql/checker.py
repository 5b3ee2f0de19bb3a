"""The checker: settles every name of a library, types its expressions and refuses what cannot be right.

Nothing is evaluated that did not pass. A path that does not exist, a unit that is not UCUM, a FHIR value compared with
a CQL value and a value set that nobody has are errors when the rules are loaded, never when a patient waits.
"""

from __future__ import annotations

from collections.abc import Mapping

from cql_like_rules.cql.checking.definitions import DefinitionChecker, ValueSets
from cql_like_rules.cql.checking.findings import Findings
from cql_like_rules.cql.checking.lint import Lint
from cql_like_rules.cql.errors import Problem
from cql_like_rules.cql.resolution import ResolvedLibrary
from cql_like_rules.cql.syntax import Library


def check_library(
    library: Library, includes: Mapping[str, ResolvedLibrary], valuesets: ValueSets, strict: bool = True
) -> tuple[ResolvedLibrary, list[Problem]]:
    """The library with all names settled, and what is wrong with it, in the order of the text.

    `includes` holds the included libraries by the local name they are called; one that is missing is reported.
    `strict` adds the lint of the subset; without it only what cannot be evaluated rightly is refused.
    With problems the result is incomplete and must not be compiled.
    """
    findings = Findings()
    definitions = DefinitionChecker(library, includes, valuesets, findings, strict)
    definitions.check_all()
    if strict:
        Lint(findings).check(library)
    resolved = ResolvedLibrary(library, includes, findings.references, findings.types, definitions.value_sets)
    return resolved, findings.problems
