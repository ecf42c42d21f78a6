"""From answers of two models to figures, intervals and a verdict."""
