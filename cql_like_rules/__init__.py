"""cql_like_rules"""
