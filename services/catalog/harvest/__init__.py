"""Harvest 目录采集: the catalogue of another platform, read over HTTP, becomes drafts here.

A department names a source, CKAN or DCAT; the worker reads it when it is due and hands what is
new or changed in as an import. What has gone from the source is reported and left to people.
"""
