"""The sandbox's page in a browser."""
