"""A kind of crisis, as data: the shape of its file, its meaning and its checks."""
