"""Proofs about share requests and grants."""
