"""One seed for every random choice, so that nothing needs to be remembered between a pause and a resume."""

import numpy as np


def seed_of(*parts: int) -> int:
    """A number in [0, 2**63) that is well mixed from non-negative integers, such as (seed, epoch, image)."""
    return int(np.random.SeedSequence(parts).generate_state(1, np.uint64)[0] >> np.uint64(1))
