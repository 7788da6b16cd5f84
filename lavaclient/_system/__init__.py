"""The machine: its clock, private files, and what is made anew after a fork."""
