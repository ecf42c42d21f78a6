"""What is looked for in rows that are sound: one module a kind of finding."""
