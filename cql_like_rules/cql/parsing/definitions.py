"""Definitions: what a library is made of, from its own name to its last define.

Source: CQL 1.5.3, Appendix G (library, definition, statement).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cql_like_rules.cql.errors import Problem
from cql_like_rules.cql.keywords import DEFINITION_STARTS, QUERY_CLAUSES
from cql_like_rules.cql.lexer import Comment, TokenKind
from cql_like_rules.cql.parsing.expressions import ExpressionParser
from cql_like_rules.cql.parsing.stream import SyntaxFailure, TokenStream
from cql_like_rules.cql.parsing.tags import TagReader
from cql_like_rules.cql.syntax import (
    CodeDef,
    CodeSystemDef,
    ConceptDef,
    Definition,
    Expression,
    ExpressionDef,
    FunctionDef,
    IncludeDef,
    Library,
    Malformed,
    OperandDef,
    ParameterDef,
    Position,
    Tag,
    UsingDef,
    ValueSetDef,
)

_STATEMENTS = ("context", "define")


class DefinitionParser:
    def __init__(self, tokens: TokenStream, comments: Sequence[Comment], source: str) -> None:
        self._tokens = tokens
        self._source = source
        self._tags = TagReader(comments, tokens)
        self._expressions = ExpressionParser(tokens)
        self._library: Library | None = None
        self._contexts: list[str] = []
        self._statement_seen = False
        self._by_word: dict[str, Callable[[tuple[Tag, ...], bool], Definition]] = {
            "using": self._using,
            "include": self._include,
            "codesystem": self._codesystem,
            "valueset": self._valueset,
            "code": self._code,
            "concept": self._concept,
            "parameter": self._parameter,
        }

    def library(self) -> Library | None:
        """The library; None when the text holds no definition at all."""
        tokens = self._tokens
        start = tokens.position()
        definitions: list[Definition] = []
        while tokens.current.kind is not TokenKind.END:
            try:
                if definition := self._next():
                    definitions.append(definition)
            except SyntaxFailure as failure:
                tokens.report(failure.problem)
                tokens.skip_to_definition()
        self._tags.report_strays()
        if self._library is None and not definitions:
            return None
        head = self._library or Library(start, "", None, ())
        context = self._contexts[-1] if self._contexts else None
        return Library(head.position, head.name, head.version, tuple(definitions), head.tags, context, self._source)

    def _next(self) -> Definition | None:
        """The next definition; None where the library is named or the context is set."""
        tokens = self._tokens
        tags = self._tags.above(tokens.index)
        word = tokens.word
        if word not in DEFINITION_STARTS:
            raise self._failure_between_definitions()
        self._check_order(word)
        if word == "library":
            self._library_name(tags)
            return None
        if word == "context":
            self._context()
            return None
        if word == "define":
            return self._define(tags)
        private = self._access()
        if tokens.word not in self._by_word:
            raise tokens.failure("codesystem, valueset, code, concept or parameter")
        return self._by_word[tokens.word](tags, private)

    def _failure_between_definitions(self) -> SyntaxFailure:
        tokens = self._tokens
        if tokens.word in QUERY_CLAUSES:
            order = "the clauses of a query stand in this order: let, with, where, return, sort"
            return tokens.failure("the next define", order)
        return tokens.failure("an operator or the next define")

    def _check_order(self, word: str) -> None:
        statement = word in _STATEMENTS
        if self._statement_seen and not statement:
            self._tokens.report(
                Problem(
                    self._tokens.position(),
                    f"'{word}' stands too late",
                    hint="library, using, include, terminology and parameters stand above the context and the defines",
                )
            )
        self._statement_seen = self._statement_seen or statement

    # --- the head of a library ---

    def _library_name(self, tags: tuple[Tag, ...]) -> None:
        tokens = self._tokens
        position = tokens.position(tokens.advance())
        name = self._qualified_name("the name of the library")
        if self._library is not None:
            tokens.report(Problem(position, "the library is named twice"))
        self._library = Library(position, name, self._version(), (), tags)

    def _context(self) -> None:
        tokens = self._tokens
        tokens.advance()
        position = tokens.position()
        name = self._qualified_name("'Patient'")
        if name != "Patient":
            tokens.refuse(f"the context {name}", position, "write: context Patient")
        self._contexts.append(name)

    def _using(self, tags: tuple[Tag, ...], private: bool) -> Definition:
        position = self._tokens.position(self._tokens.advance())
        name = self._tokens.name("the name of a data model")
        return UsingDef(position, name, tags, private, self._version())

    def _include(self, tags: tuple[Tag, ...], private: bool) -> Definition:
        tokens = self._tokens
        position = tokens.position(tokens.advance())
        library = self._qualified_name("the name of a library")
        version = self._version()
        name = tokens.name("a local name") if tokens.take("called") else library.rpartition(".")[2]
        return IncludeDef(position, name, tags, private, library, version)

    # --- terminology and parameters ---

    def _codesystem(self, tags: tuple[Tag, ...], private: bool) -> Definition:
        position, name = self._declared("a name for the code system")
        return CodeSystemDef(position, name, tags, private, self._id(), self._version())

    def _valueset(self, tags: tuple[Tag, ...], private: bool) -> Definition:
        tokens = self._tokens
        position, name = self._declared("a name for the value set")
        identifier, version = self._id(), self._version()
        if tokens.word == "codesystems":
            tokens.refuse("the code systems of a value set", tokens.position(tokens.advance()), "leave them out")
            tokens.bracketed(
                "list", lambda: tokens.comma_separated(lambda: self._own_name("code system")), lambda _: ()
            )
        return ValueSetDef(position, name, tags, private, identifier, version)

    def _code(self, tags: tuple[Tag, ...], private: bool) -> Definition:
        position, name = self._declared("a name for the code")
        identifier = self._id()
        self._tokens.expect("from", "'from' and a code system")
        system = self._own_name("code system")
        return CodeDef(position, name, tags, private, identifier, system, self._display())

    def _concept(self, tags: tuple[Tag, ...], private: bool) -> Definition:
        tokens = self._tokens
        position, name = self._declared("a name for the concept")
        if tokens.word != "{":
            raise tokens.failure("'{' and the names of codes")
        codes = tokens.bracketed(
            "concept", lambda: tokens.comma_separated(lambda: self._own_name("code")), lambda _: ()
        )
        return ConceptDef(position, name, tags, private, codes, self._display())

    def _parameter(self, tags: tuple[Tag, ...], private: bool) -> Definition:
        tokens = self._tokens
        position = tokens.position(tokens.advance())
        name = tokens.name("a name for the parameter")
        ends = tokens.word == "default" or tokens.word in DEFINITION_STARTS or tokens.current.kind is TokenKind.END
        type_ = None if ends else self._expressions.terms.types.specifier()
        default = self._expressions.expression() if tokens.take("default") else None
        return ParameterDef(position, name, tags, private, type_, default)

    # --- defines and functions ---

    def _define(self, tags: tuple[Tag, ...]) -> Definition:
        tokens = self._tokens
        position = tokens.position(tokens.advance())
        private = self._access()
        if tokens.word in ("fluent", "function"):
            return self._function(position, tags, private)
        name = tokens.name("a name for the define")
        tokens.expect(":", "':' and an expression", 'a define is written: define "Name": …')
        return ExpressionDef(position, name, tags, private, expression=self._body())

    def _function(self, position: Position, tags: tuple[Tag, ...], private: bool) -> Definition:
        tokens = self._tokens
        fluent = tokens.take("fluent")
        tokens.expect("function")
        if tokens.current.kind is TokenKind.KEYWORD:
            name = tokens.advance().text
        else:
            name = tokens.name("a name for the function")
        if tokens.word != "(":
            raise tokens.failure("'(' and the operands of the function")
        operands = tokens.bracketed("list of operands", self._operands, lambda _: ())
        returns = None
        if tokens.current.kind is TokenKind.NAME and tokens.current.text == "returns":
            tokens.advance()
            returns = self._expressions.terms.types.specifier()
        tokens.expect(":", "':' and an expression")
        return FunctionDef(position, name, tags, private, operands, returns, fluent, expression=self._function_body())

    def _operands(self) -> tuple[OperandDef, ...]:
        return () if self._tokens.word == ")" else self._tokens.comma_separated(self._operand)

    def _operand(self) -> OperandDef:
        position = self._tokens.position()
        name = self._tokens.referential_name("the name of an operand")
        return OperandDef(position, name, self._expressions.terms.types.specifier())

    def _function_body(self) -> Expression:
        tokens = self._tokens
        if tokens.word != "external":
            return self._body()
        position = tokens.position(tokens.advance())
        tokens.refuse("an external function", position, "write what it does in CQL")
        return Malformed(position)

    def _body(self) -> Expression:
        """The expression of a define; Malformed when it is broken, so that the define itself stays known."""
        tokens = self._tokens
        position = tokens.position()
        try:
            expression = self._expressions.expression()
            if tokens.current.kind is not TokenKind.END and tokens.word not in DEFINITION_STARTS:
                raise self._failure_between_definitions()
        except SyntaxFailure as failure:
            tokens.report(failure.problem)
            tokens.skip_to_definition()
            return Malformed(position)
        return expression

    # --- small parts ---

    def _access(self) -> bool:
        if self._tokens.take("private"):
            return True
        self._tokens.take("public")
        return False

    def _declared(self, what: str) -> tuple[Position, str]:
        position = self._tokens.position(self._tokens.advance())
        name = self._tokens.name(what)
        self._tokens.expect(":")
        return position, name

    def _id(self) -> str:
        return self._tokens.string("an identifier as a string")

    def _version(self) -> str | None:
        return self._tokens.string("the version as a string") if self._tokens.take("version") else None

    def _display(self) -> str | None:
        return self._expressions.terms.selectors.display()

    def _own_name(self, what: str) -> str:
        return self._expressions.terms.selectors.own_name(what)

    def _qualified_name(self, what: str) -> str:
        tokens = self._tokens
        parts = [tokens.name(what)]
        while tokens.word == "." and tokens.is_name(tokens.index + 1):
            tokens.advance()
            parts.append(tokens.advance().text)
        return ".".join(parts)
