"""What there is to say, before it is known where: an argument judged, a crisis solved, its actors and sources, in words."""
