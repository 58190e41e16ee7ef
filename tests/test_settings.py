import re

import pytest

from assistant.errors import ConfigurationError
from assistant.settings import Settings, load_settings
from tests.conftest import ROOT


def test_every_setting_stands_in_the_readme_table():
    documented = set(re.findall(r"`ASSISTANT_([A-Z_]+)`", (ROOT / "README.md").read_text("utf-8")))
    assert {name.upper() for name in Settings.model_fields} <= documented


def test_a_flag_goes_before_the_environment_and_that_before_the_default(monkeypatch):
    assert load_settings().port == 7860
    monkeypatch.setenv("ASSISTANT_PORT", "8000")
    assert load_settings().port == 8000
    assert load_settings(port=9000).port == 9000
    assert load_settings(port=None).port == 8000


def test_a_wrong_value_names_the_setting_and_the_value():
    with pytest.raises(ConfigurationError, match=r"ASSISTANT_PORT=70000: .*less than or equal to 65535"):
        load_settings(port=70000)
