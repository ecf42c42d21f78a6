"""Processing jobs, whose programs read and write their data themselves."""
