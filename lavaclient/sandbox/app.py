"""The sandbox as a WSGI application, under its documented path."""

from __future__ import annotations

from lavaclient.sandbox.http.app import Application

__all__ = ["Application"]
