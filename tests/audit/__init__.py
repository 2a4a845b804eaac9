"""What the audit log promises, executed."""
