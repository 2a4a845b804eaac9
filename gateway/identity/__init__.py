"""Departments, their machines and their people: the registry that the authority keeps."""
