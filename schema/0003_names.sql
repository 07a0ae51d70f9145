-- The ledger, version 3: names and notes for states, states from other ledgers, and
-- history asked by time, person and tag.

-- What people call a state, and what they write to it: outside every hash. Each row is one event of
-- kind 'name' or 'note' (derived); the last one of a kind for a state is in force.
CREATE TABLE _label (
  event      INTEGER PRIMARY KEY REFERENCES _event,
  kind       TEXT NOT NULL CHECK (kind IN ('name', 'note')),
  experiment INTEGER NOT NULL REFERENCES _experiment,
  text       TEXT -- null: taken off
);
CREATE INDEX _label_by_experiment ON _label (kind, experiment, event);
CREATE INDEX _label_by_text ON _label (text) WHERE kind = 'name';

-- What a state is called in the ledger that it came from, where its segments are others (derived from
-- merge and import events).
CREATE TABLE _alias (
  hash       TEXT NOT NULL,
  experiment INTEGER NOT NULL REFERENCES _experiment,
  event      INTEGER NOT NULL REFERENCES _event, -- that brought it
  PRIMARY KEY (hash, experiment)
) WITHOUT ROWID;

CREATE INDEX _alias_by_experiment ON _alias (experiment);

CREATE INDEX _event_by_time ON _event (at_us);
CREATE INDEX _event_by_actor ON _event (actor, seq);
CREATE INDEX _event_by_parent ON _event (from_experiment, seq);
-- What changed a hyperparameter, without reading the rest.
CREATE INDEX _event_of_config ON _event (seq) WHERE config IS NOT from_config;

-- Which changes took or gave which tags: only of samples whose tags changed. With the way from a tag
-- to its sets (_tagset_tag) and from those to pairs of sets, a tag's history is a seek.
CREATE INDEX _edge_change_by_tags
  ON _edge_change (ifnull(new_tagset, 1), ifnull(old_tagset, 1))
  WHERE ifnull(old_tagset, 1) <> ifnull(new_tagset, 1);
CREATE INDEX _tagset_change_by_added ON _tagset_change (added);
CREATE INDEX _tagset_change_by_removed ON _tagset_change (removed);

-- Which samples of a run's difference from its root have a tag.
CREATE INDEX _run_sample_by_tagset ON _run_sample (tagset);

-- Down the tree of data states: how often a tag occurs in each is counted from its base.
CREATE INDEX _data_state_by_base ON _data_state (base) WHERE base IS NOT NULL;
