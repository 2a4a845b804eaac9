"""The accounts of people after they were opened: roles, closing, passwords, and their history."""
