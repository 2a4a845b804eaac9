"""The permissions that a department's machine is limited to, of those that its kind has."""
