"""The peers: each module is a program of its own that does the same work with another library."""
