"""Programs that measure this project in a process of their own: memory, starts, and blocks of the event loop."""
