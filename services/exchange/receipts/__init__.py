"""Delivery receipts 交付回执: what was handed out under a grant, and what its holder confirms.

Whatever a manifest hands out is a delivery; the holder confirms it with the digest of what it took.
Provider and holder see the same: what was never fetched, what nobody confirmed, what differs.
"""
