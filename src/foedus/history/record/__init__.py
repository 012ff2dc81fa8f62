"""A scenario's own record as evidence on its numbers: posterior, checks against what happened, forecasts, calibration."""
