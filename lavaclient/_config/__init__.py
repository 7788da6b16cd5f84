"""What the caller chose: options, the environment, URLs, and how arguments are checked."""
