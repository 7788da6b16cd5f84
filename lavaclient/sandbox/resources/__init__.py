"""The service's resources, a module each."""
