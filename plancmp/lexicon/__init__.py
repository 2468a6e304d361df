"""Word lists as data (TOML) and their typed, cached loader."""
