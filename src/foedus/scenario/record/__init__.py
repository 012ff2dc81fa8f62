"""The dated record of a scenario's own past crises: who did what, where, by which source, with the codings that dispute it."""
