"""Data elements (数据元) as the catalogue registered them: what values of bound items may be."""
