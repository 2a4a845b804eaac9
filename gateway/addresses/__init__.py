"""The addresses that a department's machine may call from."""
