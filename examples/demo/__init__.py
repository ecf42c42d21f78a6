"""The demo: a real model, real tweets, and the whole pipeline on this machine."""
