"""What the caller chose: options, environment, profiles, URLs; and the checks of arguments."""
