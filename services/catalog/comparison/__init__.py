"""Comparison: what two versions of a resource say differently, field by field, item by item."""
