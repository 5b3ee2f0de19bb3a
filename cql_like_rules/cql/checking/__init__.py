"""The parts of the checker, one a question; `cql_like_rules.cql.checker` is the door."""
