"""What the formatter makes of a text: a case for each construct."""

from __future__ import annotations

import textwrap

import pytest

from cql_like_rules.cql.errors import CqlError
from cql_like_rules.cql.formatting import WIDTH, formatted


def library(text: str) -> str:
    return "library T version '1'\n\n" + textwrap.dedent(text).strip() + "\n"


def laid_out(text: str) -> str:
    """The text of some definitions, formatted, without the head of their library."""
    return formatted(library(text), "t.cql").removeprefix("library T version '1'\n\n")


def becomes(written: str, expected: str) -> None:
    assert laid_out(written) == textwrap.dedent(expected).strip() + "\n"


def stays(written: str) -> None:
    becomes(written, written)


def test_blanks_stand_where_the_language_reads_best() -> None:
    becomes(
        """
        define "A" :( 1+2 )*-3
        define "B":Foo( x , y ).z [ 0 ]
        define "C":{1,2,  3 }
        define "D": Interval [ 1 , 2 )
        define "E": List < Integer > { 1 }
        define "F": Tuple{a:1,b :2}
        define "G": 1 : 128
        define "H": [ Condition:code in "X" ]
        define "I": exists( A ) and not( B )
        """,
        """
        define "A": (1 + 2) * -3

        define "B": Foo(x, y).z[0]

        define "C": { 1, 2, 3 }

        define "D": Interval[1, 2)

        define "E": List<Integer> { 1 }

        define "F": Tuple { a: 1, b: 2 }

        define "G": 1:128

        define "H": [Condition: code in "X"]

        define "I": exists (A) and not (B)
        """,
    )


def test_an_empty_list_has_nothing_between_its_braces() -> None:
    becomes('define "A": Union( { } , List<String> { } )', 'define "A": Union({}, List<String>{})')


def test_functions_and_elements_named_by_a_keyword_are_names() -> None:
    becomes(
        """
        define fluent function days (this Integer): this
        define "A": X . date
        define "B": Tuple { code : 1, date : 2 }
        """,
        """
        define fluent function days(this Integer): this

        define "A": X.date

        define "B": Tuple { code: 1, date: 2 }
        """,
    )


def test_and_or_begin_the_lines_that_the_author_broke() -> None:
    becomes(
        """
        define "A":
            "B" and
              "C" or
            "D"
        """,
        """
        define "A":
          "B"
            and "C"
            or "D"
        """,
    )


def test_the_and_of_between_is_no_conjunction() -> None:
    stays(
        """
        define "A":
          X between 1 and 2
            and days between Y and Z < 3
        """
    )


def test_the_clauses_of_a_query_are_broken_together() -> None:
    stays('define "A": [Condition] C where C.x and C.y return all C sort by z')
    becomes(
        """
        define "A": [Condition] C where C.x
          and C.y return all C sort by z
        """,
        """
        define "A":
          [Condition] C
            where C.x
              and C.y
            return all C
            sort by z
        """,
    )


def test_a_query_of_every_clause() -> None:
    stays(
        """
        define "A":
          from [Condition] C, [Observation] O
            let a: C.x,
              b: O.y
            with [Procedure] P
              such that P.z = a
            without "Others" N such that N.z = b
            where a = b
            return distinct Tuple { a: a, b: b }
            sort by a desc, b
        """
    )


def test_an_aggregate_clause() -> None:
    stays(
        """
        define "A":
          X C
            aggregate R starting 1: R * C.v
        """
    )


def test_the_parts_of_a_case_are_broken_together() -> None:
    becomes(
        """
        define "A":
          case when "B" then 1
            when "C"
            then 2 else
              null end
        """,
        """
        define "A":
          case
            when "B" then 1
            when "C"
              then 2
            else
              null
          end
        """,
    )


def test_if_and_else_stand_below_each_other() -> None:
    stays(
        """
        define "A":
          if "B" then 1
          else if "C"
            then 2
          else 3

        define "D":
          Tuple {
            a: if "B" then 1
              else if "C" then 2
              else 3
          }
        """
    )


