"""What to do for the readiness tests that nothing measures: one thing to try, and what to write down."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

BY_HAND: Mapping[str, str] = MappingProxyType(
    {
        "RD-03": "Add up what each feature costs to get, in money and milliseconds, beside its benefit",
        "RD-05": "List the columns that name a person, who may read them, and when they are deleted",
        "RD-06": "Time one new feature from idea to `seatrial check`",
        "RD-07": "Test every feature function on a missing, an extreme and an ordinary value",
        "RD-08": "Have somebody else read plan, features and model code, and note the commit",
        "RD-09": "Compare what was measured offline with what was served, release by release",
        "RD-10": "Try two more values of each hyperparameter on dev, and note what moved",
        "RD-11": "Train on data that ends a month earlier, and compare on today's dev",
        "RD-16": "Test that the model can fit ten rows, and that its loss falls",
        "RD-17": "Run init, train and check from an empty folder, as your CI would",
        "RD-19": "Follow one wrong answer from its row to the decision, and note where it went wrong",
        "RD-22": "Upgrade one library in a branch, and note whether anything warned you",
        "RD-25": "Say how old the model may get, and compare an older one with it on today's rows",
    }
)
"""By the test's id; a sentence without its full stop, verb first."""
