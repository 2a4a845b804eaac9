"""How long history is kept 历史保留: the provider says it, all read it, the sweep enforces it.

What stands is never touched: only states and changes before it, with whatever was cut of them.
"""
