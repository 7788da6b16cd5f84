"""Commands and port forwards over the ssh program."""
