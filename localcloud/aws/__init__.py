"""The emulated AWS: ministack in this process, with IAM, functions and email."""
