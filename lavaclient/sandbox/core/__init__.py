"""The state of the sandbox, its clock, and the rules that all resources share."""
