"""Policies side by side: what each brings under the same draws, what delay costs, and which lever path does best."""
