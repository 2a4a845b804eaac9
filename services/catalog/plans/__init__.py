"""The yearly plan (年度工作计划) for what is to be shared: drawn up, adopted, then measured."""
