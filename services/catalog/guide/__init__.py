"""The service guide (信息化服务指引目录): what departments offer the public, kept current."""
