"""Changes to ministack 1.5.33, made through its private names; one module for each AWS service.

Import these only after `localcloud.aws.emulator` has set the process up: ministack reads its
settings from the environment when it is imported.
"""
