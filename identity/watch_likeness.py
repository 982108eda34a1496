"""How like its own person a face on a watched seat is: by the gate's template or, without one, by the first looks."""

from __future__ import annotations

from collections.abc import Callable

from identity.engine import Embedding, ModelMismatch
from identity.score import FRAMES, REVIEW_FROM, Scorer, Template


class Likeness:
    """One watched seat. Call it in a worker, one vector at a time.

    Who was let in by the clerk has no template, nor one of the engine that runs now. Then the first three looks that
    resemble each other are what later ones are compared with: somebody else who sits down afterwards is noticed, who
    was there from the beginning is not checked. That baseline is never stored; it ends with this object.
    """

    def __init__(self, scorer: Callable[[], Scorer], template: Template | None) -> None:
        self._scorer = scorer
        self._template = template
        self._first: list[Embedding] = []

    def __call__(self, vector: Embedding) -> float | None:
        """The score; None while the baseline is being made. Raises EngineUnavailable."""
        scorer = self._scorer()
        if self._template is not None:
            try:
                return scorer.score(self._template, vector)
            except ModelMismatch:
                self._template = None
        self._learn(scorer, vector)
        return None

    def _learn(self, scorer: Scorer, vector: Embedding) -> None:
        if self._first and scorer.score(scorer.enrol(self._first[:1]), vector) < REVIEW_FROM:
            self._first.clear()
        self._first.append(vector)
        if len(self._first) == FRAMES[0]:
            self._template = scorer.enrol(self._first)
            self._first.clear()
