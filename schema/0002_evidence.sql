-- The ledger, version 2: everything that it says can be checked, and training says where its weights
-- come from.

-- Which list of fields `chain` is made from: 1 or 2 (src/ledger_event.c has both).
ALTER TABLE _event ADD COLUMN chain_version INTEGER NOT NULL DEFAULT 1;

-- Digest of everything that is known about a session when it begins (src/ledger_session.c has the
-- list): part of the chain of each of its events. Null in ledgers from before, until they are next
-- opened for writing.
ALTER TABLE _session ADD COLUMN digest BLOB CHECK (digest IS NULL OR length(digest) = 32);
-- How it ended: 'closed', or 'died' as the next trainer found. Null: it has not, or nobody knows.
ALTER TABLE _session ADD COLUMN outcome TEXT CHECK (outcome IN ('closed', 'died'));
CREATE INDEX _session_by_run ON _session (run, id);

-- What is known about where the weights come from: 'checkpoint' (from_checkpoint names it), 'start'
-- (nothing was there to come from) or 'unknown'.
ALTER TABLE _run ADD COLUMN origin TEXT NOT NULL DEFAULT 'unknown'
  CHECK (origin IN ('checkpoint', 'start', 'unknown'));
ALTER TABLE _checkpoint ADD COLUMN origin TEXT NOT NULL DEFAULT 'unknown'
  CHECK (origin IN ('checkpoint', 'start', 'unknown'));
UPDATE _run SET origin = 'checkpoint' WHERE from_checkpoint IS NOT NULL;
UPDATE _checkpoint SET origin = 'checkpoint' WHERE from_checkpoint IS NOT NULL;

-- The event that took a checkpoint's file away; null: its file is there, or was replaced.
ALTER TABLE _checkpoint ADD COLUMN removed INTEGER REFERENCES _event;

CREATE INDEX _checkpoint_by_origin ON _checkpoint (from_checkpoint)
  WHERE from_checkpoint IS NOT NULL;

-- One metric of one state in one run (derived from _metric), so that nobody has to read its values
-- to know that it is there. `digest` is the sum of its values' digests (src/ledger_metric.c), so
-- that a changed, added or lost value shows; null in ledgers from before, until they are next opened
-- for writing.
CREATE TABLE _metric_series (
  run         INTEGER NOT NULL REFERENCES _run,
  name        INTEGER NOT NULL REFERENCES _metric_name,
  experiment  INTEGER NOT NULL REFERENCES _experiment,
  value_count INTEGER NOT NULL,
  first_step  INTEGER NOT NULL,
  last_step   INTEGER NOT NULL,
  digest      BLOB CHECK (digest IS NULL OR length(digest) = 16),
  PRIMARY KEY (run, name, experiment)
) WITHOUT ROWID;
CREATE INDEX _metric_series_by_experiment ON _metric_series (experiment, name);
INSERT INTO _metric_series (run, name, experiment, value_count, first_step, last_step)
SELECT run, name, experiment, count(*), min(step), max(step) FROM _metric
GROUP BY run, name, experiment;
