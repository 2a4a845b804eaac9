"""Takeover of grants 旧授权接管: what departments shared on an old platform goes on here.

The competent authority brings the old grants in, dated and with its reason; the provider of each
confirms it, no wider than it was, and only then it is a grant.
"""
