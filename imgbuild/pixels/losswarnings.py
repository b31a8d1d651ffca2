"""What silently hurts people, told: a warning for each kind of loss and manifest entry, or an error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from imgbuild.errors import Diagnostic, Place, Severity
from imgbuild.losses import LossReport
from imgbuild.model import EncodedAsset, PlannedAsset

_NAMES_MAX = 4

_Told = tuple[EncodedAsset, LossReport]


def _tell_flat(first: _Told) -> tuple[str, str]:
    return (
        f"became one flat colour as {first[1].pixel_format}; its source has several",
        "use a pixel format with alpha, another 'background', or no 'alpha_threshold'",
    )


def _tell_flattened(first: _Told) -> tuple[str, str]:
    return (
        f"has transparency, which {first[1].pixel_format} cannot hold: black is behind it",
        "choose the 'background', or a format with alpha such as rgb565a8",
    )


def _tell_upscaled(first: _Told) -> tuple[str, str]:
    asset, loss = first
    source = f"{loss.source_px[0]}x{loss.source_px[1]}"
    return (
        f"is scaled up, from {source} px to {asset.width}x{asset.height} px",
        "give it a larger source or an SVG, or resize it with fit: none",
    )


_WARNINGS: tuple[tuple[str, Callable[[LossReport], bool], Callable[[_Told], tuple[str, str]]], ...] = (
    ("IB231", lambda loss: loss.is_flat, _tell_flat),
    ("IB233", lambda loss: loss.is_on_default, _tell_flattened),
    ("IB234", lambda loss: loss.is_upscaled, _tell_upscaled),
)


def find_losses(
    planned: Sequence[PlannedAsset], encoded: Iterable[EncodedAsset], *, is_strict: bool
) -> list[Diagnostic]:
    """IB231, IB233 and IB234 for each entry of the manifest, and IB232 for outputs that became identical."""
    places = {asset.name: asset.place for asset in planned}
    severity = Severity.ERROR if is_strict else Severity.WARNING
    found: list[Diagnostic] = []
    pictures = [(asset, asset.loss) for asset in encoded if asset.loss is not None]
    for code, is_meant, tell in _WARNINGS:
        entries: dict[Place, list[_Told]] = {}
        for asset, loss in pictures:
            if is_meant(loss):
                entries.setdefault(places[asset.name], []).append((asset, loss))
        for place, told in entries.items():
            message, hint = tell(told[0])
            first = told[0][0].name
            rest = f" (and {_list_names(item[0].name for item in told[1:])} likewise)" if told[1:] else ""
            found.append(Diagnostic(code, f'image "{first}" {message}{rest}', place, hint, first, severity))
    return found + _find_identical(pictures, places, severity)


def _find_identical(
    pictures: Sequence[_Told], places: dict[str, Place], severity: Severity
) -> list[Diagnostic]:
    """IB232 for payloads that are equal byte for byte though the sources' pixels were not."""
    groups: dict[bytes, list[_Told]] = {}
    for asset, loss in pictures:
        groups.setdefault(asset.payload, []).append((asset, loss))
    found = []
    for told in groups.values():
        (first, first_loss), *others = told
        names = [asset.name for asset, loss in others if loss.pixels_crc32 != first_loss.pixels_crc32]
        if names:
            message = f"images {_list_names([first.name, *names])} became identical; their sources differ"
            hint = "a detail was lost, or one of them is not what its name says"
            found.append(Diagnostic("IB232", message, places[first.name], hint, first.name, severity))
    return found


def _list_names(names: Iterable[str]) -> str:
    quoted = [f'"{name}"' for name in names]
    shown = quoted[:_NAMES_MAX]
    more = len(quoted) - len(shown)
    if more:
        return ", ".join(shown) + f" and {more} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
