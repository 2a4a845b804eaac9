"""Named mappings 代码映射: what the columns and codes of other products mean here.

Digits for the same thing differ between products (share type 1 is 无条件 in one and 有条件 in
another), so no digit enters without a mapping that says whose it is. Kept by the competent
authority, every version of them, and tried on samples before use.
"""
