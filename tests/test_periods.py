from datetime import date

import pytest

from orchestration.errors import InputError
from orchestration.periods import period_named
