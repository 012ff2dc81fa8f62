"""A protocol as pure functions of numbers and state, and the state between crises."""
