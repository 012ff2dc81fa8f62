"""Claims compiled, drawn and judged."""
