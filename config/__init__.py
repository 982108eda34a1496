"""Settings of the server; see `settings.load` and `default.toml`."""

from config.settings import Settings, SettingsError, load

__all__ = ["Settings", "SettingsError", "load"]
