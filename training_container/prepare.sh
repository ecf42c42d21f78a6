#!/bin/sh
# `prepare` in the image: functions/prepare/job.py with the packages of the function and its layers,
# and nothing of what training installs (-S). `exec`, so that SIGTERM reaches Python.
exec env PYTHONPATH=/opt/functions python3 -S -P -X utf8 -m prepare.job "$@"
