"""From the bytes of a dropped file to checked, de-duplicated, split rows."""
