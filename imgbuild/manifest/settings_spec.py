"""``settings`` of a partition: the names, types, defaults and limits of small values that a device keeps."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from imgbuild.limits import SETTING_BYTES_MAX

SettingType = Literal["u32", "i32", "bool", "string", "bytes"]


def _parse_default(value: Any) -> Any:
    """A number, true or false, or a text; whether it suits the type is decided in the plan."""
    if isinstance(value, (bool, int, str)):
        return value
    what = "a number, true or false, or a text (of bytes: hex such as '00 1f')"
    raise PydanticCustomError("expected", "expected {what}", {"what": what})


_Number = Annotated[int, Field(ge=-(1 << 31), le=(1 << 32) - 1)]


class SettingSpec(BaseModel):
    """One setting. ``None`` means "not given"; what suits which type is decided in the plan.

    Not a ``schema.Spec``, whose module needs this one; the same rules hold.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    type: SettingType
    default: Annotated[bool | int | str | None, BeforeValidator(_parse_default)] = None
    min: _Number | None = None
    max: _Number | None = None
    max_bytes: Annotated[int, Field(ge=1, le=SETTING_BYTES_MAX)] | None = None


Settings = Annotated[dict[str, SettingSpec], Field(min_length=1)]
"""The value of ``settings``: a mapping of names to settings."""
