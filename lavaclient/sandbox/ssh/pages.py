"""The web pages of components: small and made up, but with links that lead through the cluster."""

from __future__ import annotations

import html

from lavaclient.sandbox.ssh.hosts import Host, Program

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<style>body {{ font: 16px sans-serif; margin: 3em; }} td {{ padding-right: 2em; }}</style>
<h1>{title}</h1>
<p>{host} ({address}), {status}. Cluster {cluster}, stack {stack}.</p>
<table>
{rows}
</table>
<p>This page is the sandbox's own: no {name} runs here.</p>
</html>
"""


def program_at(host: Host, port: int) -> Program | None:
    """The component of a node whose web page is on a port."""
    return next((program for program in host.programs() if program.web_port == port), None)


def reply(host: Host, program: Program, request: bytes) -> bytes:
    """Answer an HTTP request.

    Args:
        host: The node that was asked.
        program: The component whose page it is.
        request: The request's head.
    """
    method, _, rest = request.partition(b" ")
    path = rest.split(b" ", 1)[0].split(b"?", 1)[0]
    if method not in {b"GET", b"HEAD"}:
        return _response("405 Method Not Allowed", "Allow: GET, HEAD\r\n", "", b"GET")
    if path != b"/":
        return _response("404 Not Found", "", "There is the page / alone.\n", method)
    return _response("200 OK", "", page(host, program), method)


def page(host: Host, program: Program) -> str:
    """The page of a component, as HTML."""
    cells = {
        "title": f"{program.nice_name} on {host.node.name}",
        "host": host.names[0],
        "address": host.names[3],
        "status": host.status,
        "cluster": host.cluster.name,
        "stack": host.cluster.stack_id,
        "name": program.nice_name,
    }
    rows = "\n".join(_row(near, other) for near in host.neighbours() for other in near.programs())
    return _PAGE.format(rows=rows, **{name: html.escape(text) for name, text in cells.items()})


def _row(host: Host, program: Program) -> str:
    name = html.escape(program.nice_name)
    if program.web_port is not None:
        name = f'<a href="{html.escape(program.uri or "")}/">{name}</a>'
    return f"<tr><td>{html.escape(host.node.name)}</td><td>{name}</td></tr>"


def _response(status: str, more: str, text: str, method: bytes) -> bytes:
    body = text.encode()
    kind = "text/html" if text.startswith("<") else "text/plain"
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n{more}Connection: close\r\n\r\n"
    )
    return head.encode() + (body if method == b"GET" else b"")
