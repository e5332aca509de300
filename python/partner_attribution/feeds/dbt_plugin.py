"""Lands the deliveries when dbt opens its DuckDB database.

profiles.yml:

    plugins:
      - module: partner_attribution.feeds.dbt_plugin
        config:
          data_dir: "{{ env_var('DATA_DIR', 'demo/deliveries') }}"
          project_dir: .
          seeds_dir: seeds
          reporting_currency: USD  # empty: as dbt_project.yml says
"""

import os
import threading
from pathlib import Path
from typing import Any

import yaml
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.adapters.events.logging import AdapterLogger
from duckdb import DuckDBPyConnection

from partner_attribution.feeds.landing import LandingReport, land

_KEYS = ("data_dir", "seeds_dir", "project_dir", "reporting_currency")
_one_at_a_time = threading.Lock()
_log = AdapterLogger("Feeds")


class Plugin(BasePlugin):
    """dbt-duckdb plugin; data_dir and seeds_dir are relative to project_dir."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Read the four settings from profiles.yml."""
        config = {key: str(plugin_config[key]) for key in _KEYS if plugin_config.get(key)}
        self.project_dir = Path(config.get("project_dir", ".")).resolve()
        self.data_dir = self.project_dir / config.get("data_dir", "demo/deliveries")
        self.seeds_dir = self.project_dir / config.get("seeds_dir", "seeds")
        self.reporting_currency = config.get("reporting_currency") or self._project_currency()

    def _project_currency(self) -> str:
        project = self.project_dir / "dbt_project.yml"
        settings = yaml.safe_load(project.read_text()) if project.is_file() else {}
        return str((settings.get("vars") or {}).get("reporting_currency") or "USD")

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Land what arrived; quick when nothing changed."""
        with _one_at_a_time:
            report = land(
                conn,
                self.data_dir,
                self.seeds_dir,
                self.project_dir,
                reporting_currency=self.reporting_currency,
            )
        self._tell(report)

    def _tell(self, report: LandingReport) -> None:
        if report.skipped:
            return
        own_seeds = self.data_dir / "seeds"
        if own_seeds.is_dir() and not os.environ.get("SEEDS_DIR"):
            _log.warning(
                f"feeds: {own_seeds} is not used; the lookups come from {self.seeds_dir}."
                f" Build with `DATA_DIR={self.data_dir} make build`, which uses both."
            )
        rows = report.rows or {}
        _log.info(
            f"feeds: {rows.get('rows_read', 0)} rows read, {rows.get('rows_landed', 0)} landed,"
            f" {rows.get('rows_rejected', 0)} rejected, from {len(report.feeds)} feeds;"
            f" {len(report.kept)} tables of feeds had not changed"
        )
        for status in report.failed:
            _log.warning(f"feeds: {status.message}")
