"""An empty project, and one that the script has set up."""

from pathlib import Path

import pytest

from tests.deploy.desk import TOKEN, Desk

NAME = "Access's $(touch forged) desk"
MORE = f"""
# mail
SMTP_HOST=mail.example.com
SMTP_SENDER_ADDRESS=countersign@example.com
SMTP_SENDER_NAME={NAME}
SMTP_ADDRESS_MAPPING=user.email.extract('{{handle}}@example.com') + '@mail.example.com'
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(scope="package")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A project that was empty, after the lines that were printed were run."""
    desk = Desk(tmp_path_factory.mktemp("deployed"))
    (desk.folder / "more.env").write_text(MORE)
    desk.environ["SETTINGS"] = str(desk.folder / "more.env")
    (desk.folder / "lines.sh").write_text(desk.run().stdout)
    done = desk.called(["sh", "-eu", "lines.sh"])
    assert done.returncode == 0, done.stderr
    assert TOKEN not in done.stdout + done.stderr
    return desk


@pytest.fixture(scope="package")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A project in which Cloud Scheduler sweeps, brought up to date once."""
    desk = Desk(tmp_path_factory.mktemp("swept"))
    for _ in range(2):
        done = desk.run("--apply", SWEEP="1")
        assert done.returncode == 0, done.stderr
    return desk
