"""The line at the bottom has no say in how large the window is."""

from PySide6.QtWidgets import QApplication

LONG = "The chosen images have these labels already: " + ", ".join(f"-label {number:02d}" for number in range(80))


def test_a_long_message_leaves_the_window_as_wide_as_it_was(window, qtbot):
    before, least = window.size(), window.minimumSizeHint()
    window.session.message.emit(LONG)
    QApplication.processEvents()
    assert (window.size(), window.minimumSizeHint()) == (before, least)
    assert window.status._message.geometry().right() < window.width()
    assert window.status.message() == LONG
    assert "-label 79" in window.status._message.toolTip()
    window.session.message.emit("Done")
    assert window.status._message.toolTip() == ""


def test_a_message_is_shown_with_its_signs_as_they_are(window):
    window.session.message.emit("<b>cat</b> & dog set")
    assert window.status._message.textFormat().name == "PlainText"
    window.session.message.emit("<b>cat</b> & dog " * 40)
    assert "&lt;b&gt;cat" in window.status._message.toolTip()


def test_a_long_name_of_a_project_is_cut_and_told_in_the_tooltip(window, label, qtbot, monkeypatch):
    least = window.minimumSizeHint()
    monkeypatch.setattr(window.session.store, "name", "Birds of the northern coast " * 12)
    qtbot.keyClick(label.grid, "1")
    qtbot.waitUntil(lambda: window.status.facts().startswith("Birds of the northern coast Birds"))
    QApplication.processEvents()
    assert window.minimumSizeHint() == least
    assert window.status._facts.text().endswith("reviewed  ·  " + window.status.facts().rpartition("  ·  ")[2])
    assert "Birds of the northern coast Birds of" in window.status._facts.toolTip()


def test_a_long_name_of_a_job_leaves_the_bar_and_its_button_to_be_seen(window):
    least = window.minimumSizeHint().width()
    window.session.jobs.set("a", name="Reading " + "scores of a long run " * 20, fraction=0.5, cancel=lambda: None)
    QApplication.processEvents()
    row = window.status._jobs._row
    assert window.minimumSizeHint().width() <= max(least, window.width())
    assert row._name.accessibleName().endswith("scores of a long run ")
    assert window.status.rect().contains(row._cancel.mapTo(window.status, row._cancel.rect().center()))


def test_larger_letters_get_a_higher_bar(window):
    before = window.status.height()
    font = window.status.font()
    font.setPointSizeF(3 * font.pointSizeF())
    window.status.setFont(font)
    QApplication.processEvents()
    assert window.status.height() >= window.status.fontMetrics().height() > before
