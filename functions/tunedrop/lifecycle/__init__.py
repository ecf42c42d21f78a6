"""What the stages share: one step of a run, its progress and its ending."""
