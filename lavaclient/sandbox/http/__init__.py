"""The sandbox on the wire: WSGI application, server, control API."""
