"""The public catalogue held against shapes of DCAT-AP."""
