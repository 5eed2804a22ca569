"""The Jupyter kernel provisioner that starts kernels inside a `Box`."""

import json
from pathlib import Path
from typing import Any

from jupyter_client.provisioning import LocalProvisioner

from autograder.sandbox.box import Box


class SandboxProvisioner(LocalProvisioner):
    """A LocalProvisioner that puts the level's command before the kernel's own.

    `box` is set by `kernel.kernel_manager`; without it no kernel starts, so that a kernel spec that
    names this provisioner cannot run anything unprotected by mistake.
    """

    box: Box | None = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Prepare the launch: the connection file as seen from inside, the wrapped command."""
        if self.box is None:
            raise RuntimeError("the sandbox provisioner works through autograder.sandbox.Session")
        kwargs.pop("env", None)
        kwargs = await super().pre_launch(env={}, **kwargs)
        outside = self.parent.connection_file
        seen = self._connection_file_for_child(Path(outside))
        command = [argument.replace(outside, seen) for argument in kwargs["cmd"]]
        return {**kwargs, **self.box.popen_options(), "cmd": self.box.command(command)}

    def _connection_file_for_child(self, outside: Path) -> str:
        """Write the child's own copy, in which the sockets' folder has the name it has inside."""
        assert self.box is not None
        run, root = self.box.scratch.run, self.box.root_inside
        info = json.loads(outside.read_text())
        info["ip"] = f"{root}/run/k"
        copy = run / "kernel.json"
        copy.write_text(json.dumps(info))
        copy.chmod(0o644)  # the folder is closed to others; the child may have another uid
        return f"{root}/run/{copy.name}"

    async def kill(self, restart: bool = False) -> None:
        """Kill the kernel and everything that it started."""
        if self.box is not None:
            self.box.end(self.process)
