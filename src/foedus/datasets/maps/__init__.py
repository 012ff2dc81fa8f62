"""Maps from figures to the numbers of protocols: one YAML file for each protocol."""
