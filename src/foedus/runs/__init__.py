"""Programs over ensembles, in chunks, and what is kept of them."""
