"""The price of a threshold in words."""

from PySide6.QtCore import QCoreApplication

translate = QCoreApplication.translate

# up to this many images are told one by one, more in tenths
EXACT = 20


def price(name: str, *, tp: int, fp: int, fn: int) -> str:
    """What a threshold finds and what it costs: "finds 9 of 10 “ace” images; 1 in 4 alarms is false".

    Args:
        name: of the label.
        tp: images of the label that are found.
        fp: images that are false alarms.
        fn: images of the label that are missed.
    """
    return f"{_found(name, tp, tp + fn)}; {_alarms(tp, fp)}"


def _found(name: str, found: int, there: int) -> str:
    if not there:
        return translate("price", "no image is known to show “{}”").format(name)
    if found == there:
        return translate("price", "finds all {:,} “{}” images").format(there, name)
    if not found:
        return translate("price", "finds none of {:,} “{}” images").format(there, name)
    if there <= EXACT:
        return translate("price", "finds {} of {} “{}” images").format(found, there, name)
    tenths = min(9, max(1, round(10 * found / there)))
    about = translate("price", "finds about {} of 10 “{}” images").format(tenths, name)
    if found / there > 0.95:
        return translate("price", "misses 1 in {:,} “{}” images").format(round(there / (there - found)), name)
    if found / there < 0.05:
        return translate("price", "finds 1 in {:,} “{}” images").format(round(there / found), name)
    return about


def _alarms(right: int, wrong: int) -> str:
    alarms = right + wrong
    if not alarms:
        return translate("price", "no alarm at all")
    if not wrong:
        return translate("price", "no alarm is false")
    if not right:
        return translate("price", "every alarm is false")
    if wrong <= right:
        return translate("price", "1 in {:,} alarms is false").format(round(alarms / wrong))
    return translate("price", "{} of 10 alarms are false").format(min(9, max(6, round(10 * wrong / alarms))))
