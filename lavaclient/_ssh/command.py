"""Commands on a node, with the user's ssh program.

User, host and command are checked, and passed as single words of an argument
list; no local shell reads them. The options here come after those of
``ssh_command``: ssh uses the first value of an option, so the user's wins.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import re
import shlex
import subprocess
from collections.abc import Sequence

from lavaclient._config.checks import program_argument
from lavaclient._ssh.child import STATUS_UNKNOWN, Child
from lavaclient.error import FailedError, InvalidError

__all__ = [
    "cannot_start",
    "check_command",
    "check_host",
    "check_ssh_command",
    "command_line",
    "execute",
    "failure_reason",
    "is_older_ssh",
]

# BatchMode: nobody may be there to answer prompts. ConnectTimeout: a server may be silent before
# its banner. ServerAliveInterval: ssh ends within minutes if the node is gone. -T: no terminal.
# PermitLocalCommand: local commands of a configuration are for interactive sessions.
_ALWAYS = (
    *("-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=30", "-o", "ServerAliveInterval=30"),
    *("-o", "PermitLocalCommand=no"),
)
# Options of OpenSSH 7.6 and 8.7, which older versions refuse.
_NEWER = ("-o", "RemoteCommand=none", "-o", "ForkAfterAuthentication=no")
_REFUSED = rb"(?i)bad configuration option: (remotecommand|forkafterauthentication|sessiontype)"
# A running master connection is used, but none is left behind; forwards of the configuration
# are for interactive sessions.
_FOR_COMMANDS = ("-o", "ControlMaster=no", "-o", "ClearAllForwardings=yes")
_NEWER_FOR_COMMANDS = ("-o", "SessionType=default")

# ssh's configuration may put user and host into lines for a local shell (%r and %h in
# ProxyCommand or Match exec): characters that are special to a shell are not allowed.
_USER = r"[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,254}"
_HOST = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}"

_SSH_FAILED = 255
_IS_WINDOWS = os.name == "nt"
# How messages of ssh itself begin: a remote command writes to the same stream.
_SSH_MESSAGES = (
    *(
        "ssh: ",
        "ssh_",
        "kex_",
        "mux_",
        "client_loop",
        "command-line",
        "banner exchange",
        "percent_",
    ),
    *("Authentication failed", "Bad ", "Connection ", "Could not ", "Disconnected ", "Host key "),
    *("Load key ", "Permission denied (", "Received disconnect ", "Timeout, server "),
    *("Too many authentication", "Unable to negotiate "),
)
_NOISE = ("debug", "OpenSSH_", "Warning: Permanently added", "@@@", "Transferred: ", "Bytes per ")
_LONGEST_REASON = 400
_CHANGED = "REMOTE HOST IDENTIFICATION HAS CHANGED"
_REMEDY = r"ssh-keygen (?:-f .* )?-R .*"
_HINTS = {
    "Host key verification failed": (
        "to trust nodes at first sight use ssh_command='ssh -o StrictHostKeyChecking=accept-new'"
    ),
    "Permission denied": "to choose a key use ssh_command='ssh -i PATH'",
}


def execute(
    username: str, host: str, command: str, *, ssh_command: str | Sequence[str] | None = None
) -> str:
    """Run a command on a host and return what it wrote to its standard output.

    The command gets no input. Its text goes to the remote shell as it is, which expands
    variables and reads quotes and line breaks.

    Args:
        username: Login name on the host.
        host: Name or address of the host.
        command: Text for the remote shell, not blank.
        ssh_command: Another ssh program or options for it, as a string, which is split as
            by a shell, with ``~`` and ``$VARIABLES`` expanded, or as a list of words, which
            are used as they are. Default: ``ssh``.

    Returns:
        The standard output, decoded as UTF-8; invalid bytes become U+FFFD.

    Raises:
        InvalidError: An argument is invalid, or the command is too long; nothing was run.
        FailedError: The command or ssh itself failed. ``.returncode`` is the exit status (255:
            ssh's own; None: ssh did not start), ``.output`` the standard output followed by
            the standard error.
    """
    check_command(command)
    options = (*_FOR_COMMANDS, *_NEWER_FOR_COMMANDS)
    completed = _run([*command_line(ssh_command, options, username, host), command])
    if completed.returncode == _SSH_FAILED and is_older_ssh(completed.stderr):
        argv = command_line(ssh_command, _FOR_COMMANDS, username, host, newer=False)
        completed = _run([*argv, command])
    if completed.returncode:
        raise _failure(completed, f"{username}@{host}")
    return _decoded(completed.stdout)


def command_line(
    ssh_command: str | Sequence[str] | None,
    options: Sequence[str],
    username: str,
    host: str,
    *,
    newer: bool = True,
) -> list[str]:
    """Return the command line that starts ssh to a host; a remote command may follow it.

    Args:
        ssh_command: As for `execute`.
        options: Options for this use of ssh.
        username: Login name on the host.
        host: Name or address of the host.
        newer: Add the options that old versions of ssh refuse.

    Raises:
        InvalidError: ``ssh_command``, ``username`` or ``host`` is invalid.
    """
    user = _matching("username", username, _USER, "letters, digits and any of _ . @ + -")
    return [
        *check_ssh_command(ssh_command),
        *_ALWAYS,
        *(_NEWER if newer else ()),
        *options,
        "-l",
        user,
        "--",
        check_host("host", host),
    ]


def is_older_ssh(stderr: bytes) -> bool:
    """Tell whether ssh refused options that its version lacks."""
    return re.search(_REFUSED, stderr) is not None


def check_command(command: str) -> str:
    """Return the command if it can be passed to ssh.

    Raises:
        InvalidError: It cannot.
    """
    return program_argument("command", command)


def check_host(argument: str, host: object) -> str:
    """Return the host if it is a name or an address, safe for a shell and for ssh.

    Raises:
        InvalidError: It is neither; the text names the argument.
    """
    if isinstance(host, str) and ":" in host and "%" not in host:
        try:
            return str(ipaddress.IPv6Address(host))
        except ValueError as reason:
            raise InvalidError(
                f"{argument} must be a host name or an address, not {host!r}"
            ) from reason
    return _matching(argument, host, _HOST, "the letters, digits and any of . _ - of a host name")


def check_ssh_command(ssh_command: str | Sequence[str] | None) -> list[str]:
    """Return the words of an ``ssh_command``.

    Raises:
        InvalidError: It is empty, or a word cannot be an argument.
    """
    if ssh_command is None:
        return ["ssh"]
    arguments: object = _split(ssh_command) if isinstance(ssh_command, str) else ssh_command
    if not isinstance(arguments, Sequence) or isinstance(arguments, bytes) or not arguments:
        raise InvalidError(
            "ssh_command must be a string or a list of strings, and start with a program"
        )
    return [
        program_argument("ssh_command", word, blank=index > 0)
        for index, word in enumerate(arguments)
    ]


def _split(ssh_command: str) -> list[str]:
    try:
        arguments = _words(program_argument("ssh_command", ssh_command))
    except ValueError as reason:
        raise InvalidError(f"ssh_command cannot be split into words: {reason}") from reason
    return [os.path.expandvars(os.path.expanduser(word)) for word in arguments]


def failure_reason(stderr: bytes) -> str:
    """Return ssh's reason for its failure as one line, with advice if there is any."""
    lines = _lines(stderr)
    if any(_CHANGED in line for line in lines):
        remedy = next((match[0] for line in lines if (match := re.search(_REMEDY, line))), None)
        command = remedy or "ssh-keygen -R HOST"
        reason = "Host key verification failed: the node's key has changed"
        return f"{reason} - if it was built anew, forget its old key: {command}"
    remarks = [line for line in lines if not line.startswith(_NOISE)]
    reason = "; ".join(remarks[-4:])[-_LONGEST_REASON:] or "ssh gave no reason"
    return " - ".join([reason, *(hint for sign, hint in _HINTS.items() if sign in reason)])


def _words(text: str) -> list[str]:
    if not _IS_WINDOWS:
        return shlex.split(text)
    # A backslash separates the parts of a path here, and shlex does not remove the quotes.
    return [word.strip("\"'") for word in shlex.split(text, posix=False)]


def cannot_start(program: str, error: OSError) -> str:
    """Return a message that says why ssh could not be started."""
    reason = error.strerror or str(error)
    return f"cannot start {program!r} ({reason}): install OpenSSH or name your ssh in ssh_command"


def _matching(argument: str, text: object, pattern: str, allowed: str) -> str:
    if isinstance(text, str) and re.fullmatch(pattern, text):
        return text
    raise InvalidError(
        f"{argument} may hold {allowed}, and must start with a letter, a digit or _: got {text!r}"
    )


def _run(argv: list[str]) -> subprocess.CompletedProcess[bytes]:
    try:
        child = Child(argv, stdout=subprocess.PIPE)
    except OSError as reason:
        if reason.errno == errno.E2BIG:
            raise InvalidError("command is too long for a command line of this system") from reason
        raise FailedError(cannot_start(argv[0], reason)) from reason
    stdout, stderr = child.communicate()
    if not child.status_is_known:
        output = _decoded(stdout) + _decoded(stderr)
        raise FailedError(f"ssh has ended: {STATUS_UNKNOWN}", output=output)
    return subprocess.CompletedProcess(argv, child.wait(), stdout, stderr)


def _failure(completed: subprocess.CompletedProcess[bytes], where: str) -> FailedError:
    code = completed.returncode
    last = "".join(f": {line}" for line in _lines(completed.stderr)[-1:])[:_LONGEST_REASON]
    if code < 0:
        text = f"ssh to {where} was ended by signal {-code}"
    elif code != _SSH_FAILED:
        text = f"the command on {where} exited with status {code}{last}"
    elif _ssh_failed(completed):
        text = f"ssh to {where} failed: {failure_reason(completed.stderr)}"
    elif completed.stdout:
        text = f"the command on {where} exited with status 255, or was ended by a signal{last}"
    elif last:
        text = f"the command on {where} exited with status 255, or ssh failed{last}"
    else:
        text = (
            f"ssh to {where} failed: ssh gave no reason"
            " (or the command exited with status 255, or was ended by a signal)"
        )
    output = _decoded(completed.stdout) + _decoded(completed.stderr)
    return FailedError(text, returncode=code, output=output)


def _ssh_failed(completed: subprocess.CompletedProcess[bytes]) -> bool:
    """Tell by ssh's messages whether status 255 is its own: a command may exit with it too."""
    lines = _lines(completed.stderr)
    return any(line.startswith(_SSH_MESSAGES) or ": Permission denied (" in line for line in lines)


def _lines(stderr: bytes) -> list[str]:
    """Return the lines that are not blank, without control characters."""
    lines = (
        "".join(c if c.isprintable() else " " for c in line)
        for line in _decoded(stderr).splitlines()
    )
    return [line.strip() for line in lines if line.strip()]


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
