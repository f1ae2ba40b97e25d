"""What all settings in YAML share: values are text as written, and nothing unknown is let pass."""

import yaml
from pydantic import BaseModel, ConfigDict


class StrictSettings(BaseModel):
    """Settings of which none is unknown, and none changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TextLoader(yaml.BaseLoader):
    """Reads every value as the text it is written as, so that ``No`` is no boolean.

    YAML keeps the last of two equal keys; here that is a mistake to be told.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        """Construct a mapping; two equal keys are an error of YAML."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for position, key in enumerate(keys):
            if key in keys[:position]:
                mark = node.value[position][0].start_mark
                raise yaml.constructor.ConstructorError(None, None, f"'{key}' is there twice", mark)
        return super().construct_mapping(node, deep)
