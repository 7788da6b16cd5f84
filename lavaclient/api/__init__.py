"""The resources: a module for each noun, with its models and its manager."""
