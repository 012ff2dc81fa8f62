"""The straight-line program that a model becomes, its executors and its gradient."""
