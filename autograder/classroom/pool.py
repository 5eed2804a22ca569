"""Orders on Dask's workers: they go out a few at a time, and findings come back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from distributed import CancelledError, Client, Future, KilledWorker, as_completed

from autograder.classroom.seat import SEAT
from autograder.errors import CourseError
from autograder.grading.order import Order
from autograder.grading.station import carry_out

AHEAD = 2  # orders per worker that are out at a time: what is lost with a worker, or with us
KILLED = (
    "Whatever process graded this was killed, also alone on a worker; perhaps the machine has too "
    "little memory. Look at it alone: autograder run --student … --jobs 1"
)
LOST = (
    "The scheduler at {} is gone. What was graded is kept: start it again, then run the same "
    "command again."
)


@dataclass
class Pool:
    """Dask's workers, and the orders that wait for them.

    At most AHEAD orders a worker are out at a time, so that little is lost with any party, and so
    that a lost worker makes few others suspicious (Dask gives a task up after some of them).
    """

    client: Client
    address: str
    hidden: tuple[str, ...] = ()
    waiting: deque[tuple[Order, bool]] = field(default_factory=deque)
    out: dict[Future, tuple[Order, bool]] = field(default_factory=dict)
    suspects: list[tuple[Order, bool]] = field(default_factory=list)
    unfit: dict[str, str] = field(default_factory=dict)  # workers that get no work, and why
    unlike: dict[str, str] = field(default_factory=dict)  # workers with other versions than here

    def __post_init__(self) -> None:
        self.done = as_completed(with_results=False, raise_errors=False)

    @property
    def dashboard(self) -> str:
        return self.client.dashboard_link

    def seats(self, gpu: bool = False) -> int:
        """How many workers may grade; with `gpu`, how many of them offer a GPU."""
        workers = self.client.scheduler_info(n_workers=-1)["workers"].values()
        offers = [worker["resources"] for worker in workers if SEAT in worker["resources"]]
        return sum("GPU" in one or not gpu for one in offers)

    def add(self, order: Order, gpu: bool = False) -> None:
        """Take an order in; `gpu` sends it to a worker with `--resources GPU=1`."""
        self.waiting.append((order, gpu))
        self._send()

    def ready(self) -> Iterator[tuple[Order, dict[str, Any]]]:
        """The orders that are done by now, with what `carry_out` said. Raises CourseError."""
        while self.done.has_ready():
            yield from self._took(next(self.done))

    def rest(self) -> Iterator[tuple[Order, dict[str, Any]]]:
        """All others, as they come; in the end, one by one, those that may have killed a worker."""
        while self.out or self.waiting:
            self._send()
            yield from self._took(next(self.done))
        suspects, self.suspects = self.suspects, []
        for order, gpu in suspects:
            future = self._submit(order, gpu)
            try:
                said = future.result()
            except KilledWorker:
                said = {"fault": KILLED}
            except CancelledError:
                raise CourseError(LOST.format(self.address)) from None
            yield order, said

    def _took(self, future: Future) -> Iterator[tuple[Order, dict[str, Any]]]:
        order, gpu = self.out.pop(future)
        if future.status == "finished":
            yield order, future.result()
        elif future.status == "error" and isinstance(future.exception(), KilledWorker):
            self.suspects.append((order, gpu))
        elif future.status == "error":
            error = future.exception()
            yield order, {"fault": f"{type(error).__name__}: {error}"}
        else:
            raise CourseError(LOST.format(self.address))
        self._send()

    def _send(self) -> None:
        """Hand out what may go out."""
        room = AHEAD * max(1, self.seats()) - len(self.out)
        while self.waiting and room > 0:
            order, gpu = self.waiting.popleft()
            future = self._submit(order, gpu)
            self.out[future] = order, gpu
            self.done.add(future)
            room -= 1

    def _submit(self, order: Order, gpu: bool) -> Future:
        resources = {SEAT: 1, **({"GPU": 1} if gpu else {})}
        name = f"{order.problem}-{order.work_hash[:12]}-{token_hex(4)}"
        try:
            return self.client.submit(
                carry_out, order.plain(), self.hidden, key=name, resources=resources, pure=False
            )
        except Exception:
            if self.client.status == "running":
                raise
            raise CourseError(LOST.format(self.address)) from None
