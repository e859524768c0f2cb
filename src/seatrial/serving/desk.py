"""The desk: requests of one turn of the event loop are decided together and logged with one write."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from seatrial.core.errors import SeatrialError
from seatrial.records.decision import Decision
from seatrial.runtime.force import Force
from seatrial.runtime.model import Answer, Broken
from seatrial.runtime.request import Request
from seatrial.runtime.switch import Switch, Turn, ask
from seatrial.serving.pool import ModelPool

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Item:
    """One HTTP request on the desk.

    Attributes:
        force: The release that its rows were read by.
        requests: Its rows.
        done: Resolved with one decision a row.
    """

    force: Force
    requests: Sequence[Request]
    done: asyncio.Future[list[Decision]]


@dataclass(slots=True, eq=False)
class Routed:
    """An item whose rows were routed.

    Attributes:
        item: The item.
        turn: Its rows' cases alone.
        answers: What was said of them; None where nothing is asked, or not yet answered.
    """

    item: Item
    turn: Turn
    answers: list[Answer | Broken | None] = field(default_factory=list)


class Desk:
    """Decides requests in the event loop.

    Args:
        switch: What decides and logs.
    """

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._arrived: list[Item] = []
        self._answered: list[Routed] = []
        self._elsewhere: set[asyncio.Task[None]] = set()

    def decide(self, requests: Sequence[Request], force: Force) -> asyncio.Future[list[Decision]]:
        """Have the rows of a request decided, together with whatever else arrives in this turn.

        The future raises ``StoreError`` if the decisions could not be logged.
        """
        loop = asyncio.get_running_loop()
        item = Item(force, requests, loop.create_future())
        if not self._arrived:
            loop.call_soon(self._take)
        self._arrived.append(item)
        return item.done

    def _take(self) -> None:
        """Route all that arrived, ask the models that answer here, send the rest to the workers."""
        arrived, self._arrived = self._arrived, []
        for force in {id(item.force): item.force for item in arrived}.values():
            self._route([item for item in arrived if item.force is force], force)

    def _route(self, items: Sequence[Item], force: Force) -> None:
        try:
            turn = self._switch.begin([each for item in items for each in item.requests], force)
            answers = ask(turn)
        except Exception as error:  # noqa: BLE001 — who waits is told, whatever it was
            _fail(items, error)
            return
        here, first = [], 0
        for item in items:
            last = first + len(item.requests)
            own = Turn(turn.force, turn.cases[first:last], turn.has_expired)
            routed, first = Routed(item, own, answers[first:last]), last
            if any(isinstance(case.model, ModelPool) for case in own.cases):
                self._send(routed)
            else:
                here.append(routed)
        self._finish(here)

    def _send(self, routed: Routed) -> None:
        """Have an item's rows answered by workers; all is asked before anything else can happen."""
        asked = []
        cases = routed.turn.cases
        for pool in {each.model for each in cases if isinstance(each.model, ModelPool)}:
            places = [at for at, each in enumerate(cases) if each.model is pool]
            asked.append((places, pool.ask([cases[at].request.row for at in places])))
        task = asyncio.get_running_loop().create_task(self._await(routed, asked))
        self._elsewhere.add(task)
        task.add_done_callback(self._elsewhere.discard)

    async def _await(
        self, routed: Routed, asked: list[tuple[list[int], asyncio.Future[list[Answer | Broken]]]]
    ) -> None:
        for places, said in asked:
            for at, answer in zip(places, await said, strict=True):
                routed.answers[at] = answer
        if not self._answered:
            asyncio.get_running_loop().call_soon(self._give)
        self._answered.append(routed)

    def _give(self) -> None:
        answered, self._answered = self._answered, []
        self._finish(answered)

    def _finish(self, routed: Sequence[Routed]) -> None:
        """Decide and log what is answered, release by release, and give it to who waits."""
        together: dict[tuple[int, bool], list[Routed]] = {}
        for each in routed:
            together.setdefault((id(each.turn.force), each.turn.has_expired), []).append(each)
        for group in together.values():
            first_of = group[0].turn
            cases = tuple(case for each in group for case in each.turn.cases)
            turn = Turn(first_of.force, cases, first_of.has_expired)
            try:
                made = self._switch.finish(turn, [one for each in group for one in each.answers])
            except Exception as error:  # noqa: BLE001 — who waits is told, whatever it was
                _fail([each.item for each in group], error)
                continue
            first = 0
            for each in group:
                last = first + len(each.answers)
                _resolve(each.item, made[first:last])
                first = last


def _resolve(item: Item, made: list[Decision]) -> None:
    if not item.done.done():
        item.done.set_result(made)


def _fail(items: Sequence[Item], error: Exception) -> None:
    if not isinstance(error, SeatrialError):
        _log.error("not_decided: %s", type(error).__name__, exc_info=error)
    for item in items:
        if not item.done.done():
            item.done.set_exception(error)
