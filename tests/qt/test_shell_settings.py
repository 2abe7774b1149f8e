from dataclasses import replace
from pathlib import Path

from core.settings import Settings, load_settings, save_settings


def test_only_what_differs_from_the_defaults_is_written(tmp_path):
    path = tmp_path / "deep" / "settings.json"
    save_settings(replace(Settings(), thumbnail_size=128), path)
    assert path.read_text().split() == ["{", '"thumbnail_size":', "128", "}"]
    assert load_settings(path) == Settings(thumbnail_size=128)


def test_a_damaged_file_means_the_defaults(tmp_path):
    path = tmp_path / "settings.json"
    assert load_settings(path) == Settings()
    for text in ("", "[1, 2]", "{", "\x00"):
        path.write_text(text)
        assert load_settings(path) == Settings()


def test_a_value_that_is_not_valid_means_its_default_and_the_others_stay(tmp_path):
    path = tmp_path / "settings.json"
    path.write_text('{"color_scheme": "pink", "thumbnail_size": 9999, "warm_worker": "yes", "of_a_newer_version": 1}')
    assert load_settings(path) == Settings(thumbnail_size=320)


def test_recent_projects_are_few_and_each_is_there_once():
    settings = Settings()
    for number in [*range(12), 3]:
        settings = settings.with_recent(Path(f"/p{number}"))
    assert len(settings.recent_projects) == 8
    assert settings.recent_projects[:2] == (str(Path("/p3")), str(Path("/p11")))
