"""A file to lines of text: the only reader of input, one module a format."""
