"""IT projects (信息化项目) paid with public money, and what of the catalogue they bring."""
