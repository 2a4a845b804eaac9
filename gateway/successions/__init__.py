"""Succession: departments renamed, merged, split or abolished, planned for a day and carried out.

The gateway decides and tells (gateway.department-succeeded); each service moves what it owns and
says that it has. Nothing is undone by a repeat, nothing is lost by a kill: the decision is one
commit here, each move one commit there.
"""
