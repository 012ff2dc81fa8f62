"""What people read: terminal, SVG and HTML, from the same functions."""
