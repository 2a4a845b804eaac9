"""Finding resources: an index of words and classifications that follows PostgreSQL.

The index is derived, and each process that answers has one of its own; what it finds is read
from PostgreSQL before it is shown, so it can be late or lost without telling anybody anything
(docs/decisions/0022-the-search-index.md).
"""
