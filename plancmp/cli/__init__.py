"""The command line: declare, call one function, draw."""
