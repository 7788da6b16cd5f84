"""Credentials: SSH keys, and what clusters need to reach other services."""

from __future__ import annotations

from lavaclient.api.credentials.manager import CredentialManager
from lavaclient.api.credentials.models import (
    AmbariCredential,
    CloudFilesCredential,
    Credentials,
    CredentialType,
    S3Credential,
    SSHKey,
)

__all__ = [
    "AmbariCredential",
    "CloudFilesCredential",
    "CredentialManager",
    "CredentialType",
    "Credentials",
    "S3Credential",
    "SSHKey",
]
