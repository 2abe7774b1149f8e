"""How the model was trained: recipe, device, duration, curves."""

from dataclasses import fields
from pathlib import PurePath
from typing import Final

from core.recipes import keys
from core.recipes.recipe import CO_OCCURRENCE
from core.report import plots
from core.report.blocks import Block, Column, Figures, Section, Table, Text
from core.report.facts import ReportFacts
from core.report.words import duration, isolated, score

_SECTIONS: Final = ("model", "input", "loss", "training", "search", "augmentation")
_TEXT: Final = Column("Value", is_number=False)


def training_section(facts: ReportFacts) -> Section:
    """The run, and how its figures went over the epochs."""
    history = facts.history
    blocks: list[Block] = [
        Text(f"Recipe “{facts.recipe.title}”: {facts.recipe.purpose}"),
        Table("The training", (Column("What", is_number=False), _TEXT), tuple(_run_rows(facts))),
        *(Text(_without_folders(note, facts), kind="note") for note in history.notes),
    ]
    if history.epochs:
        best = None if history.finished is None else history.finished.best_epoch
        blocks.append(
            Figures(
                "Loss and the figure that the best epoch was chosen by, epoch by epoch",
                (plots.loss_over_epochs(history.epochs), plots.figure_over_epochs(history.epochs, best=best)),
            )
        )
    return Section("How it was trained", tuple(blocks))


def settings_section(facts: ReportFacts) -> Section:
    """The recipe key by key."""
    columns = (Column("Setting", is_number=False), _TEXT, Column("Meaning", is_number=False))
    table = Table(f"The recipe {isolated(facts.recipe.name)} as it was trained", columns, tuple(_settings(facts)))
    return Section("All settings", (table,))


def _run_rows(facts: ReportFacts) -> list[tuple[str, str]]:
    history, job, model = facts.history, facts.job, facts.recipe.model
    rows = [("network", f"{model.backbone} with a {model.head} head, images of {facts.recipe.input.size} px")]
    if history.started is not None:
        rows.append(("parameters", f"{history.started.parameters:,}"))
    if job.initial_run is not None:
        begin = f"from the run {_file_name(job.initial_run)}"
    elif not model.pretrained:
        begin = "from random weights"
    else:
        begin = (
            f"from pretrained weights ({_file_name(job.weights) if job.weights else 'those of timm for the network'})"
        )
    rows.append(("started", begin))
    if history.started is not None:
        rows.append(("trained on", history.started.device))
    if history.finished is not None:
        end = history.finished
        planned = f" of {history.started.epochs:,}" if history.started is not None else ""
        stopped = ", stopped by a person" if end.stopped else ""
        rows += [
            ("epochs", f"{end.epochs:,}{planned}{stopped}; epoch {end.best_epoch:,} was kept"),
            ("figure of the kept epoch on validation", _kept(end.validation_map, end.top1)),
            ("duration", duration(end.seconds)),
        ]
    rows.append(("seed", f"{job.seed}"))
    return rows


def _kept(mean_ap: float | None, top1: float | None) -> str:
    return f"mAP {score(mean_ap)}" if top1 is None else f"top-1 {score(top1)}, mAP {score(mean_ap)}"


def _settings(facts: ReportFacts) -> list[tuple[str, str, str]]:
    rows = []
    for section in _SECTIONS:
        config = getattr(facts.recipe, section)
        rules = keys.rules(type(config))
        for one in fields(config):
            value = getattr(config, one.name)
            if one.name == "label_vectors" and value != CO_OCCURRENCE:
                value = _file_name(value)
            text = keys.to_text(value) if isinstance(value, bool) else str(value)
            rows.append((f"{section}.{one.name}", text, rules[one.name].meaning))
    return rows


def _without_folders(sentence: str, facts: ReportFacts) -> str:
    """A sentence that names files of this machine by their names alone."""
    vectors = facts.recipe.model.label_vectors
    for path in (facts.job.weights, facts.job.initial_run, vectors if vectors != CO_OCCURRENCE else None):
        if path is not None:
            sentence = sentence.replace(path, _file_name(path))
    return sentence


def _file_name(path: str) -> str:
    # the run may have been trained under another system
    return PurePath(path.replace("\\", "/")).name
