"""The values of CQL: three-valued logic, quantities with units, dates of partial precision, intervals, codes.

Nothing here knows operators, FHIR or libraries. Boolean, Integer, Decimal, String and List are Python's own `bool`,
`int`, `decimal.Decimal`, `str` and `list`; null is `None`.

Source: CQL 1.5.3, Appendix B, section Types.
"""
