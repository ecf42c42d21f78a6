#!/bin/sh
# `prepare` in the image: runs functions/prepare/job.py with the packages of the function and its
# layers. -S hides the packages of the training. `exec` lets SIGTERM reach Python.
exec env PYTHONPATH=/opt/functions python3 -S -P -X utf8 -m prepare.job "$@"
