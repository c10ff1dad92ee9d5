"""The common parts of reports: freshness, options, periods, numbers in five languages, tables, CSV and JSON.

A report of any service stands on these modules and on its own queries. See docs/architecture.md, "Add a report".
"""
