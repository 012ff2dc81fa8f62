"""HTML: the report, the view of an object in a notebook, the stress test, and what other formats are made from."""
