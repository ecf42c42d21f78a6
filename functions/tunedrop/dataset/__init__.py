"""Turn the bytes of a dropped file into checked, de-duplicated and split rows."""
