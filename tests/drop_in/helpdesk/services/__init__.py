"""What the program does, apart from how it is called."""
