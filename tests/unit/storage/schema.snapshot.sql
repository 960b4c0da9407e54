CREATE INDEX research_by_time ON research (created_at);

CREATE INDEX run_strategies_by_text ON run_strategies (hash);

CREATE INDEX runs_by_time ON runs (created_at);

CREATE INDEX trials_by_dataset ON trials (dataset);

CREATE INDEX version_chunks_by_chunk ON version_chunks (chunk_id);

CREATE TABLE adjustment_events (
    instrument_id TEXT NOT NULL REFERENCES instruments (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('split', 'dividend')),
    day INTEGER NOT NULL,
    value REAL NOT NULL,
    reference_price REAL,
    source TEXT NOT NULL,
    PRIMARY KEY (instrument_id, day, kind)
  ) STRICT;

CREATE TABLE chunks (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    bar_count INTEGER NOT NULL,
    first_time INTEGER NOT NULL,
    last_time INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT;

CREATE TABLE dataset_versions (
    dataset_id TEXT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    bar_count INTEGER NOT NULL,
    first_time INTEGER NOT NULL,
    last_time INTEGER NOT NULL,
    bytes_on_disk INTEGER NOT NULL,
    source TEXT NOT NULL,
    fetched_at INTEGER NOT NULL,
    adjustment TEXT NOT NULL,
    PRIMARY KEY (dataset_id, version)
  ) STRICT;

CREATE TABLE datasets (
    id TEXT PRIMARY KEY,
    instrument_id TEXT NOT NULL REFERENCES instruments (id),
    timeframe TEXT NOT NULL,
    current_version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (instrument_id, timeframe)
  ) STRICT;

CREATE TABLE documents (
    name TEXT PRIMARY KEY,
    json TEXT NOT NULL,
    saved_at INTEGER NOT NULL
  ) STRICT;

CREATE TABLE instruments (
    id TEXT PRIMARY KEY,
    symbol TEXT NOT NULL,
    venue TEXT NOT NULL,
    name TEXT NOT NULL,
    asset_class TEXT NOT NULL,
    currency TEXT NOT NULL,
    calendar TEXT NOT NULL,
    tick_size REAL NOT NULL,
    lot_size REAL NOT NULL
  ) STRICT;

CREATE TABLE quality_reports (
    dataset_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    warnings INTEGER NOT NULL,
    report TEXT NOT NULL,
    PRIMARY KEY (dataset_id, version),
    FOREIGN KEY (dataset_id, version)
      REFERENCES dataset_versions (dataset_id, version) ON DELETE CASCADE
  ) STRICT;

CREATE TABLE research (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    title TEXT NOT NULL,
    dataset_id TEXT NOT NULL,
    data_hash TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'done', 'failed')),
    next_place INTEGER NOT NULL,
    total INTEGER NOT NULL,
    message TEXT,
    request TEXT NOT NULL,
    summary TEXT
  ) STRICT;

CREATE TABLE research_rows (
    research_id TEXT NOT NULL REFERENCES research (id) ON DELETE CASCADE,
    first_place INTEGER NOT NULL,
    next_place INTEGER NOT NULL,
    row_count INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    rows BLOB NOT NULL,
    PRIMARY KEY (research_id, first_place)
  ) STRICT;

CREATE TABLE run_strategies (
    run_id TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    hash TEXT NOT NULL REFERENCES strategy_texts (hash),
    language TEXT NOT NULL,
    file TEXT NOT NULL,
    trusted INTEGER NOT NULL
  ) STRICT;

CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL,
    summary TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    result BLOB NOT NULL
  ) STRICT;

CREATE TABLE strategy_texts (
    hash TEXT PRIMARY KEY,
    text TEXT NOT NULL
  ) STRICT;

CREATE TABLE trials (
    id TEXT PRIMARY KEY,
    dataset TEXT NOT NULL,
    strategy TEXT NOT NULL,
    source TEXT NOT NULL,
    at INTEGER NOT NULL,
    trials INTEGER NOT NULL,
    sharpe_mean REAL,
    sharpe_deviation REAL,
    record BLOB
  ) STRICT;

CREATE TABLE version_chunks (
    dataset_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    position INTEGER NOT NULL,
    chunk_id INTEGER NOT NULL REFERENCES chunks (id),
    first_time INTEGER NOT NULL,
    last_time INTEGER NOT NULL,
    PRIMARY KEY (dataset_id, version, position),
    FOREIGN KEY (dataset_id, version)
      REFERENCES dataset_versions (dataset_id, version) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
