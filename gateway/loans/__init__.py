"""Reviewers on loan: an office of two has nobody to review what its compiler wrote."""
