"""The offline workbook 离线工具: a spreadsheet to fill in without the platform, and its way back.

The template is generated for the installation's rulebook; what a department has can be taken
out in the same form. What comes back is read cell by cell, whatever program wrote it, and each
bad cell is marked (baoji-2017 §9).
"""
