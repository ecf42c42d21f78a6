"""The product's template, code and base models, deployed into the emulated AWS."""
