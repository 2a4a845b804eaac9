"""Many entries at once: what was handed in, what was wrong with it, and what became of it.

An import is a job: it is received whole, read and judged without effect, and then applied. The
ways in (workbook, system to system, harvest) differ only in how they find entries; from there
on they share these modules, and with them one report.
"""
