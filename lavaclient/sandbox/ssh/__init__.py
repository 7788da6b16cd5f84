"""SSH servers for the nodes of the sandbox."""
