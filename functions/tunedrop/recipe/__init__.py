"""recipe.yaml: its keys, its file, and the instance types that it may name."""
