"""From a checked syntax tree to Python closures, one module a family of expressions; `cql.compiler` is the door."""
