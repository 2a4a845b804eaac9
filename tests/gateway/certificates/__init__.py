"""Tests of machines' certificates."""
