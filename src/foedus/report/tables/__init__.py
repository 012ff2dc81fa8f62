"""Everything found, as tables that the terminal, the page, CSV and LaTeX render."""
