-- The ledger, version 1: what is recorded. Read it through the views (views.sql; start with
-- `SELECT * FROM about`); these tables are the library's own and may change with its version.
--
-- History is the truth. _event, and what an event names (components, configurations, models, data
-- edges, checkpoints), is only ever added to. What can be rebuilt from it is marked "derived".
-- Times are microseconds since 1970-01-01 UTC, whole milliseconds. Digests are SHA-256, 32 bytes.

-- What this file is: 'ledger' (its own random name), 'views' (the version of the views in it).
CREATE TABLE _meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

-- ---- what a state is made of ------------------------------------------------------------------

-- One distinct model, configuration or data state, told apart by the digest of its canonical text.
CREATE TABLE _component (
  id      INTEGER PRIMARY KEY,
  kind    TEXT NOT NULL CHECK (kind IN ('model', 'config', 'data')),
  digest  BLOB NOT NULL CHECK (typeof(digest) = 'blob' AND length(digest) = 32),
  segment TEXT NOT NULL CHECK (length(segment) = 8 AND segment <> '00000000'),
  -- Where in the digest's hex text the segment stands: 0, or more after a clash.
  shift   INTEGER NOT NULL CHECK (shift IN (0, 8, 16, 24, 32, 40, 48, 56)),
  UNIQUE (kind, digest),
  UNIQUE (kind, segment)
);

-- One recorded configuration: its whole content. Several may count as one component, when they
-- differ only in ignored paths.
CREATE TABLE _config (
  id        INTEGER PRIMARY KEY,
  component INTEGER NOT NULL REFERENCES _component,
  digest    BLOB NOT NULL CHECK (typeof(digest) = 'blob' AND length(digest) = 32),
  content   TEXT NOT NULL, -- canonical JSON, nothing ignored
  UNIQUE (component, digest)
);

-- Its values, one row each (derived from content).
CREATE TABLE _config_leaf (
  config  INTEGER NOT NULL REFERENCES _config,
  path    TEXT NOT NULL, -- JSON Pointer
  type    TEXT NOT NULL, -- null boolean integer real text; object and array when empty
  value   TEXT NOT NULL, -- canonical JSON
  number  NUMERIC,       -- of an integer or real
  ignored INTEGER NOT NULL CHECK (ignored IN (0, 1)), -- left out of the component's digest
  PRIMARY KEY (config, path)
) WITHOUT ROWID;
CREATE INDEX _config_leaf_by_path ON _config_leaf (path, number);

-- Bytes that a caller gave: opaque models, saved architectures.
CREATE TABLE _blob (
  id      INTEGER PRIMARY KEY,
  digest  BLOB NOT NULL UNIQUE CHECK (typeof(digest) = 'blob' AND length(digest) = 32),
  content BLOB NOT NULL
);

-- One model: described, or opaque bytes.
CREATE TABLE _model (
  component    INTEGER PRIMARY KEY REFERENCES _component,
  description  TEXT,                     -- JSON; null when opaque
  opaque       INTEGER REFERENCES _blob, -- null when described
  architecture INTEGER REFERENCES _blob, -- what to save as architecture.pkl; null: made from above
  CHECK ((description IS NULL) <> (opaque IS NULL))
);

-- Its modules (derived from description). The class itself has the name ''.
CREATE TABLE _model_module (
  component INTEGER NOT NULL REFERENCES _component,
  name      TEXT NOT NULL,
  entry     TEXT NOT NULL, -- type and attributes, as in the canonical text: Linear_in4_out16
  PRIMARY KEY (component, name)
) WITHOUT ROWID;

-- ---- data states ------------------------------------------------------------------------------

CREATE TABLE _sample (
  id  INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE CHECK (typeof(uid) = 'text')
);

CREATE TABLE _tag (
  id  INTEGER PRIMARY KEY,
  tag TEXT NOT NULL UNIQUE CHECK (typeof(tag) = 'text')
);

-- A set of tags as samples have it. Number 1 is the empty set.
CREATE TABLE _tagset (
  id   INTEGER PRIMARY KEY,
  tags TEXT NOT NULL UNIQUE -- sorted, joined by commas, escaped as in the canonical text
);
CREATE TABLE _tagset_tag (
  tagset INTEGER NOT NULL REFERENCES _tagset,
  tag    INTEGER NOT NULL REFERENCES _tag,
  PRIMARY KEY (tagset, tag)
) WITHOUT ROWID;
CREATE INDEX _tagset_tag_by_tag ON _tagset_tag (tag, tagset);
INSERT INTO _tagset (id, tags) VALUES (1, '');

-- What came and what went between two sets that some change has on its two sides (derived).
CREATE TABLE _tagset_change (
  from_tagset INTEGER NOT NULL REFERENCES _tagset,
  to_tagset   INTEGER NOT NULL REFERENCES _tagset,
  added       INTEGER NOT NULL REFERENCES _tagset,
  removed     INTEGER NOT NULL REFERENCES _tagset,
  PRIMARY KEY (from_tagset, to_tagset)
) WITHOUT ROWID;

