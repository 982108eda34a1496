"""Pictures made by several processes at once, each a fork of the one that knows the log."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from types import TracebackType

from records.composite.composing import Composer

RUN = 4
"""Pieces in a row that a process takes at a time: it decodes on from one to the next."""


class PictureWorkers(AbstractContextManager["PictureWorkers"]):
    """Begins at once with these pieces; `follow` them to the end. With one worker nothing is forked."""

    def __init__(self, composer: Composer, due: Sequence[int], workers: int) -> None:
        self._composer = composer
        self._due = due
        runs = [due[start : start + RUN] for start in range(0, len(due), RUN)]
        fork = multiprocessing.get_context("fork")
        self._made = fork.SimpleQueue()
        self._next = fork.Value("i", 0)
        self._workers = [
            fork.Process(target=self._work, args=(runs,), daemon=True)
            for _ in range(min(workers, len(runs)) if workers > 1 else 0)
        ]
        for worker in self._workers:
            worker.start()

    def follow(self) -> Iterator[int]:
        """How many are done, whenever one is. OSError; what a worker could not make is tried here, which says why."""
        done = 0
        while any(worker.is_alive() for worker in self._workers):
            for worker in self._workers:
                worker.join(0.05)
            while not self._made.empty():
                self._made.get()
                done += 1
                yield done
        while not self._made.empty():
            self._made.get()
            done += 1
        for number in sorted(set(self._due) & set(self._composer.stale_pictures(self._composer.count))):
            self._composer.make_picture(number)
            done += 1
            yield min(done, len(self._due))

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.kill()
            worker.join()

    def _work(self, runs: Sequence[Sequence[int]]) -> None:
        parent = os.getppid()
        with suppress(OSError):
            while True:
                with self._next.get_lock():
                    mine = self._next.value
                    self._next.value += 1
                if mine >= len(runs):
                    break
                for number in runs[mine]:
                    if os.getppid() != parent:
                        os._exit(1)
                    self._composer.make_picture(number)
                    self._made.put(number)
        # Not the exit handlers of the process that this is a copy of.
        os._exit(0)
