"""The parts of the parser, one a kind of syntax; `cql_like_rules.cql.parser` is the door."""
