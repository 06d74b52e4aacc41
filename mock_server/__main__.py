"""``python -m mock_server``: serve the mock without the rest of the command line."""

from mock_server.cli import mock

if __name__ == "__main__":
    mock.main(prog_name="python -m mock_server")
