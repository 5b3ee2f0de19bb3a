"""The values of CQL: what expressions come to, one small module a family."""
