"""The authority's catalogues: of all resources (资源目录), and of what is shared (共享目录)."""
