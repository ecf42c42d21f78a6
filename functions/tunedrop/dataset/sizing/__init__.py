"""How much memory a preparation takes, and how many tokens its rows have."""
