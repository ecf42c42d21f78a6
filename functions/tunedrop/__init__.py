"""Tunedrop's domain: everything between a dropped file and the report about the tuned model.

Imports point one way: `functions/*/app.py` → `bootstrap` → `aws` and `stages` → `lifecycle` →
`report`, `runs`, `jobs` → `evaluation`, `dataset` → `ports` → `recipe`, `documents`, `settings`,
`events` → `errors`. Only `tunedrop.aws` imports boto3; all other code receives clients as
arguments.
"""
