"""The stage game: its tree and its solution."""
