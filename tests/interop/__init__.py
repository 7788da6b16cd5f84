"""Libraries that record, fake, trace and cache what requests sends."""
