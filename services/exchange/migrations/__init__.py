"""The history of exchange's own database."""
