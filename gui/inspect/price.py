"""The price of a threshold in words."""

from fractions import Fraction

from PySide6.QtCore import QCoreApplication

translate = QCoreApplication.translate


# up to so many, a share of them is as short as it can be
_FEW = 10


def price(name: str, *, tp: int, fp: int, fn: int) -> str:
    """What a threshold finds and what it costs: "finds 9 of 10 “ace” images; 1 in 4 alarms is false (3 of 12)".

    The share of false alarms is said to be about that where it is rounded. The counts are there in any case, so that
    they can be checked against those of the panel and of the gallery.

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
    if alarms <= _FEW:
        some = "{:,} of {:,} alarms is false" if wrong == 1 else "{:,} of {:,} alarms are false"
        return translate("price", some).format(wrong, alarms)
    share = Fraction(wrong, alarms)
    # in words such as "1 in 30" where they are rare; where nearly all are false no such words say it
    short = share.limit_denominator(_FEW) if share >= Fraction(1, _FEW) else Fraction(1, round(1 / share))
    if short == 1:
        return translate("price", "{:,} of {:,} alarms are false").format(wrong, alarms)
    one = "{:,} in {:,} alarms is false" if short.numerator == 1 else "{:,} in {:,} alarms are false"
    about = "" if short == share else translate("price", "about ")
    counts = translate("price", "({:,} of {:,})").format(wrong, alarms)
    return f"{about}{translate('price', one).format(short.numerator, short.denominator)} {counts}"
