"""World files: what a sandbox holds, written down, to begin with or to come back to."""
