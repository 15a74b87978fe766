"""Readers of other programs' conversations, a module a format; `formats` has the table of them."""
