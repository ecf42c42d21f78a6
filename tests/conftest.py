"""Settings of all tests."""

from hypothesis import settings

# The same examples on every machine, however slow: `make fuzz` is where chance belongs.
settings.register_profile("tunedrop", deadline=None, derandomize=True)
settings.load_profile("tunedrop")