def test_brackets_that_are_broken_close_on_a_line_of_their_own() -> None:
    becomes(
        """
        define "A":
          Coalesce(1,
            2, 3)
        """,
        """
        define "A":
          Coalesce(
            1,
            2, 3
          )
        """,
    )


def test_a_query_may_begin_behind_its_bracket() -> None:
    stays(
        """
        define "A":
          ([Condition] C
            where C.x
            return all C.y
          ) union (
            [Observation] O
              where O.x
              return all O.y
          )
        """
    )


def test_a_line_too_long_is_broken_in_its_outermost_construct() -> None:
    long = " and ".join(f'"A condition with a longer name, number {number}"' for number in range(3))
    becomes(
        f'define "A": {long}',
        """
        define "A":
          "A condition with a longer name, number 0"
            and "A condition with a longer name, number 1"
            and "A condition with a longer name, number 2"
        """,
    )
    becomes(
        f'define "A": exists (Conditions of where Of.that is null or {long})'.replace(" of where", " Of where"),
        """
        define "A":
          exists (
            Conditions Of
              where Of.that is null
                or "A condition with a longer name, number 0"
                  and "A condition with a longer name, number 1"
                  and "A condition with a longer name, number 2"
          )
        """,
    )


def test_operators_other_than_and_or_are_broken_last() -> None:
    becomes(
        f'define "A": "{"a" * 50}" + "{"b" * 50}" + "{"c" * 50}"',
        f"""
        define "A":
          "{"a" * 50}"
            + "{"b" * 50}"
            + "{"c" * 50}"
        """,
    )


def test_what_no_break_would_make_short_enough_is_left_alone() -> None:
    stays(f"define \"A\": Matches(words, '{'x' * WIDTH}')")


def test_a_long_comment_breaks_no_line() -> None:
    stays(f'define "A": "B" and "C" // {"so " * 40}why')


def test_comments_keep_their_place() -> None:
    stays(
        """
        // Said of A,
        // in two lines.
        define "A":
          // why
          1 // one
            + 2 /* two */ + 3

        //
        // A heading
        //

        define "B":
          Coalesce(
            // first
            1,
            2
            // nothing else
          )

        // the end
        """
    )


def test_a_block_of_tags_stays_directly_above_its_define_and_moves_as_one() -> None:
    becomes(
        """
        define "A": 1
            /* @kind: dose
               @title: At most   5
            */
            define "I.A": 2
        """,
        """
        define "A": 1

        /* @kind: dose
           @title: At most   5
        */
        define "I.A": 2
        """,
    )


def test_a_comment_apart_from_a_define_stays_apart() -> None:
    stays(
        """
        define "A": 1

        // of nothing in particular

        define "B": 2
        """
    )


def test_declarations_may_stand_without_an_empty_line_between_defines_may_not() -> None:
    becomes(
        """
        codesystem "A": 'a'
        codesystem "B": 'b'



        context Patient
        define "A": 1
        define "B": 2
        """,
        """
        codesystem "A": 'a'
        codesystem "B": 'b'

        context Patient

        define "A": 1

        define "B": 2
        """,
    )


def test_no_line_begins_with_a_word_that_would_begin_a_definition() -> None:
    text = laid_out(f"define function F(code System.Code, concept System.Concept, {'x' * 90} Integer): code")
    assert all(not line.strip().startswith(("code ", "concept ")) for line in text.splitlines())


def test_a_string_of_several_lines_keeps_them() -> None:
    stays("define \"A\": 'one\n    two'")


def test_windows_line_ends_and_a_byte_order_mark_go() -> None:
    text = "\ufefflibrary T version '1'\r\n\r\ndefine \"A\":\r\n  1\r\n    + 2\r\n"
    assert formatted(text, "t.cql") == "library T version '1'\n\ndefine \"A\":\n  1\n    + 2\n"


def test_a_text_that_cannot_be_read_is_not_formatted() -> None:
    with pytest.raises(CqlError, match=r"t\.cql:1:1"):
        formatted("dfine X: 1", "t.cql")
