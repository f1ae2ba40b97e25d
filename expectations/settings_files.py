"""YAML files of the audit, whose problems are told as sentences."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from orchestration.errors import InputError

Settings = TypeVar("Settings")


def load_settings(path: Path, validated: Callable[[Any], Settings]) -> Settings:
    """Read a YAML file as pydantic validates it; ``InputError`` with a sentence per problem."""
    try:
        return validated(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise InputError(f"{path} is not valid YAML: {error}.") from error
    except ValidationError as error:
        raise InputError(
            [
                f"{path}: {'.'.join(map(str, problem['loc'])) or 'the file'}: {problem['msg']}."
                for problem in error.errors()
            ]
        ) from error
