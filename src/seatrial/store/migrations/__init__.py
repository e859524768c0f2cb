"""Changes to the projections, applied by Alembic when a ledger's version differs from ours."""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from seatrial.store.schema import version


def upgrade(connection: Connection) -> None:
    """Apply every revision that the database lacks, inside the caller's transaction."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)
    environment = EnvironmentContext(config, script)
    environment.configure(
        connection=connection,
        version_table=version.name,
        fn=lambda revision, _: script._upgrade_revs("head", revision),  # noqa: SLF001 - as Alembic's manual does
    )
    environment.run_migrations()
