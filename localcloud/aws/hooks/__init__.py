"""Every private name of ministack 1.5.33 that localcloud relies on, one module a need.

Import these only after `localcloud.aws.emulator` has set the process up: ministack reads its
settings from the environment when it is imported.
"""
