"""The policies as FHIR R4 artifacts: libraries, plan definitions, questionnaires, value sets and code systems.

All are generated from the policies as they were loaded; nothing is kept twice. `artifacts_of` makes them,
`fhir_blueprint` serves them below `/fhir`.
"""
