"""Send an alarm to where its owner reads: standard output, a webhook, or any address that apprise knows."""

from __future__ import annotations

import base64
import http.client
import importlib.util
import json
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import asdict

from seatrial.core.errors import MissingExtraError
from seatrial.records.look import Alarm

STDOUT = "stdout"
_SECONDS = 5.0
"""A webhook that doesn't answer in this time counts as not reached."""


def demand_channels(channels: Sequence[str]) -> None:
    """Refuse channels that can't be served here, before there is an alarm to send.

    Raises:
        MissingExtraError: an address needs apprise, which is not installed.
    """
    named = [each for each in channels if each != STDOUT and not _is_webhook(each)]
    if named and importlib.util.find_spec("apprise") is None:
        raise MissingExtraError(f"the alarm address {named[0].partition(':')[0]}:", extra="alarms")


def send(alarm: Alarm, channels: Sequence[str], *, say: Callable[[str], None]) -> tuple[str, ...]:
    """Send an alarm, opened or closed, to each channel.

    A channel that can't be reached costs no other channel its alarm.

    Args:
        alarm: What is to be known.
        channels: ``stdout``, ``http://`` and ``https://`` (the alarm as JSON is posted there), or any
            address of apprise.
        say: Prints a line.

    Returns:
        Where it went; a channel that failed is ``CHANNEL (not reached: WHY)``. Of an address only its
        scheme and host are kept, for the rest may be secret.
    """
    return tuple(_sent(alarm, channel, say) for channel in channels)


def _sent(alarm: Alarm, channel: str, say: Callable[[str], None]) -> str:
    if channel == STDOUT:
        say(_sentence(alarm))
        return STDOUT
    name = _shown(channel)
    try:
        failure = _post(alarm, channel) if _is_webhook(channel) else _notify(alarm, channel)
    except http.client.HTTPException as error:
        failure = type(error).__name__  # its text may quote the address, and that holds secrets
    except (OSError, ValueError) as error:
        failure = str(error) or type(error).__name__
    return f"{name} (not reached: {failure})" if failure else name


def _post(alarm: Alarm, address: str) -> str:
    parts = urllib.parse.urlsplit(address)
    headers = {"Content-Type": "application/json"}
    if parts.username is not None:
        said = f"{parts.username}:{parts.password or ''}"
        headers["Authorization"] = f"Basic {base64.b64encode(said.encode()).decode()}"
    place = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    request = urllib.request.Request(  # noqa: S310 — only http and https come here
        place.geturl(), data=json.dumps(asdict(alarm)).encode(), headers=headers
    )
    with urllib.request.urlopen(request, timeout=_SECONDS):  # noqa: S310 — as above
        return ""


def _notify(alarm: Alarm, address: str) -> str:
    import apprise

    notifier = apprise.Apprise()
    if not notifier.add(address):
        return "apprise doesn't know such an address"
    reached = notifier.notify(title=f"Seatrial: {alarm.id}", body=_sentence(alarm))
    return "" if reached else "apprise could not deliver it"


def _sentence(alarm: Alarm) -> str:
    if alarm.is_open:
        return f"alarm: {alarm.sentence} For {alarm.owner}."
    since = alarm.at[:16].replace("T", " ")
    return f"alarm over: {alarm.id}, open since {since}. For {alarm.owner}."


def _is_webhook(channel: str) -> bool:
    return channel.startswith(("http://", "https://"))


def _shown(channel: str) -> str:
    scheme, _, rest = channel.partition("://")
    host = rest.partition("/")[0].rpartition("@")[2] if _is_webhook(channel) else ""
    return f"{scheme}://{host}" if host else scheme
