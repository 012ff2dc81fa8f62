"""Maps from the codes of cases to the numbers of a protocol, as files, and the schema of such a file."""
