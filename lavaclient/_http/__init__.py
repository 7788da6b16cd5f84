"""One HTTP exchange, and how often it is tried."""
