"""Options from a configuration file: precedence, errors with their place, and what the command config shows."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from chat_contract import DocumentError
from kit_cli.actions.schema import schema_of
from kit_cli.config import OWN_FILE, config_schema, default_map, find_config, read_config
from kit_cli.main import all_commands, cli
from kit_cli.trust import CAN_BE_FOUND

SECTION = "[tool.chat-contract.verify]\nseed = 5\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, **env: str) -> Result:
    return CliRunner().invoke(cli, arguments, prog_name="chat-contract", env=env)


def verify_options(*arguments: str, **env: str) -> str:
    """Return the options that verify uses, as --verbose prints them, for a URL that is refused at once."""
    return run("verify", "ftp://x", "-v", *arguments, **env).stderr


def test_file_sets_options_below_the_environment_and_the_command_line(folder: Path) -> None:
    (folder / "pyproject.toml").write_text(SECTION)
    assert "--seed: 5 (configuration file)" in verify_options()
    variable = {"CHAT_CONTRACT_VERIFY_SEED": "6"}
    assert "--seed: 6 (environment variable)" in verify_options(**variable)
    assert "--seed: 7 (command line)" in verify_options("--seed", "7", **variable)


def test_nearest_file_wins_and_the_own_file_over_pyproject(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "pyproject.toml").write_text(SECTION)
    inner = folder / "shop" / "tests"
    inner.mkdir(parents=True)
    (inner / "pyproject.toml").write_text("[project]\nname = 'chat-contract-user'\n")
    monkeypatch.chdir(inner)
    assert "--seed: 5" in verify_options()
    (folder / "shop" / "pyproject.toml").write_text(SECTION.replace("5", "8"))
    (folder / "shop" / ".chat-contract.toml").write_text("[verify]\nseed = 9\n")
    assert "--seed: 9" in verify_options()
    assert "--seed: 5" in run("--config", str(folder / "pyproject.toml"), "verify", "ftp://x", "-v").stderr
    found = find_config(inner)
    assert found is not None
    assert found.path == folder / "shop" / ".chat-contract.toml"


def test_file_names_are_relative_to_the_file_and_shared_options_reach_every_command(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".chat-contract.toml").write_text('spec = "none.yaml"\n')
    inner = folder / "inner"
    inner.mkdir()
    monkeypatch.chdir(inner)
    for arguments in (("mock", "--port", "0"), ("fixtures", "check"), ("verify", "http://127.0.0.1:1/v1")):
        result = run(*arguments)
        assert (result.exit_code, str(folder / "none.yaml") in result.stderr) == (2, True), arguments


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[verify]\n\nsed = 5\n", '.chat-contract.toml:3 (/verify/sed): unknown key "sed"'),
        ("[verify]\nsed = 5\n", "Did you mean seed"),
        ("[verfy]\nseed = 5\n", "Did you mean verify"),
        ("colour = 1\n", '1 (/colour): unknown key "colour"'),
        ("[fixtures.chek]\nspec = 'x'\n", "Did you mean check"),
        ("verify = 5\n", "expected a table"),
        ("[verify]\nseed = 'many'\n", "2 (/verify/seed): expected a whole number, got 'many'"),
        ("[verify]\nworkers = 100\n", "expected a whole number from 1 to 64, got 100"),
        ("[verify]\nstrict = 'yes'\n", "expected true or false"),
        ("[verify]\nheader = 'A: b'\n", "expected a list"),
        ('[verify]\nspec = "a\\u0000b"\n', "expected a value without NUL characters"),
        ("[verify]\nseed = [5]\n", "expected a string or a number"),
        ("[diff]\nfail-on = 'cookie'\n", "'cookie' is not one of"),
        ("[verify\n", "not TOML"),
        ("[verify]\nseed = 1\nseed = 2\n", ".chat-contract.toml:3: not TOML"),
    ],
)
@pytest.mark.parametrize("command", [("verify", "ftp://x"), ("mock",), ("config",)])
def test_invalid_file_exits_with_2_and_names_the_place(
    text: str, said: str, command: tuple[str, ...], folder: Path
) -> None:
    (folder / ".chat-contract.toml").write_text(text)
    result = run(*command)
    assert result.exit_code == 2
    assert said in result.stderr, result.stderr


def test_file_of_another_encoding_or_that_does_not_exist_exits_with_2(folder: Path) -> None:
    (folder / ".chat-contract.toml").write_bytes(b"\xff")
    assert (run("config").exit_code, "not UTF-8" in run("config").stderr) == (2, True)
    result = run("--config", "none.toml", "config")
    assert (result.exit_code, "none.toml: cannot read the file" in result.stderr) == (2, True)


@pytest.mark.parametrize("kind", ["folder", "pipe", "loop"])
def test_configuration_other_than_a_regular_file_is_an_error(kind: str, folder: Path) -> None:
    file = folder / ".chat-contract.toml"
    if kind == "folder":
        file.mkdir()
    elif kind == "pipe":
        os.mkfifo(file)
    else:
        file.symlink_to(file)
    result = run("config")
    assert (result.exit_code, ".chat-contract.toml: " in result.stderr) == (2, True)


def test_config_shows_values_and_their_places_without_secrets(folder: Path) -> None:
    (folder / "pyproject.toml").write_text(
        SECTION + '[tool.chat-contract.mock]\nrequire-key = "s3cr3t"\nupstream = "http://me:s3cr3t@host/v1"\n'
    )
    shown = run("--config", "pyproject.toml", "config", CHAT_CONTRACT_VERIFY_WORKERS="3").stdout
    lines = [line.split() for line in shown.splitlines()]
    assert ["--seed", "5", "pyproject.toml:2"] in lines
    assert ["--workers", "3", "environment", "variable", "CHAT_CONTRACT_VERIFY_WORKERS"] in lines
    assert ["--require-key", "…", "pyproject.toml:4"] in lines
    assert "s3cr3t" not in shown
    assert "default" not in shown
    every = [line.split() for line in run("--config", "pyproject.toml", "config", "verify").stdout.splitlines()]
    assert ["--timeout", "default"] in every
    assert ["--key-as", "bearer", "default"] in every
    assert run("config", "vrify").exit_code == 2


def test_no_file_changes_nothing(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert run("config").stdout == "Configuration file: none\n"


def test_schema_accepts_and_rejects_what_the_commands_do(folder: Path) -> None:
    validator = Draft202012Validator(config_schema(all_commands()))
    for value in (
        {"spec": "x"},
        {"verify": {"seed": 5, "strict": True, "header": ["A: b"]}, "fixtures": {"check": {}}},
    ):
        validator.validate(value)
    for value in ({"verify": {"sed": 5}}, {"verify": {"seed": "5"}}, {"colour": 1}, {"verify": {"workers": 100}}):
        assert not validator.is_valid(value)


def test_schema_command_prints_the_schema() -> None:
    assert json.loads(run("schema", "severity").stdout) == schema_of("severity")
    assert run("schema", "colour").exit_code == 2


def test_line_of_a_dotted_key_is_found(folder: Path) -> None:
    file = folder / "pyproject.toml"
    file.write_text("[tool]\n[tool.chat-contract]\nverify.seed = 5\nmock = { port = 1 }\n")
    read = read_config(file)
    assert (read.line(("verify", "seed")), read.line(("mock",)), read.line(("mock", "port"))) == (3, 4, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x." * 20_000 + "y = 1", "more than 200 dots in a line"),
        ("[a]\n" + "b = {" + "x." * 300 + "y = 1}", "more than 200 dots in a line"),
        ("a = " + "9" * 100_000, "an integer of more than 4300 digits"),
        ("#" * 300_000, "larger than 262144 bytes"),
    ],
)
def test_file_that_would_take_much_memory_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / OWN_FILE).write_text(text)
    with pytest.raises(DocumentError, match=said):
        read_config(tmp_path / OWN_FILE)


def test_file_that_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    (tmp_path / OWN_FILE).write_text("a = " + "[" * 100_000)
    with pytest.raises(DocumentError, match="nested too deeply"):
        read_config(tmp_path / OWN_FILE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[verify]\ntoken-command = "touch ran"\n', "2 (/verify/token-command): the kit does not take token-command"),
        ('[parity]\ntoken-command-b = "touch ran"\n', "does not take token-command-b from a file that it found"),
        ('proxy = "http://me:s3cr3t@evil.example"\n', "1 (/proxy): the kit does not take proxy"),
        ("insecure = true\n", "does not take insecure"),
        ('[mock]\nupstream-key-env = "HOME"\n', "does not take upstream-key-env"),
        ("[mock]\ncors-origin = ['*']\n", "does not take cors-origin"),
        ('[mock]\nhost = "0.0.0.0"\n', "does not take host"),
        ('[mock]\ncontrol-token = "s3cr3t"\n', "does not take control-token"),
        ('[mock]\nupstream = "https://evil.example/v1"\n', "does not take upstream"),
        ('[mock]\nstore = "redis://evil.example"\n', "does not take store"),
        ('[verify]\nca-bundle = "ca.pem"\n', "does not take ca-bundle"),
        ('[verify]\napp = "evil:app"\n', "does not take app"),
        ("[verify]\nheader = ['X-Tenant: 1']\n", "does not take header from a file that it found"),
        ('[load]\nkey = "client.pem"\n', "does not take key from a file that it found"),
        ("[load]\nmaster = true\n", "does not take master"),
        ("[load]\nworker = true\n", "does not take worker"),
        ("[diff]\nallow-ref-outside = true\n", "does not take allow-ref-outside"),
        ('[mcp]\nallow-host = ["evil.example"]\n', "does not take allow-host"),
        ('[mock]\nspec = "link/chat.yaml"\n', "can set spec only to files in its folder or repository"),
        ('[mock]\nlatitude = "../profile.json"\n', "can set latitude only to files in its folder or repository"),
        ('[diff]\nseverity = "/etc/hosts.yaml"\n', "can set severity only to files in its folder or repository"),
        ('[diff]\nconsumers = ["a.yaml", ".git/config"]\n', "can set consumers only to files in its folder"),
        ('[diff]\nreport = ["json", "html=../r.html"]\n', "can set report only to files below its folder"),
        ('[diff]\nreport = ["json=/tmp/r.json"]\n', "can set report only to files below its folder"),
        ('[diff]\nreport = ["json=link/r.json"]\n', "can set report only to files below its folder"),
        ('[diff]\nreport = ["json=.git/hooks/post-commit"]\n', "can set report only to files below its folder"),
        ('[verify]\nprofile-out = "../p.yaml"\n', "can set profile-out only to files below its folder"),
        ('[mock]\nrecord = "/tmp/recorded"\n', "can set record only to files below its folder"),
        ('[verify]\nkey-env = "AWS_SECRET_ACCESS_KEY"\n', "does not take key-env"),
        ('[judge]\nbase-url = "https://evil.example/v1"\n', "does not take base-url from a file that it found"),
        ('[report]\nbase-url = "https://evil.example/v1"\n', "does not take base-url from a file that it found"),
        ('[parity]\nkey-env-b = "AWS_SECRET_ACCESS_KEY"\n', "does not take key-env-b"),
        ('[verify]\nresume = "run.jsonl"\n', "does not take resume"),
        ('[verify]\nreplay = "report.json"\n', "does not take replay"),
        ("[record]\nforward-all = true\n", "does not take forward-all"),
        ('[diff]\noverlay-out = ".venv/bin/activate"\n', "can set overlay-out only to files that are not hidden"),
        ('[diff]\nwrite-waivers = "environment/x.yaml"\n', "can set write-waivers only to files that are not hidden"),
        ('[mock]\nrecord = "environment"\n', "only to files that are not hidden and not in installed packages"),
        ('[diff]\nreport = ["json=node_modules/x/package.json"]\n', "not in installed packages"),
        ('[diff]\nreport = ["text=build/environment.sh"]\n', "can set report only to files that end with .har, .html"),
    ],
)
def test_file_that_nobody_named_runs_no_command_chooses_no_receiver_of_keys_and_writes_nothing_outside(
    folder: Path, text: str, said: str
) -> None:
    (folder / "project").mkdir()
    (folder / "project" / "link").symlink_to(folder)
    os.chdir(folder / "project")
    Path("environment").mkdir()
    Path("environment/pyvenv.cfg").touch()
    Path(OWN_FILE).write_text(text)
    result = run("verify", "ftp://x", "-v")
    assert (result.exit_code, said in result.stderr, "name it with --config" in result.stderr) == (2, True, True)
    assert "s3cr3t" not in result.output
    named = run("--config", OWN_FILE, "verify", "ftp://x", "-v")
    assert "name it with --config" not in named.stderr


def test_every_option_that_such_a_file_may_set_exists() -> None:
    schema = json.dumps(config_schema(all_commands()))
    assert [name for name in CAN_BE_FOUND if f'"{name}": {{' not in schema] == []


@pytest.mark.parametrize(
    "text",
    [
        '[diff]\nreport = ["json=build/r.json", "text"]\n[verify]\nprofile-out = "p.yaml"\ninsecure = false\n',
        '[verify]\nreport = ["junit=build/r.xml", "http=r.http", "har=r.har"]\n',
        '[mock]\nrecord = "recorded"\nspec = "shop/../chat.yaml"\nlatitude = "fastapi"\n',
        '[diff]\nseverity = "tolerant"\nwaivers = "ci/waivers.yaml"\nallow-ref-outside = false\n',
    ],
)
def test_file_that_nobody_named_may_set_other_options(folder: Path, text: str) -> None:
    (folder / OWN_FILE).write_text(text)
    assert run("config").exit_code == 0


def test_configuration_that_links_outside_is_refused_without_showing_its_target(folder: Path) -> None:
    (folder / "project").mkdir()
    (folder / "secret.toml").write_text('token = "s3cr3t"\n')
    os.chdir(folder / "project")
    Path(OWN_FILE).symlink_to(folder / "secret.toml")
    result = run("config")
    assert (result.exit_code, "leads outside" in result.stderr, "s3cr3t" in result.stderr) == (2, True, False)


@pytest.mark.parametrize("name", [OWN_FILE, "pyproject.toml"])
def test_configuration_of_another_user_in_a_shared_folder_is_refused(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / name).write_text("[tool.chat-contract.diff]\nfail-on = 'never'\n" if name != OWN_FILE else "")
    (folder / "inner").mkdir()
    os.chdir(folder / "inner")
    if os.geteuid() == 0:
        os.chown(folder / name, 4321, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 4321)
    assert find_config(Path.cwd()) is not None
    folder.chmod(0o1777)
    with pytest.raises(DocumentError, match="a file of another user"):
        find_config(Path.cwd())
    monkeypatch.setattr(os, "geteuid", (folder / name).stat().st_uid.__int__)
    assert find_config(Path.cwd()) is not None


def test_reports_presets_and_profiles_of_a_file_are_relative_to_it(folder: Path) -> None:
    (folder / OWN_FILE).write_text(
        '[diff]\nreport = ["json=out/r.json", "text"]\nseverity = "s.yaml"\n[mock]\nlatitude = "p.json"\n'
    )
    (folder / "inner").mkdir()
    os.chdir(folder / "inner")
    config = find_config(Path.cwd())
    assert config is not None
    made = default_map(config, all_commands())
    assert made["diff"]["report"] == [f"json={folder / 'out' / 'r.json'}", "text"]
    assert (made["diff"]["severity"], made["mock"]["latitude"]) == (str(folder / "s.yaml"), str(folder / "p.json"))


def test_files_that_a_file_and_variables_name_are_listed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "ci").mkdir()
    (folder / "ci/gate.toml").write_text(
        'overlay = ["ü 1.yaml"]\n[diff]\nwaivers = "../w.yaml"\nreport = ["json=out.json"]\nseverity = "a.yaml"\n'
    )
    monkeypatch.setenv("CHAT_CONTRACT_CONFIG", str(folder / "ci/gate.toml"))
    monkeypatch.setenv("CHAT_CONTRACT_DIFF_SEVERITY", "/etc/b.yaml")
    monkeypatch.setenv("CHAT_CONTRACT_DIFF_CONSUMERS", f"c.yaml{os.pathsep}d.yaml")
    result = run("config", "--files")
    expected = ["/etc/b.yaml", "c.yaml", "ci/gate.toml", "ci/ü 1.yaml", "d.yaml", "w.yaml"]
    assert (result.exit_code, result.stdout.splitlines()) == (0, expected)
