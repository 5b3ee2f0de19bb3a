from __future__ import annotations

from pathlib import Path

import pytest

from cql_like_rules.cql.errors import CqlError
from cql_like_rules.cql.library import (
    CompiledLibrary,
    FolderSource,
    SharedLibraries,
    SourceText,
    compile_file,
    compile_library,
    compile_text,
)


class NoValueSets:
    def resolve(self, url: str) -> None:
        return None


MAIN = """/* Rules about rules.
   @policy: P.1
   @title: A policy */
library Main version '2.0.0'
include Shared version '1.0.0' called Shared
context Patient

// @kind: age
// @title: Old enough
define "I.A": Shared."Limit" > 17
define private "Hidden": 1
"""
SHARED = "library Shared version '1.0.0'\ncontext Patient\ndefine \"Limit\": 18\n"


def write(folder: Path, **files: str) -> FolderSource:
    for name, text in files.items():
        (folder / f"{name}.cql").write_text(text, encoding="utf-8")
    return FolderSource(folder)


def test_a_library_is_compiled_with_what_it_includes(tmp_path: Path) -> None:
    library = compile_library("Main", write(tmp_path, Main=MAIN, Shared=SHARED), NoValueSets())
    assert (library.name, library.version) == ("Main", "2.0.0")
    assert list(library.defines) == ["I.A", "Hidden"]
    assert list(library.includes["Shared"].defines) == ["Limit"]
    assert library.defines["Hidden"].private


def test_tags_of_the_library_and_of_its_defines_are_kept(tmp_path: Path) -> None:
    library = compile_library("Main", write(tmp_path, Main=MAIN, Shared=SHARED), NoValueSets())
    assert [(tag.name, tag.value) for tag in library.tags] == [("policy", "P.1"), ("title", "A policy")]
    define = library.defines["I.A"]
    assert (define.tag("kind"), define.tag("title"), define.tag("ask")) == ("age", "Old enough", None)
    assert define.position.line == 10


def test_a_file_is_compiled_whatever_it_is_called(tmp_path: Path) -> None:
    source = write(tmp_path, policy=MAIN, Shared=SHARED)
    assert compile_file(tmp_path / "policy.cql", source, NoValueSets()).name == "Main"


def test_a_file_with_the_version_in_its_name_goes_before_one_without(tmp_path: Path) -> None:
    source = write(tmp_path, Shared="old", **{"Shared-1.0.0": SHARED})
    text = source.read("Shared", "1.0.0")
    assert text is not None
    assert text.text == SHARED
    assert source.read("Other", None) is None


def test_the_first_folder_that_has_a_library_gives_it(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    write(first, Shared="first")
    write(second, Shared="second", Other="other")
    source = FolderSource(first, second)
    texts = [text.text for name in ("Shared", "Other") if (text := source.read(name, None))]
    assert texts == ["first", "other"]


def test_the_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    source = write(
        tmp_path,
        Main=MAIN + 'define "II.A": Missing + 1\ndefine "II.B": 1 +\n',
        Shared=SHARED + "define \"Wrong\": 5 'mcg'\n",
    )
    with pytest.raises(CqlError) as caught:
        compile_library("Main", source, NoValueSets())
    places = {(Path(problem.position.file).name, problem.position.line) for problem in caught.value.problems}
    assert {("Main.cql", 12), ("Shared.cql", 4)} <= places
    assert any(file == "Main.cql" and line >= 13 for file, line in places)


def test_a_library_that_is_not_there_is_told_at_its_include(tmp_path: Path) -> None:
    with pytest.raises(CqlError, match=r"Main\.cql:5:1: the library Shared could not be loaded"):
        compile_library("Main", write(tmp_path, Main=MAIN), NoValueSets())
    with pytest.raises(CqlError, match="there is no library Nowhere"):
        compile_library("Nowhere", FolderSource(tmp_path), NoValueSets())


def test_a_file_that_holds_another_library_is_told_at_the_include(tmp_path: Path) -> None:
    source = write(tmp_path, Main=MAIN, Shared=SHARED.replace("library Shared", "library Other"))
    with pytest.raises(CqlError, match="holds the library Other, not Shared"):
        compile_library("Main", source, NoValueSets())


def test_libraries_that_include_each_other_are_refused(tmp_path: Path) -> None:
    one = "library One version '1'\ninclude Two version '1' called Two\ndefine A: 1\n"
    two = "library Two version '1'\ninclude One version '1' called One\ndefine B: 1\n"
    with pytest.raises(CqlError, match="include each other: Two -> One -> Two"):
        compile_library("One", write(tmp_path, One=one, Two=two), NoValueSets())


def test_a_library_included_twice_is_one_library(tmp_path: Path) -> None:
    base = "library Base version '1'\ncontext Patient\ndefine A: 1\n"
    middle = "library Middle version '1'\ninclude Base version '1' called Base\ncontext Patient\ndefine B: Base.A\n"
    main = (
        "library Main version '1'\ninclude Base version '1' called Base\n"
        "include Middle version '1' called Middle\ncontext Patient\ndefine C: Base.A + Middle.B\n"
    )
    library = compile_library("Main", write(tmp_path, Base=base, Middle=middle, Main=main), NoValueSets())
    assert [define.name for define in library.program.defines] == ["A", "B", "C"]


def test_libraries_that_several_include_are_checked_once_and_their_problems_told_to_all(tmp_path: Path) -> None:
    head = "library {0} version '1.0.0'\n{1}\ncontext Patient\ndefine \"A\": {2}\n"
    folder = write(tmp_path, Good=head.format("Good", "", "1"), Bad=head.format("Bad", "", '"Nowhere"'))
    shared = SharedLibraries(folder, NoValueSets())

    def including(name: str, included: str) -> CompiledLibrary:
        include = f"include {included} version '1.0.0' called Other"
        text = SourceText(f"{name}.cql", head.format(name, include, 'Other."A" + 1'))
        return compile_text(text, FolderSource(), NoValueSets(), shared=shared)

    one, other = including("One", "Good"), including("Two", "Good")
    assert one.includes["Other"].resolved is other.includes["Other"].resolved
    for name in ("Three", "Four"):
        with pytest.raises(CqlError) as error:
            including(name, "Bad")
        assert [problem.position.file for problem in error.value.problems] == [str(tmp_path / "Bad.cql")]
