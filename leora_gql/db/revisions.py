"""The newest migration by the files alone, for who serves: Alembic is not loaded for it."""

from __future__ import annotations

import re

from leora_gql.db.resources import folder
from leora_gql.errors import OperatorError

_NAME = re.compile(r"^revision(?:: str)? = ['\"](\w+)['\"]$", re.MULTILINE)
_AFTER = re.compile(r"^down_revision(?:: [\w| ]+)? = ['\"](\w+)['\"]$", re.MULTILINE)


def newest() -> str:
    """The revision that no other follows. Raises `OperatorError` when there is not exactly one."""
    texts = [path.read_text("utf-8") for path in (folder("migrations") / "versions").glob("*.py")]
    names = {name for text in texts for name in _NAME.findall(text)}
    followed = {name for text in texts for name in _AFTER.findall(text)}
    if len(names - followed) != 1:
        listed = ", ".join(sorted(names - followed)) or "none"
        raise OperatorError(f"The migrations should have one newest revision and have: {listed}.")
    return (names - followed).pop()
