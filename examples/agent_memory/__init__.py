"""The memory of agents in the database; README.md says how to use it."""
