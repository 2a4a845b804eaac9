"""The registry of departments over time: an id that lasts, and dated particulars under it."""
