"""The price of a threshold in words."""

from PySide6.QtCore import QCoreApplication

translate = QCoreApplication.translate


def price(name: str, *, tp: int, fp: int, fn: int) -> str:
    """What a threshold finds and what it costs: "finds 9 of 10 “ace” images; 4 of 13 alarms are false".

    All numbers are counts, so that they can be checked against those of the panel and of the gallery.

    Args:
        name: of the label.
        tp: images of the label that are found.
        fp: images that are false alarms.
        fn: images of the label that are missed.
    """
    return f"{_found(name, tp, tp + fn)}; {_alarms(fp, tp + fp)}"


def _found(name: str, found: int, there: int) -> str:
    if not there:
        return translate("price", "no image is known to show “{}”").format(name)
    if there == 1:
        only = "finds the only “{}” image" if found else "misses the only “{}” image"
        return translate("price", only).format(name)
    if found == there:
        return translate("price", "finds all {:,} “{}” images").format(there, name)
    if not found:
        return translate("price", "finds none of {:,} “{}” images").format(there, name)
    return translate("price", "finds {:,} of {:,} “{}” images").format(found, there, name)


def _alarms(wrong: int, alarms: int) -> str:
    if not alarms:
        return translate("price", "no alarm at all")
    if not wrong:
        return translate("price", "no alarm is false")
    if wrong == alarms:
        every = "the only alarm is false" if alarms == 1 else "all {:,} alarms are false"
        return translate("price", every).format(alarms)
    some = "{:,} of {:,} alarms is false" if wrong == 1 else "{:,} of {:,} alarms are false"
    return translate("price", some).format(wrong, alarms)
