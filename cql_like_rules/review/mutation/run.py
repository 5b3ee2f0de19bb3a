"""The mutation of many policies on all cores: who kills which mutant, in the order of the files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from cql_like_rules.policy import LIBRARY
from cql_like_rules.review.mutation.mutants import Mutant, mutants_of
from cql_like_rules.review.mutation.trial import Trial
from cql_like_rules.terminology import load_terminology


@dataclass(frozen=True, slots=True)
class Task:
    """The mutants of one define, the policy folders whose cases may kill them, and the folder of shared libraries."""

    mutants: tuple[Mutant, ...]
    folders: tuple[Path, ...]
    library: Path


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant: its killer; without one, what rests on it (`<policy>/<number>`) and should notice."""

    mutant: Mutant
    killer: str | None
    resting: tuple[str, ...] = ()

    @property
    def is_wrong(self) -> bool:
        """Whether it survived without a reason, or was killed though no case was said to notice."""
        return (self.killer is None) != bool(self.mutant.equivalent)


def tasks_of(
    folders: Sequence[Path], library: Path = LIBRARY, *, shared: bool = True, define: str | None = None
) -> tuple[Task, ...]:
    """The mutants of the policies in the folders, and of the libraries that they share, define by define.

    Of one define only, when it is named. Raises CqlError when a policy cannot be loaded, ValueError when a case fails
    before anything was changed.
    """
    tasks: list[Task] = []
    sharing: dict[str, list[Path]] = {}
    for folder in folders:
        trial = _trial(folder, library)
        tasks += _tasks(mutants_of(trial.policy.library.syntax, f"{folder.name}/policy.cql"), (folder,), library)
        for name in trial.libraries:
            sharing.setdefault(name, []).append(folder)
    for name, users in sharing.items() if shared else ():
        syntax = _trial(users[0], library).libraries[name].syntax
        tasks += _tasks(mutants_of(syntax, f"library/{name}.cql"), tuple(users), library)
    return tuple(task for task in tasks if define in (None, task.mutants[0].define))


def _tasks(mutants: Iterable[Mutant], folders: tuple[Path, ...], library: Path) -> Iterator[Task]:
    for _, group in groupby(mutants, key=lambda mutant: mutant.define):
        yield Task(tuple(group), folders, library)


def verdicts(tasks: Sequence[Task], jobs: int) -> Iterator[Verdict]:
    """What becomes of every mutant, in the order of the tasks, which run in that many processes."""
    if jobs == 1:
        for task in tasks:
            yield from _verdicts(task)
        return
    with ProcessPoolExecutor(jobs) as pool:
        for found in pool.map(_verdicts, tasks):
            yield from found


def _verdicts(task: Task) -> tuple[Verdict, ...]:
    trials = [_trial(folder, task.library) for folder in task.folders]
    return tuple(_verdict(mutant, trials) for mutant in task.mutants)


def _verdict(mutant: Mutant, trials: Sequence[Trial]) -> Verdict:
    """The trials where most rests on the define come first: there a case is likeliest."""
    resting = {trial: trial.resting_on(mutant.define) for trial in trials}
    concerned = [trial for trial in trials if resting[trial]]
    for trial in sorted(concerned, key=lambda trial: -len(resting[trial])):
        killer = trial.killer(mutant)
        if killer is not None:
            return Verdict(mutant, killer)
    return Verdict(mutant, None, tuple(f"{trial.policy.id}/{name}" for trial in concerned for name in resting[trial]))


@cache
def _trial(folder: Path, library: Path) -> Trial:
    """The trial of a folder: made once in each process, as it is large and its killers are remembered."""
    return Trial(folder, library, load_terminology())
