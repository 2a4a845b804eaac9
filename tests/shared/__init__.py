"""Tests of what every deployable uses."""
