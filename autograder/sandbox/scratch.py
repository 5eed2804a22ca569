"""The scratch folder of one sandbox: made private, removed whatever the child left in it."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

# A unix socket's address holds 107 characters; "/run/k-5" and the random name need about 25.
LONGEST_PARENT = 75


@dataclass(frozen=True)
class Scratch:
    """Three folders in a private one: `exchange` (tensors), `run` (sockets), `home` (HOME, cwd).

    The folder around them is not writable from inside, so the child cannot put a symbolic link in
    the place of `exchange` and have the parent read or write somewhere else.
    """

    root: Path

    @property
    def exchange(self) -> Path:
        return self.root / "exchange"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def home(self) -> Path:
        return self.root / "home"

    @classmethod
    def create(cls, parent: Path | None = None, owner: int | None = None) -> "Scratch":
        """Make the folders; `owner` is the uid that gets them where the child has another one."""
        parent = Path(parent or tempfile.gettempdir()).resolve()
        if len(str(parent)) > LONGEST_PARENT:
            parent = Path("/tmp")
        scratch = cls(Path(tempfile.mkdtemp(prefix="sandbox-", dir=parent)))
        for folder in (scratch.exchange, scratch.run, scratch.home):
            folder.mkdir(mode=0o700)
            if owner is not None:
                os.chown(folder, owner, owner)
        if owner is not None:
            scratch.root.chmod(0o711)  # the child passes through, but lists and changes nothing
        return scratch

    def remove(self) -> None:
        """Delete everything: closed folders, links (not followed), FIFOs, trees of any depth."""
        # chmod and rm walk with open folders, so neither path length nor recursion limits them.
        for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
            if shutil.which(command[0]):
                subprocess.run(
                    [*command, "--", str(self.root)], capture_output=True, timeout=300, check=False
                )
        shutil.rmtree(self.root, ignore_errors=True)
