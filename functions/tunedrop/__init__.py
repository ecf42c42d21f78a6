"""Tunedrop's domain: what happens between a dropped file and an honest report.

Arrows point one way: `functions/*/app.py` → `tunedrop.stages` → the subjects
(`dataset`, `training`, `hosting`, `evaluation`, `report`) → `run`, `recipe`, `errors`.
Only `tunedrop.aws` imports boto3; everything else takes its clients as arguments.
"""
