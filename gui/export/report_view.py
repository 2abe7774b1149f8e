"""What the verification of an exported file found."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core.deploy.report import ExportReport
from gui.train.words import duration, score
from gui.widgets import icons, theme


class ReportView(QWidget):
    """A sentence with a sign, and the numbers behind it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sign = QLabel()
        self._sentence = QLabel()
        self._sentence.setWordWrap(True)
        self._names: list[QLabel] = []
        self._values: list[QLabel] = []
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(theme.PANEL)
        self._grid.setVerticalSpacing(theme.SPACE // 2)
        self._grid.setColumnStretch(1, 1)
        top = QHBoxLayout()
        top.setSpacing(theme.SPACE)
        top.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self._sentence, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addLayout(top)
        layout.addLayout(self._grid)
        theme.on_change(self, self._paint_sign)
        self.show_report(None)

    def show_report(self, report: ExportReport | None) -> None:
        """Show a report; None before there is one."""
        self._sign.setVisible(report is not None)
        if report is None:
            self._sentence.setText(
                self.tr(
                    "After the export the file runs beside the network on up to 200 images; what differs is told here."
                )
            )
            self._show_rows([])
            return
        self._paint_sign()
        self._sentence.setText(self.tr("{} decides as the network does.").format(Path(report.path).name))
        right = report.decisions - report.decisions_different
        top1 = [
            (self.tr("top-1 network"), score(report.top1_torch)),
            (self.tr("top-1 file"), score(report.top1_onnx)),
        ]
        speed = self.tr("{:.1f} ms, the network {:.1f} ms")
        self._show_rows(
            [
                (self.tr("decisions equal"), self.tr("{:,} of {:,}").format(right, report.decisions)),
                (self.tr("largest difference"), f"{report.max_abs_difference:.1e}"),
                (self.tr("mAP network"), score(report.map_torch)),
                (self.tr("mAP file"), score(report.map_onnx)),
                *(top1 if report.top1_torch is not None else []),
                (self.tr("checked on"), f"{report.images_checked:,} {report.images_split}"),
                (self.tr("one image takes"), speed.format(report.milliseconds_onnx, report.milliseconds_torch)),
                (self.tr("size"), size_text(report.bytes)),
                (self.tr("took"), duration(report.seconds)),
            ]
        )

    def _show_rows(self, rows: list[tuple[str, str]]) -> None:
        while len(self._names) < len(rows):
            name, value = QLabel(), QLabel()
            name.setProperty("tone", "secondary")
            value.setFont(theme.tabular(value.font()))
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._grid.addWidget(name, len(self._names), 0)
            self._grid.addWidget(value, len(self._values), 1)
            self._names.append(name)
            self._values.append(value)
        for index, (name, value) in enumerate(zip(self._names, self._values, strict=True)):
            name.setVisible(index < len(rows))
            value.setVisible(index < len(rows))
            if index < len(rows):
                name.setText(rows[index][0])
                value.setText(rows[index][1])

    def _paint_sign(self) -> None:
        color = theme.true_positive_pen(self.palette()).color()
        self._sign.setPixmap(icons.pixmap("check-circle-fill", 20, color, ratio=self.devicePixelRatioF()))


def size_text(size: int) -> str:
    """A size in megabytes: "16.9 MB"."""
    return f"{size / 1e6:.1f} MB"
