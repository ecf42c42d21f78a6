"""Function: a dropped file becomes checked splits."""
