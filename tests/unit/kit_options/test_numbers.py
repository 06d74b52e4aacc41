"""An option that takes a number, a size or a duration says what it expects."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from kit_cli.config import leaves
from kit_cli.main import all_commands
from kit_options.durations import Duration, DurationRange
from kit_options.numbers import Number, Seed, WholeNumber
from kit_options.sizes import Size

NUMERIC = (WholeNumber, Number, Seed, Size, Duration, DurationRange)
WITHOUT_A_MESSAGE_OF_OUR_OWN = (click.types.IntParamType, click.types.FloatParamType)


def every_option() -> Iterator[tuple[str, click.Option]]:
    for path, command in leaves(all_commands()):
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.is_flag:
                yield f"{' '.join(path)} {parameter.opts[-1]}", parameter


def numeric() -> list[tuple[str, click.Option]]:
    return [(name, option) for name, option in every_option() if isinstance(option.type, NUMERIC)]


def test_no_option_has_a_number_type_of_click() -> None:
    plain = [
        name
        for name, option in every_option()
        if isinstance(option.type, WITHOUT_A_MESSAGE_OF_OUR_OWN) and not isinstance(option.type, NUMERIC)
    ]
    assert plain == []
    assert len(numeric()) > 50


@pytest.mark.parametrize("value", ["abc", "", "nan", "-1e400", "1e400", "0x10", "5 MB", "1..2..3"])
def test_every_numeric_option_rejects_a_bad_value_and_says_what_it_expects(value: str) -> None:
    for name, option in numeric():
        with pytest.raises(click.BadParameter, match=", got '") as raised:
            option.type.convert(value, option, None)
        assert raised.value.message.startswith("expected "), name


def test_every_numeric_option_accepts_its_default() -> None:
    for name, option in numeric():
        if option.show_default:
            assert option.type.convert(option.default, option, None) is not None, name


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (WholeNumber(0, 65535, noun="a port"), "abc", "expected a port from 0 to 65535, got 'abc'"),
        (WholeNumber(0, 65535, noun="a port"), "-1", "expected a port from 0 to 65535, got '-1'"),
        (WholeNumber(1), "0", "expected a whole number of 1 or more, got '0'"),
        (WholeNumber(1), "1e9", "expected a whole number of 1 or more, got '1e9'"),
        (WholeNumber(1, 64), 1.5, "expected a whole number from 1 to 64, got 1.5"),
        (Number(0, 3600, above=True), "0", "expected a number above 0 and at most 3600, got '0'"),
        (Number(0, 1), "inf", "expected a number from 0 to 1, got 'inf'"),
        (Seed(), "1.0", "expected a whole number, got '1.0'"),
        (Size(1024), -5, "expected a size of at least 1KiB, for example 10MiB, got -5"),
        (Duration(longest=600), "3 weeks", "expected a number with a unit, for example 30s, 5m or 1h, got '3 weeks'"),
        (Duration(longest=600), "1h", "expected a duration from 0s to 600s, got '1h'"),
        (DurationRange(longest=600), "3s..1s", "expected the shorter duration first, for example 1s..3s, got '3s..1s'"),
    ],
)
def test_message_states_the_bounds_and_the_value(kind: click.ParamType, value: object, message: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(click.BadParameter) as raised:
        kind.convert(value, None, None)
    assert raised.value.message == message


@pytest.mark.parametrize(
    ("kind", "value", "number"),
    [
        (WholeNumber(0, 65535), "0", 0),
        (WholeNumber(0, 65535), 65535, 65535),
        (WholeNumber(1), str(10**30), 10**30),
        (Number(0, 3600, above=True), "3600", 3600.0),
        (Number(0, 1), 0, 0.0),
        (Seed(), "-7", -7),
        (Size(), 4096, 4096),
    ],
)
def test_numbers_at_the_bounds_are_accepted(kind: click.ParamType, value: object, number: float) -> None:  # type: ignore[type-arg]
    assert kind.convert(value, None, None) == number
