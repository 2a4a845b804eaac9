"""Proofs about counting in working days."""
