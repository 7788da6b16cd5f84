"""The program's commands, and the modules that they are in."""

from __future__ import annotations

from lavaclient.cli.options.groups import LazyGroup

__all__ = ["lava"]

_HELP = """Work with Rackspace Cloud Big Data.

Settings come from the options, then from the environment, then from a profile
('lava configure'). Names of commands and options may be written with - or _.

\b
Examples:
  lava configure
  lava clusters list
  lava clusters create logs HDP2.3_Hadoop --ssh-key laptop --wait
  lava nodes list logs --output json
  lava clusters delete logs --wait
"""

lava: LazyGroup = LazyGroup(
    "lava",
    {
        noun: (f"lavaclient.cli.commands.{module}:{name}", summary)
        for noun, module, name, summary in (
            ("clusters", "clusters", "clusters", "Build, watch, resize and reach clusters."),
            ("nodes", "nodes", "nodes", "The servers of a cluster."),
            ("flavors", "flavors", "flavors", "Sizes of nodes."),
            ("limits", "limits", "limits", "What the account may use."),
            ("distros", "distros", "distros", "What stacks are made from."),
            ("stacks", "stacks", "stacks", "Plans of clusters."),
            ("scripts", "scripts", "scripts", "Scripts that run on new nodes."),
            ("credentials", "credentials", "credentials", "Keys and passwords of clusters."),
            ("authenticate", "session", "authenticate", "Sign in and print the token."),
            ("configure", "configure", "configure", "Store settings in a profile."),
            ("shell", "session", "shell", "Python, with a client as 'lava'."),
            ("sandbox", "session", "sandbox", "Run the service on this machine, to try things."),
            ("completion", "session", "completion", "Print what makes a shell complete."),
            ("help", "session", "help_command", "Show the help of a command."),
        )
    },
    help=_HELP,
)
