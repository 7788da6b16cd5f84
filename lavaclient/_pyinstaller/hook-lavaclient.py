"""PyInstaller's hook: modules that are imported by name, and data files.

The client, the nouns and the program's commands are imported on first use, which
PyInstaller does not see.
"""

from __future__ import annotations

from PyInstaller.utils.hooks import collect_data_files, collect_submodules, copy_metadata

_TESTS = ("lavaclient.testing", "lavaclient._pyinstaller")

hiddenimports = collect_submodules("lavaclient", lambda name: not name.startswith(_TESTS))
datas = [
    *collect_data_files("lavaclient"),
    *collect_data_files("os_service_types"),  # keystoneauth1 reads them when it is imported
    *copy_metadata("lavaclient"),
]
