"""Departments' machines and their people: who may call."""
