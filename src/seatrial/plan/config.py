"""A config: a file with another `train:` section, to try it beside the plan's."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from pydantic import ValidationError

from seatrial.core.errors import Fault, NotFoundError, PlanError
from seatrial.plan.document import plain, read_document
from seatrial.plan.load import Plan
from seatrial.plan.schema import Train


def with_config(plan: Plan, path: Path) -> Plan:
    """The plan, its `train:` section overridden key by key by a file.

    Args:
        plan: The plan.
        path: A YAML file with any of ``candidates``, ``features``, ``seed`` and ``parameters``.

    Raises:
        NotFoundError: there is no such file.
        PlanError: it isn't valid; holds every fault.
    """
    if not path.is_file():
        raise NotFoundError(f"there is no config {path}", hint="as in configs/baseline.yaml")
    given = plain(read_document(path))
    try:
        train = Train.model_validate({**plan.text.train.model_dump(), **given}, strict=True)
    except ValidationError as error:
        raise PlanError.of(
            Fault(
                f"`{'.'.join(map(str, each['loc']))}`: {each['msg'].lower()}",
                path.name,
                f"keys: {', '.join(Train.model_fields)}",
            )
            for each in error.errors(include_url=False)
        ) from None
    return dataclasses.replace(plan, text=plan.text.model_copy(update={"train": train}))