-- The differences between two data states, stored once for the pair, read in either direction.
CREATE TABLE _data_edge (
  id           INTEGER PRIMARY KEY,
  from_state   INTEGER REFERENCES _component, -- null: from nothing
  to_state     INTEGER NOT NULL REFERENCES _component,
  change_count INTEGER NOT NULL,
  digest       BLOB NOT NULL CHECK (typeof(digest) = 'blob' AND length(digest) = 32), -- of the rows
  UNIQUE (from_state, to_state)
);
-- Null means: not in the state.
CREATE TABLE _edge_change (
  edge          INTEGER NOT NULL REFERENCES _data_edge,
  sample        INTEGER NOT NULL REFERENCES _sample,
  old_discarded INTEGER,
  new_discarded INTEGER,
  old_tagset    INTEGER REFERENCES _tagset,
  new_tagset    INTEGER REFERENCES _tagset,
  PRIMARY KEY (edge, sample)
) WITHOUT ROWID;
CREATE INDEX _edge_change_by_sample ON _edge_change (sample, edge);

-- Where in the tree of edges a data state hangs: follow base up to the root, whose edge comes from
-- nothing and holds every sample.
CREATE TABLE _data_state (
  component INTEGER PRIMARY KEY REFERENCES _component,
  edge      INTEGER NOT NULL REFERENCES _data_edge, -- from base (nothing for a root) to this state
  base      INTEGER REFERENCES _component,          -- null for a root
  root      INTEGER NOT NULL REFERENCES _component,
  depth     INTEGER NOT NULL, -- edges from the root
  total     INTEGER NOT NULL, -- samples
  discarded INTEGER NOT NULL,
  tagged    INTEGER NOT NULL
);

-- ---- experiments, runs, events ----------------------------------------------------------------

CREATE TABLE _experiment (
  id     INTEGER PRIMARY KEY,
  hash   TEXT NOT NULL UNIQUE CHECK (length(hash) = 24),
  model  INTEGER REFERENCES _component, -- null: absent
  config INTEGER REFERENCES _component,
  data   INTEGER REFERENCES _component,
  dumped INTEGER REFERENCES _event      -- the first dump; null: no directory of its own (derived)
);
CREATE INDEX _experiment_by_model ON _experiment (model);
CREATE INDEX _experiment_by_config ON _experiment (config);
CREATE INDEX _experiment_by_data ON _experiment (data);

-- One line of history (derived, but for its name).
CREATE TABLE _run (
  id              INTEGER PRIMARY KEY,
  name            TEXT NOT NULL UNIQUE,
  head            INTEGER REFERENCES _experiment, -- null: empty
  head_config     INTEGER REFERENCES _config,     -- the recorded configuration of the head
  baseline        INTEGER REFERENCES _experiment, -- what pending is measured against; null: nothing
  from_checkpoint INTEGER REFERENCES _checkpoint, -- what training goes on from; null: unknown
  first_step      INTEGER                         -- first step trained since then; null: unknown
);

-- What each run's head differs in from the root of its data state (derived): with the root's edge
-- it makes the current state plain SQL. discarded null: not in the state.
CREATE TABLE _run_sample (
  run       INTEGER NOT NULL REFERENCES _run,
  sample    INTEGER NOT NULL REFERENCES _sample,
  discarded INTEGER,
  tagset    INTEGER REFERENCES _tagset,
  PRIMARY KEY (run, sample)
) WITHOUT ROWID;

-- One training session: where and with what code. Outside every hash.
CREATE TABLE _session (
  id         INTEGER PRIMARY KEY,
  started_us INTEGER NOT NULL,
  ended_us   INTEGER,
  run        INTEGER NOT NULL REFERENCES _run,
  host       TEXT,
  user       TEXT,
  pid        INTEGER,
  program    TEXT,
  arguments  TEXT,
  git_commit TEXT,
  git_dirty  INTEGER, -- 1: the work tree differed from the commit …
  git_diff   BLOB,    -- … and this is the digest of the difference
  libraries  TEXT     -- JSON: name to version
);

