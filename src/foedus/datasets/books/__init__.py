"""Rules for writing scenarios by hand: the code book of cases, and the word rules of essays."""
