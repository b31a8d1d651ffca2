"""What most tools have in common when a step is judged."""

from __future__ import annotations

from imgbuild.deliver.job import Judge, Outcome, last_lines
from imgbuild.errors import Diagnostic


def tool_failed(tool: str, outcome: Outcome) -> Diagnostic:
    """IB706 with the exit code and the last words of a tool."""
    said = last_lines(outcome.output)
    words = f"; its last words:\n{said}" if said else " without a word"
    how = f"exit code {outcome.status}" if outcome.status >= 0 else f"signal {-outcome.status}"
    return Diagnostic("IB706", f"{tool} failed ({how}){words}")


def judge_failure(tool: str) -> Judge:
    """A step that is done if the tool answers 0."""

    def judge(outcome: Outcome) -> list[Diagnostic]:
        return [tool_failed(tool, outcome)] if outcome.status else []

    return judge


def judge_words(tool: str, wanted: tuple[str, ...], bad: tuple[str, ...] = ()) -> Judge:
    """A step that is done if the tool answers 0, says all of ``wanted``, and no line begins with ``bad``.

    Small and capital letters are the same. IB707 where it answered 0 and did not say so.
    """

    def judge(outcome: Outcome) -> list[Diagnostic]:
        if outcome.status:
            return [tool_failed(tool, outcome)]
        said = outcome.output.lower()
        lines = [line.rsplit("\r", 1)[-1].strip().lower() for line in outcome.output.splitlines()]
        wrong = (
            [line for line in lines if line.startswith(tuple(word.lower() for word in bad))] if bad else []
        )
        missing = [word for word in wanted if word.lower() not in said]
        if not wrong and not missing:
            return []
        why = f"it said '{wrong[0]}'" if wrong else f"it did not say '{missing[0]}'"
        message = f"{tool} answered 0, but {why}; its last words:\n{last_lines(outcome.output)}"
        return [Diagnostic("IB707", message)]

    return judge
