"""Recorded Notion traffic, played against the local Notion API: how faithful it is, measured.

`python -m factory_iac.replay DIR` plays every scenario and compares status and whole body.
"""
