"""The nodes of the sandbox, as ssh finds them."""
