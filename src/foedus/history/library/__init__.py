"""Shipped cases, as files."""
