"""The two ways a run ends without a release."""

from collections.abc import Sequence


class _ProblemsError(Exception):
    """Holds ``problems``: one sentence each, ready to be shown."""

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))


class InputError(_ProblemsError):
    """Bad input or configuration: exit code 2, nothing was changed."""


class RefusedError(_ProblemsError):
    """The audit refused the release: exit code 1, the old release stays."""
