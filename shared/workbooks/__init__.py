"""XLSX workbooks that strangers made, read as streams within bounds.

package  the parts of the file, bounded before anything is read
cells    the rows of a sheet, each cell with what kind of thing it holds
"""
