"""Exchange between departments that does not go over the platform: what all of it has in common.

There are two kinds: `off_platform`, which began for a special reason and owes statistics, and
`older`, which was there before the platform and moves to it.
"""
