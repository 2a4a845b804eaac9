"""Takeover 旧平台接管: what an old platform called its resources goes on meaning them here.

The competent authority brings the old codes in, each with the resource that it means; whoever
holds an old document finds the resource by the code that stands in it.
"""
