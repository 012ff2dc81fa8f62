"""Why a verdict came out as it did: what carries a claim, what flips it, where it holds, and how claims hang together."""
