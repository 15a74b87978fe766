"""A small chat API on the module, to copy: put your model in, then your users."""
