"""How far we keep to what customers have said about how and when to reach them."""

import numpy as np

from orchestration.sample.calendar import DAY_SECONDS
from orchestration.sample.channels import EMAIL, PREFERRED
from orchestration.sample.traits import Traits
from orchestration.sample.world import World

PREFERRED_FACTOR, OTHER_FACTOR = 2.2, 0.65
HOURS_KEPT_SHARE = 0.75


def closed_channels(traits: Traits) -> np.ndarray:
    """Give the bits of the channels closed from the start: refused ones, mail without address."""
    refused = np.where(traits.objects_to >= 0, 1 << PREFERRED[traits.objects_to], 0)
    return refused | np.where(traits.has_email, 0, 1 << EMAIL)


def eagerness(world: World, day: int, channel: int, person: np.ndarray) -> np.ndarray:
    """Give the factor by which a channel is tried more or less than with nothing stated."""
    preferred = world.people.customers.preferred[person]
    is_stated = (world.traits.stated_day[person] < day) & (preferred >= 0)
    factor = np.where(PREFERRED[preferred] == channel, PREFERRED_FACTOR, OTHER_FACTOR)
    return np.where(is_stated, factor, 1.0)


def into_stated_hours(
    world: World, day: int, person: np.ndarray, instant: np.ndarray
) -> np.ndarray:
    """Move most instants into the hours their customers have stated by the day before."""
    traits = world.traits
    start, end = traits.from_hour[person], traits.to_hour[person]
    kept = (start >= 0) & (traits.stated_day[person] < day)
    kept &= world.rng.random(len(person)) < HOURS_KEPT_SHARE
    second = instant % DAY_SECONDS
    span = np.maximum(end - start, 1) * 3600
    outside = (second < start * 3600) | (second >= end * 3600)
    moved = day * DAY_SECONDS + start * 3600 + second % span
    return np.where(kept & outside, moved, instant)
