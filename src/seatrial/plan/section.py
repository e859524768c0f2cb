"""What every section of a plan file is, and the kinds of its words."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Statement = Annotated[str, Field(min_length=1, max_length=2000)]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=80)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=80)]
Duration = Annotated[str, Field(pattern=r"^\d+(\.\d+)?\s*(ms|s|min|h|d)$")]
Span = Annotated[str, Field(pattern=r"^[1-9]\d*\s*(min|h|d|mo)$")]
"""A whole number of minutes, hours, days or calendar months."""


class Section(BaseModel):
    """A mapping in the plan; strict, frozen, documented in the editor's schema."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
