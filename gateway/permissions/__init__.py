"""Who may do what, printed for officials, and the check that the services mean the same."""
