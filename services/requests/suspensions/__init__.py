"""Suspensions: a department that gives on and may not take, until its suspension is lifted."""
