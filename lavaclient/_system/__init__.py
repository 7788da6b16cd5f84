"""The machine: clock, private files, user directories, and what a fork must renew."""
