"""Pictures: the game and its actors as SVG of our own; courses and evidence as charts of Vega-Lite, drawn ahead."""
