"""A bounded number of threads listens to all tracks; media never waits for them.

Each thread takes the most urgent track that nobody works on, for about a second of sound: live before late, the
bench before the parties, who was there first before the others. Under overload the last of them fall behind, first
without half-understood captions, then as far as their queues hold, then they are read from the recording while
nobody live waits. Nothing is ever left out.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from hearing.tasks import log_fault
from transcription.follower import Follower, Ready


class Pool:
    """Threads start with `start`. Without them, `turn` does one piece of work where it is called."""

    def __init__(self) -> None:
        self._followers: list[Follower] = []
        self._busy: set[Follower] = set()
        self._held = False
        self._stopping = False
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []

    def start(self, threads: int) -> None:
        """Run so many threads: one for each core is right, for engines compute without the interpreter's lock."""
        for number in range(threads):
            thread = threading.Thread(target=self._run, name=f"listener {number + 1}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        """End the threads, each after the call it is in (blocks). What was not heard is found again in the recording.
        Idempotent."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        for follower in self._followers:
            follower.close()
        self._followers.clear()

    def add(self, follower: Follower) -> None:
        """Serve this track too, until it is done."""
        with self._changed:
            self._followers.append(follower)
            self._changed.notify()

    def drop(self, followers: Sequence[Follower]) -> None:
        """Serve these no longer; a call under way ends by itself."""
        with self._changed:
            self._followers = [each for each in self._followers if each not in followers]

    def wake(self) -> None:
        """One of the tracks has something new."""
        with self._changed:
            self._changed.notify()

    def hold(self, held: bool) -> None:
        """While held nobody is served: what would be heard could not be kept. Idempotent."""
        with self._changed:
            self._held = held
            self._changed.notify_all()

    def tick(self, now_us: int) -> None:
        """See `Follower.tick`."""
        for follower in tuple(self._followers):
            follower.tick(now_us)
        self.wake()

    def turn(self) -> bool:
        """Do the most urgent piece of work; False when there is none."""
        with self._changed:
            follower = self._choose()
        if follower is None:
            return False
        self._serve(follower)
        return True

    def _run(self) -> None:
        while True:
            with self._changed:
                while (follower := self._choose()) is None and not self._stopping:
                    self._changed.wait()
                if follower is None or self._stopping:
                    return
            self._serve(follower)

    def _choose(self) -> Follower | None:
        if self._held or self._stopping:
            return None
        free = [each for each in self._followers if each not in self._busy]
        urgent = min(free, key=lambda each: (each.ready, each.job.rank), default=None)
        if urgent is None or urgent.ready is Ready.NOTHING:
            return None
        self._busy.add(urgent)
        return urgent

    def _serve(self, follower: Follower) -> None:
        try:
            follower.work()
        except Exception as fault:
            # One stream's fault ends no other; its sound is in the recording.
            log_fault("a track is no longer followed", fault, track=follower.job.source.track)
            follower.give_up()
        finally:
            with self._changed:
                self._busy.discard(follower)
                if follower.done and follower in self._followers:
                    self._followers.remove(follower)
                    follower.close()
                self._changed.notify_all()