-- What happened, in order. Only ever added to. `chain` is the digest of the chain before it and of
-- everything the event says (src/ledger_event.c has the list), so that rewriting shows.
CREATE TABLE _event (
  seq             INTEGER PRIMARY KEY,
  op              TEXT NOT NULL UNIQUE, -- random name of the operation: to look it up after a failed commit
  at_us           INTEGER NOT NULL CHECK (typeof(at_us) = 'integer'),
  run             INTEGER NOT NULL REFERENCES _run,
  session         INTEGER REFERENCES _session,
  kind            TEXT NOT NULL,
  experiment      INTEGER REFERENCES _experiment, -- the head after it
  from_experiment INTEGER REFERENCES _experiment, -- the head before it
  config          INTEGER REFERENCES _config,     -- the recorded configuration after it
  from_config     INTEGER REFERENCES _config,
  edge            INTEGER REFERENCES _data_edge,  -- how the samples changed; null: they did not
  reversed        INTEGER NOT NULL DEFAULT 0 CHECK (reversed IN (0, 1)), -- the edge read backwards
  -- The data state that the run begins with here (reversed: that it leaves for none), when no edge
  -- from nothing holds its rows: it hangs on a state that was known already.
  begins          INTEGER REFERENCES _data_state,
  step            INTEGER,                        -- of a checkpoint, or switched to
  actor           TEXT NOT NULL,
  reason          TEXT,
  detail          TEXT, -- JSON: what else its kind has to say
  chain           BLOB NOT NULL CHECK (typeof(chain) = 'blob' AND length(chain) = 32)
);
CREATE INDEX _event_by_run ON _event (run, seq);
CREATE INDEX _event_by_experiment ON _event (experiment, seq);
CREATE INDEX _event_by_from ON _event (run, from_experiment, seq);
CREATE INDEX _event_by_begins ON _event (begins, seq) WHERE begins IS NOT NULL;
CREATE INDEX _event_by_edge ON _event (edge, seq) WHERE edge IS NOT NULL;

-- Which configuration paths do not count, since when (derived from ignore and unignore events).
CREATE TABLE _ignored_path (
  path       TEXT NOT NULL, -- JSON Pointer
  from_event INTEGER NOT NULL REFERENCES _event,
  to_event   INTEGER REFERENCES _event, -- null: still ignored
  PRIMARY KEY (path, from_event)
) WITHOUT ROWID;

-- ---- files and metrics ------------------------------------------------------------------------

-- A dumped file. A row means that the file exists. Paths are relative to the root.
CREATE TABLE _file (
  path       TEXT PRIMARY KEY,
  experiment INTEGER NOT NULL REFERENCES _experiment,
  component  INTEGER NOT NULL REFERENCES _component,
  config     INTEGER REFERENCES _config, -- for config.yaml: which content it holds
  size       INTEGER NOT NULL,
  sha256     BLOB NOT NULL CHECK (typeof(sha256) = 'blob' AND length(sha256) = 32),
  event      INTEGER NOT NULL REFERENCES _event
) WITHOUT ROWID;
CREATE INDEX _file_by_component ON _file (component);
CREATE INDEX _file_by_experiment ON _file (experiment);

-- One saved set of weights. A row in state 'present' means that the file exists.
CREATE TABLE _checkpoint (
  id              INTEGER PRIMARY KEY,
  event           INTEGER NOT NULL UNIQUE REFERENCES _event,
  run             INTEGER NOT NULL REFERENCES _run,
  experiment      INTEGER NOT NULL REFERENCES _experiment,
  step            INTEGER NOT NULL CHECK (typeof(step) = 'integer' AND step >= 0),
  path            TEXT NOT NULL,
  size            INTEGER NOT NULL,
  sha256          BLOB NOT NULL CHECK (typeof(sha256) = 'blob' AND length(sha256) = 32),
  state           TEXT NOT NULL CHECK (state IN ('present', 'replaced', 'removed')),
  note            TEXT, -- JSON
  from_checkpoint INTEGER REFERENCES _checkpoint, -- what training came from; null: unknown or scratch
  first_step      INTEGER,                        -- first step trained since; null: unknown
  pending         INTEGER NOT NULL                -- bits: 1 model, 2 config, 4 data
);
CREATE INDEX _checkpoint_by_experiment ON _checkpoint (experiment, step);
CREATE INDEX _checkpoint_by_run ON _checkpoint (run, id);
CREATE UNIQUE INDEX _checkpoint_by_path ON _checkpoint (path) WHERE state = 'present';

CREATE TABLE _metric_name (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);
CREATE TABLE _metric (
  run        INTEGER NOT NULL REFERENCES _run,
  name       INTEGER NOT NULL REFERENCES _metric_name,
  step       INTEGER NOT NULL,
  experiment INTEGER NOT NULL REFERENCES _experiment,
  value      REAL, -- null: not a number
  at_us      INTEGER NOT NULL,
  PRIMARY KEY (run, name, step, experiment)
) WITHOUT ROWID;
CREATE INDEX _metric_by_experiment ON _metric (experiment, name, step);

-- Work that puts files into the tree and has not been recorded yet: finished or undone at the next
-- opening when the process that did it is gone (src/manager_recover.c).
CREATE TABLE _intent (
  op     TEXT PRIMARY KEY,
  at_us  INTEGER NOT NULL,
  detail TEXT NOT NULL -- JSON: all that is needed to finish
) WITHOUT ROWID;
