"""The public catalogue: what may be public of what is shared, for people and machines.

It is read without log-in, and nothing else exists in it (docs/decisions/0028-what-is-public.md).
"""
