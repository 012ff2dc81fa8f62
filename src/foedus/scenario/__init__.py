"""One crisis, as data: sourced numbers, policies and claims."""
