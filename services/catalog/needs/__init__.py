"""Needs: what departments want of others' data, what fits it, and what the authority rules."""
