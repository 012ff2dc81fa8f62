"""The page in the browser: an argument with its numbers on sliders."""
