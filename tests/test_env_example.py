"""`.env.example` tells of every setting, and of nothing else."""

import re
from pathlib import Path

from leora_gql.settings import Settings, variable

EXAMPLE = Path(__file__).resolve().parents[1] / ".env.example"


def test_every_setting_is_described() -> None:
    described = re.findall(r"^# ([A-Z_]+)=", EXAMPLE.read_text(), re.MULTILINE)
    assert sorted(described) == sorted(variable(name) for name in Settings.model_fields)
    assert len(described) == len(set(described))
