PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE _meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO _meta VALUES('ledger','3efecd7dfe66c317044d5839e1d1e388');
INSERT INTO _meta VALUES('views','1');
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
INSERT INTO _component VALUES(1,'model',X'4b16d53c7e466da539c86a87971aa7b7b45e3eeddd8c3711f5ad291f417e9945','4b16d53c',0);
INSERT INTO _component VALUES(2,'config',X'b103fafe40ebfd119444386b777e013b094110ab6d550856c21924645b0d5105','b103fafe',0);
INSERT INTO _component VALUES(3,'data',X'ee0b457523df0cc485ceaa3ba69c6fdcbb9995986eae57c6f71f3a2a1a60c1eb','ee0b4575',0);
INSERT INTO _component VALUES(4,'data',X'90975594944ce765c0d33711d6b894622420d6f9b216fae6b0e36d582fa33846','90975594',0);
INSERT INTO _component VALUES(5,'config',X'3b3a21228000e5a840fcae31ff83b107cae92cc6b17503cb8310d9105939ae83','3b3a2122',0);
INSERT INTO _component VALUES(6,'data',X'd64bde1e8bbc2c728cd7f2ee5b43f4f0127cee4b56831a83274552b1e8f02c3c','d64bde1e',0);
CREATE TABLE _config (
  id        INTEGER PRIMARY KEY,
  component INTEGER NOT NULL REFERENCES _component,
  digest    BLOB NOT NULL CHECK (typeof(digest) = 'blob' AND length(digest) = 32),
  content   TEXT NOT NULL, -- canonical JSON, nothing ignored
  UNIQUE (component, digest)
);
INSERT INTO _config VALUES(1,2,X'b103fafe40ebfd119444386b777e013b094110ab6d550856c21924645b0d5105','{"lr": 0.1, "root": "/a"}');
INSERT INTO _config VALUES(2,5,X'cd4f7b6d440f140a4d7e210fe1b270eaec199c99c10adb9e9a66158e514ef9bc','{"lr": 0.2, "root": "/b"}');
CREATE TABLE _config_leaf (
  config  INTEGER NOT NULL REFERENCES _config,
  path    TEXT NOT NULL, -- JSON Pointer
  type    TEXT NOT NULL, -- null boolean integer real text; object and array when empty
  value   TEXT NOT NULL, -- canonical JSON
  number  NUMERIC,       -- of an integer or real
  ignored INTEGER NOT NULL CHECK (ignored IN (0, 1)), -- left out of the component's digest
  PRIMARY KEY (config, path)
) WITHOUT ROWID;
INSERT INTO _config_leaf VALUES(1,'/lr','real','0.1',0.10000000000000000555,0);
INSERT INTO _config_leaf VALUES(1,'/root','text','"/a"',NULL,0);
INSERT INTO _config_leaf VALUES(2,'/lr','real','0.2',0.2000000000000000111,0);
INSERT INTO _config_leaf VALUES(2,'/root','text','"/b"',NULL,1);
CREATE TABLE _blob (
  id      INTEGER PRIMARY KEY,
  digest  BLOB NOT NULL UNIQUE CHECK (typeof(digest) = 'blob' AND length(digest) = 32),
  content BLOB NOT NULL
);
CREATE TABLE _model (
  component    INTEGER PRIMARY KEY REFERENCES _component,
  description  TEXT,                     -- JSON; null when opaque
  opaque       INTEGER REFERENCES _blob, -- null when described
  architecture INTEGER REFERENCES _blob, -- what to save as architecture.pkl; null: made from above
  CHECK ((description IS NULL) <> (opaque IS NULL))
);
INSERT INTO _model VALUES(1,'{"class": "Net", "modules": [{"name": "fc", "type": "Linear", "attributes": {"in": 4, "out": 3}}]}',NULL,NULL);
CREATE TABLE _model_module (
  component INTEGER NOT NULL REFERENCES _component,
  name      TEXT NOT NULL,
  entry     TEXT NOT NULL, -- type and attributes, as in the canonical text: Linear_in4_out16
  PRIMARY KEY (component, name)
) WITHOUT ROWID;
INSERT INTO _model_module VALUES(1,'','Net');
INSERT INTO _model_module VALUES(1,'fc','Linear_in4_out3');
CREATE TABLE _sample (
  id  INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE CHECK (typeof(uid) = 'text')
);
INSERT INTO _sample VALUES(1,'a');
INSERT INTO _sample VALUES(2,'b');
INSERT INTO _sample VALUES(3,'c');
CREATE TABLE _tag (
  id  INTEGER PRIMARY KEY,
  tag TEXT NOT NULL UNIQUE CHECK (typeof(tag) = 'text')
);
INSERT INTO _tag VALUES(1,'hard');
CREATE TABLE _tagset (
  id   INTEGER PRIMARY KEY,
  tags TEXT NOT NULL UNIQUE -- sorted, joined by commas, escaped as in the canonical text
);
INSERT INTO _tagset VALUES(1,'');
INSERT INTO _tagset VALUES(2,'hard');
CREATE TABLE _tagset_tag (
  tagset INTEGER NOT NULL REFERENCES _tagset,
  tag    INTEGER NOT NULL REFERENCES _tag,
  PRIMARY KEY (tagset, tag)
) WITHOUT ROWID;
INSERT INTO _tagset_tag VALUES(2,1);
CREATE TABLE _tagset_change (
  from_tagset INTEGER NOT NULL REFERENCES _tagset,
  to_tagset   INTEGER NOT NULL REFERENCES _tagset,
  added       INTEGER NOT NULL REFERENCES _tagset,
  removed     INTEGER NOT NULL REFERENCES _tagset,
  PRIMARY KEY (from_tagset, to_tagset)
) WITHOUT ROWID;
INSERT INTO _tagset_change VALUES(1,2,2,1);
CREATE TABLE _data_edge (
  id           INTEGER PRIMARY KEY,
  from_state   INTEGER REFERENCES _component, -- null: from nothing
  to_state     INTEGER NOT NULL REFERENCES _component,
  change_count INTEGER NOT NULL,
  digest       BLOB NOT NULL CHECK (typeof(digest) = 'blob' AND length(digest) = 32), -- of the rows
  UNIQUE (from_state, to_state)
);
INSERT INTO _data_edge VALUES(1,NULL,3,3,X'2fe3e423a544691459ee0f3eadcf0fab9a5af29d6a862e2f1133a2e1cbfa0c3c');
INSERT INTO _data_edge VALUES(2,3,4,1,X'dec061c14a36317088d5658501ec01c1c31e52da4a65aafb94b8a8fa68a27d6f');
INSERT INTO _data_edge VALUES(3,4,6,1,X'9b48679921af232f0a207c18359dfc73974b2f92b5d9253174411cff3cec638d');
CREATE TABLE _edge_change (
  edge          INTEGER NOT NULL REFERENCES _data_edge,
  sample        INTEGER NOT NULL REFERENCES _sample,
  old_discarded INTEGER,
  new_discarded INTEGER,
  old_tagset    INTEGER REFERENCES _tagset,
  new_tagset    INTEGER REFERENCES _tagset,
  PRIMARY KEY (edge, sample)
) WITHOUT ROWID;
INSERT INTO _edge_change VALUES(1,1,NULL,0,NULL,2);
INSERT INTO _edge_change VALUES(1,2,NULL,1,NULL,1);
INSERT INTO _edge_change VALUES(1,3,NULL,0,NULL,1);
INSERT INTO _edge_change VALUES(2,3,0,0,1,2);
INSERT INTO _edge_change VALUES(3,3,0,1,2,2);
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
INSERT INTO _data_state VALUES(3,1,NULL,3,0,3,1,1);
INSERT INTO _data_state VALUES(4,2,3,3,1,3,1,2);
INSERT INTO _data_state VALUES(6,3,4,3,2,3,2,2);
CREATE TABLE _experiment (
  id     INTEGER PRIMARY KEY,
  hash   TEXT NOT NULL UNIQUE CHECK (length(hash) = 24),
  model  INTEGER REFERENCES _component, -- null: absent
  config INTEGER REFERENCES _component,
  data   INTEGER REFERENCES _component,
  dumped INTEGER REFERENCES _event      -- the first dump; null: no directory of its own (derived)
);
INSERT INTO _experiment VALUES(1,'4b16d53cb103fafeee0b4575',1,2,3,2);
INSERT INTO _experiment VALUES(2,'4b16d53cb103fafe90975594',1,2,4,NULL);
INSERT INTO _experiment VALUES(3,'4b16d53c3b3a212290975594',1,5,4,NULL);
INSERT INTO _experiment VALUES(4,'4b16d53cb103fafed64bde1e',1,2,6,NULL);
CREATE TABLE _run (
  id              INTEGER PRIMARY KEY,
  name            TEXT NOT NULL UNIQUE,
  head            INTEGER REFERENCES _experiment, -- null: empty
  head_config     INTEGER REFERENCES _config,     -- the recorded configuration of the head
  baseline        INTEGER REFERENCES _experiment, -- what pending is measured against; null: nothing
  from_checkpoint INTEGER REFERENCES _checkpoint, -- what training goes on from; null: unknown
  first_step      INTEGER                         -- first step trained since then; null: unknown
);
INSERT INTO _run VALUES(1,'main',3,2,1,1,101);
INSERT INTO _run VALUES(2,'other',4,1,1,NULL,NULL);
CREATE TABLE _run_sample (
  run       INTEGER NOT NULL REFERENCES _run,
  sample    INTEGER NOT NULL REFERENCES _sample,
  discarded INTEGER,
  tagset    INTEGER REFERENCES _tagset,
  PRIMARY KEY (run, sample)
) WITHOUT ROWID;
INSERT INTO _run_sample VALUES(1,3,0,2);
INSERT INTO _run_sample VALUES(2,3,1,2);
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
INSERT INTO _event VALUES(1,'6f267493ce5180f8a64a7adf9dfb72e8',1795465554400000,1,NULL,'update',1,NULL,1,NULL,1,0,NULL,NULL,'ada','first',NULL,X'aca9b35bd33c8dcc3dd4096fb1c1615c5e86780bbea007409a857511381f1a70');
INSERT INTO _event VALUES(2,'9d1e1ba5361b9c928f8c4bedb02d6598',1795465554405000,1,NULL,'dump',1,1,1,1,NULL,0,NULL,NULL,'ada',NULL,NULL,X'23391a630ff47df6ad8b2ef3ed6601e79137b201e8200011f43dc214d3f426b7');
INSERT INTO _event VALUES(3,'14565319f0e52229d1113a379c573a79',1795465554432000,1,NULL,'checkpoint',1,1,1,1,NULL,0,NULL,100,'ada',NULL,NULL,X'1dd0aa56203e7f0d3da510a1a782a142b9c94a3604ad0b16105169c47a74b76c');
INSERT INTO _event VALUES(4,'0eb317ddd55c5b7fd4c9fe0095d29a1c',1795465554464000,1,NULL,'tag',2,1,1,1,2,0,NULL,NULL,'ada','looks odd',NULL,X'95227746fa72b6475715c71c1d380e29bf8e79af8e82e96d6d9241dc0f14f38b');
INSERT INTO _event VALUES(5,'47450502cbb929619ceb8c2b68fda1f2',1795465554477000,1,NULL,'ignore',2,2,1,1,NULL,0,NULL,NULL,'ada',NULL,'{"path": "/root"}',X'bc91e789b1f6e0ed75464a173195bd834ebe581bd93824810ec62bdad5e96935');
INSERT INTO _event VALUES(6,'c8e3ca9576e32a8fb21a9a20d55f9090',1795465554491000,1,NULL,'update',3,2,2,1,NULL,0,NULL,NULL,'ada',NULL,NULL,X'26d42ac041621f7ed7d42b97ea328f96f96397c92061a64397eec6f98b299b9c');
INSERT INTO _event VALUES(7,'439d87ccfbc17cb9b28013b331403b7a',1795465554505000,2,NULL,'run',2,NULL,1,NULL,NULL,0,4,NULL,'ada',NULL,NULL,X'5baaa4a61a0c00db15c8b588e22f713f32e5cb2ac99b6a38681fa29700ec3814');
INSERT INTO _event VALUES(8,'bb33028e478d297232bc7260735cbe35',1795465554523000,2,NULL,'discard',4,2,1,1,3,0,NULL,NULL,'ada',NULL,NULL,X'd432852475dad322b5d4c63a02d2720aaffaa04d3d3dc844234b9d1269e8813f');
CREATE TABLE _ignored_path (
  path       TEXT NOT NULL, -- JSON Pointer
  from_event INTEGER NOT NULL REFERENCES _event,
  to_event   INTEGER REFERENCES _event, -- null: still ignored
  PRIMARY KEY (path, from_event)
) WITHOUT ROWID;
INSERT INTO _ignored_path VALUES('/root',5,NULL);
CREATE TABLE _file (
  path       TEXT PRIMARY KEY,
  experiment INTEGER NOT NULL REFERENCES _experiment,
  component  INTEGER NOT NULL REFERENCES _component,
  config     INTEGER REFERENCES _config, -- for config.yaml: which content it holds
  size       INTEGER NOT NULL,
  sha256     BLOB NOT NULL CHECK (typeof(sha256) = 'blob' AND length(sha256) = 32),
  event      INTEGER NOT NULL REFERENCES _event
) WITHOUT ROWID;
INSERT INTO _file VALUES('checkpoints/4b16d53cb103fafeee0b4575/data/4b16d53cb103fafeee0b4575_data_state.yaml',1,3,NULL,51,X'da426c1a3e32b7f7751c0959fe97bc14734180a0b5684989c357454cbbbd344b',2);
INSERT INTO _file VALUES('checkpoints/4b16d53cb103fafeee0b4575/hp/4b16d53cb103fafeee0b4575_config.yaml',1,2,1,17,X'516cc66ad26a98f47be40a499d34c980cd9e1188811a711de442849362a2cda6',2);
INSERT INTO _file VALUES('checkpoints/4b16d53cb103fafeee0b4575/model/4b16d53cb103fafeee0b4575_architecture.pkl',1,1,NULL,121,X'02a37e271b290d1ca32e0544e2ff5343d2335a27c6b9a36e3ebca2b08f2f210e',2);
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
INSERT INTO _checkpoint VALUES(1,3,1,1,100,'checkpoints/4b16d53cb103fafeee0b4575/model/4b16d53cb103fafeee0b4575_step_000100.pt',8,X'1b465fa6b6bcbc06a3199e3d2d8aec35d37494a712f888b6d5536684dd89d0f0','present',NULL,NULL,NULL,0);
CREATE TABLE _metric_name (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);
INSERT INTO _metric_name VALUES(1,'loss');
INSERT INTO _metric_name VALUES(2,'accuracy');
CREATE TABLE _metric (
  run        INTEGER NOT NULL REFERENCES _run,
  name       INTEGER NOT NULL REFERENCES _metric_name,
  step       INTEGER NOT NULL,
  experiment INTEGER NOT NULL REFERENCES _experiment,
  value      REAL, -- null: not a number
  at_us      INTEGER NOT NULL,
  PRIMARY KEY (run, name, step, experiment)
) WITHOUT ROWID;
INSERT INTO _metric VALUES(1,1,100,1,0.5,1795465554432000);
INSERT INTO _metric VALUES(1,2,100,1,0.75,1795465554454000);
CREATE TABLE _intent (
  op     TEXT PRIMARY KEY,
  at_us  INTEGER NOT NULL,
  detail TEXT NOT NULL -- JSON: all that is needed to finish
) WITHOUT ROWID;
CREATE INDEX _config_leaf_by_path ON _config_leaf (path, number);
CREATE INDEX _tagset_tag_by_tag ON _tagset_tag (tag, tagset);
CREATE INDEX _edge_change_by_sample ON _edge_change (sample, edge);
CREATE INDEX _experiment_by_model ON _experiment (model);
CREATE INDEX _experiment_by_config ON _experiment (config);
CREATE INDEX _experiment_by_data ON _experiment (data);
CREATE INDEX _event_by_run ON _event (run, seq);
CREATE INDEX _event_by_experiment ON _event (experiment, seq);
CREATE INDEX _event_by_from ON _event (run, from_experiment, seq);
CREATE INDEX _event_by_begins ON _event (begins, seq) WHERE begins IS NOT NULL;
CREATE INDEX _event_by_edge ON _event (edge, seq) WHERE edge IS NOT NULL;
CREATE INDEX _file_by_component ON _file (component);
CREATE INDEX _file_by_experiment ON _file (experiment);
CREATE INDEX _checkpoint_by_experiment ON _checkpoint (experiment, step);
CREATE INDEX _checkpoint_by_run ON _checkpoint (run, id);
CREATE UNIQUE INDEX _checkpoint_by_path ON _checkpoint (path) WHERE state = 'present';
CREATE INDEX _metric_by_experiment ON _metric (experiment, name, step);
CREATE VIEW changes AS
SELECT event.seq AS seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', event.at_us / 1000000.0, 'unixepoch') AS at,
       event.at_us / 1000000.0 AS at_unix,
       run.name AS run,
       event.kind AS kind,
       before.hash AS from_experiment,
       after.hash AS to_experiment,
       after.model IS NOT before.model AS model_changed,
       after.config IS NOT before.config AS config_changed,
       after.data IS NOT before.data AS data_changed,
       substr(CASE WHEN after.model IS NOT before.model THEN ',model' ELSE '' END ||
              CASE WHEN after.config IS NOT before.config THEN ',config' ELSE '' END ||
              CASE WHEN after.data IS NOT before.data THEN ',data' ELSE '' END, 2) AS changed,
       CASE WHEN left_at.seq IS NULL THEN 0
            WHEN after.dumped IS NOT NULL AND after.dumped < left_at.seq THEN 0
            ELSE 1 END AS superseded,
       event.actor AS actor,
       event.reason AS reason
FROM _event AS event
JOIN _run AS run ON run.id = event.run
JOIN _experiment AS after ON after.id = event.experiment
LEFT JOIN _experiment AS before ON before.id = event.from_experiment
LEFT JOIN _event AS left_at ON left_at.seq = (
  SELECT min(later.seq) FROM _event AS later
  WHERE later.run = event.run AND later.from_experiment = event.experiment
    AND later.seq > event.seq AND later.experiment <> later.from_experiment)
WHERE event.experiment IS NOT event.from_experiment;
CREATE VIEW experiments AS
SELECT experiment.hash AS experiment,
       model.segment AS model,
       config.segment AS config,
       data.segment AS data,
       strftime('%Y-%m-%dT%H:%M:%fZ', first.at_us / 1000000.0, 'unixepoch') AS recorded_at,
       first.at_us / 1000000.0 AS recorded_at_unix,
       run.name AS run,
       experiment.dumped IS NOT NULL AS dumped,
       (SELECT count(*) FROM _checkpoint
        WHERE _checkpoint.experiment = experiment.id AND state = 'present') AS checkpoints,
       state.total AS samples,
       state.discarded AS discarded,
       state.tagged AS tagged
FROM _experiment AS experiment
LEFT JOIN _component AS model ON model.id = experiment.model
LEFT JOIN _component AS config ON config.id = experiment.config
LEFT JOIN _component AS data ON data.id = experiment.data
LEFT JOIN _data_state AS state ON state.component = experiment.data
LEFT JOIN _event AS first ON first.seq = (
  SELECT min(seq) FROM _event WHERE _event.experiment = experiment.id)
LEFT JOIN _run AS run ON run.id = first.run;
CREATE VIEW config_changes AS
SELECT event.seq AS seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', event.at_us / 1000000.0, 'unixepoch') AS at,
       event.at_us / 1000000.0 AS at_unix,
       run.name AS run,
       before.hash AS from_experiment,
       after.hash AS to_experiment,
       leaf.path AS path,
       leaf.change AS change,
       leaf.value_from AS value_from,
       leaf.value_to AS value_to,
       leaf.number_from AS number_from,
       leaf.number_to AS number_to,
       event.actor AS actor,
       event.reason AS reason
FROM _event AS event
JOIN (SELECT moved.seq AS seq, new.path AS path,
             CASE WHEN old.path IS NULL THEN 'added' ELSE 'changed' END AS change,
             old.value AS value_from, new.value AS value_to,
             old.number AS number_from, new.number AS number_to
      FROM _event AS moved
      JOIN _config_leaf AS new ON new.config = moved.config
      LEFT JOIN _config_leaf AS old ON old.config = moved.from_config AND old.path = new.path
      WHERE moved.config IS NOT moved.from_config AND old.value IS NOT new.value
        AND NOT (new.ignored AND ifnull(old.ignored, 1))
      UNION ALL
      SELECT moved.seq, old.path, 'removed', old.value, NULL, old.number, NULL
      FROM _event AS moved
      JOIN _config_leaf AS old ON old.config = moved.from_config
      LEFT JOIN _config_leaf AS new ON new.config = moved.config AND new.path = old.path
      WHERE moved.config IS NOT moved.from_config AND new.path IS NULL AND NOT old.ignored
     ) AS leaf ON leaf.seq = event.seq
JOIN _run AS run ON run.id = event.run
JOIN _experiment AS after ON after.id = event.experiment
LEFT JOIN _experiment AS before ON before.id = event.from_experiment;
CREATE VIEW model_changes AS
SELECT event.seq AS seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', event.at_us / 1000000.0, 'unixepoch') AS at,
       event.at_us / 1000000.0 AS at_unix,
       run.name AS run,
       before.hash AS from_experiment,
       after.hash AS to_experiment,
       CASE module.name WHEN '' THEN '(class)' ELSE module.name END AS module,
       module.change AS change,
       module.entry_from AS entry_from,
       module.entry_to AS entry_to,
       event.actor AS actor,
       event.reason AS reason
FROM (SELECT moved.seq AS seq, new.name AS name,
             CASE WHEN old.name IS NULL THEN 'added' ELSE 'changed' END AS change,
             old.entry AS entry_from, new.entry AS entry_to
      FROM _event AS moved
      JOIN _experiment AS new_state ON new_state.id = moved.experiment
      JOIN _model_module AS new ON new.component = new_state.model
      LEFT JOIN _experiment AS old_state ON old_state.id = moved.from_experiment
      LEFT JOIN _model_module AS old ON old.component = old_state.model AND old.name = new.name
      WHERE old_state.model IS NOT new_state.model AND old.entry IS NOT new.entry
      UNION ALL
      SELECT moved.seq, old.name, 'removed', old.entry, NULL
      FROM _event AS moved
      JOIN _experiment AS old_state ON old_state.id = moved.from_experiment
      JOIN _model_module AS old ON old.component = old_state.model
      JOIN _experiment AS new_state ON new_state.id = moved.experiment
      LEFT JOIN _model_module AS new ON new.component = new_state.model AND new.name = old.name
      WHERE old_state.model IS NOT new_state.model AND new.name IS NULL
     ) AS module
JOIN _event AS event ON event.seq = module.seq
JOIN _run AS run ON run.id = event.run
JOIN _experiment AS after ON after.id = event.experiment
LEFT JOIN _experiment AS before ON before.id = event.from_experiment;
CREATE VIEW sample_changes AS
SELECT event.seq AS seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', event.at_us / 1000000.0, 'unixepoch') AS at,
       event.at_us / 1000000.0 AS at_unix,
       run.name AS run,
       before.hash AS from_experiment,
       after.hash AS to_experiment,
       sample.uid AS uid,
       CASE event.reversed WHEN 0 THEN change.old_discarded ELSE change.new_discarded END
         AS discarded_from,
       CASE event.reversed WHEN 0 THEN change.new_discarded ELSE change.old_discarded END
         AS discarded_to,
       CASE event.reversed WHEN 0 THEN added.tags ELSE removed.tags END AS tags_added,
       CASE event.reversed WHEN 0 THEN removed.tags ELSE added.tags END AS tags_removed,
       event.actor AS actor,
       event.reason AS reason
FROM _event AS event
JOIN _edge_change AS change ON change.edge = event.edge
JOIN _sample AS sample ON sample.id = change.sample
JOIN _run AS run ON run.id = event.run
JOIN _experiment AS after ON after.id = event.experiment
LEFT JOIN _experiment AS before ON before.id = event.from_experiment
LEFT JOIN _tagset_change AS tags ON tags.from_tagset = ifnull(change.old_tagset, 1)
                                AND tags.to_tagset = ifnull(change.new_tagset, 1)
LEFT JOIN _tagset AS added ON added.id = ifnull(tags.added, 1)
LEFT JOIN _tagset AS removed ON removed.id = ifnull(tags.removed, 1)
UNION ALL
SELECT event.seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', event.at_us / 1000000.0, 'unixepoch'),
       event.at_us / 1000000.0,
       run.name, before.hash, after.hash, sample.uid,
       CASE event.reversed WHEN 0 THEN NULL ELSE first.discarded END,
       CASE event.reversed WHEN 0 THEN first.discarded ELSE NULL END,
       CASE event.reversed WHEN 0 THEN tagset.tags ELSE '' END,
       CASE event.reversed WHEN 0 THEN '' ELSE tagset.tags END,
       event.actor, event.reason
FROM (WITH RECURSIVE way (seq, base, edge, depth) AS (
        SELECT beginning.seq, state.base, state.edge, state.depth
        FROM _event AS beginning JOIN _data_state AS state ON state.component = beginning.begins
        WHERE beginning.begins IS NOT NULL
        UNION ALL
        SELECT way.seq, state.base, state.edge, state.depth
        FROM way JOIN _data_state AS state ON state.component = way.base)
      SELECT way.seq AS seq, change.sample AS sample, max(way.depth) AS depth,
             change.new_discarded AS discarded, change.new_tagset AS tagset
      FROM way JOIN _edge_change AS change ON change.edge = way.edge
      GROUP BY way.seq, change.sample) AS first
JOIN _event AS event ON event.seq = first.seq
JOIN _sample AS sample ON sample.id = first.sample
JOIN _tagset AS tagset ON tagset.id = first.tagset
JOIN _run AS run ON run.id = event.run
JOIN _experiment AS after ON after.id = event.experiment
LEFT JOIN _experiment AS before ON before.id = event.from_experiment
WHERE first.discarded IS NOT NULL;
CREATE VIEW samples AS
SELECT run.name AS run,
       head.hash AS experiment,
       sample.uid AS uid,
       root_row.new_discarded AS discarded,
       tagset.tags AS tags
FROM _run AS run
JOIN _experiment AS head ON head.id = run.head
JOIN _data_state AS state ON state.component = head.data
JOIN _data_state AS root ON root.component = state.root
JOIN _edge_change AS root_row ON root_row.edge = root.edge
JOIN _sample AS sample ON sample.id = root_row.sample
JOIN _tagset AS tagset ON tagset.id = root_row.new_tagset
WHERE NOT EXISTS (SELECT 1 FROM _run_sample AS moved
                  WHERE moved.run = run.id AND moved.sample = root_row.sample)
UNION ALL
SELECT run.name, head.hash, sample.uid, moved.discarded, tagset.tags
FROM _run_sample AS moved
JOIN _run AS run ON run.id = moved.run
JOIN _experiment AS head ON head.id = run.head
JOIN _sample AS sample ON sample.id = moved.sample
JOIN _tagset AS tagset ON tagset.id = moved.tagset
WHERE moved.discarded IS NOT NULL;
CREATE VIEW checkpoints AS
SELECT event.seq AS seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', event.at_us / 1000000.0, 'unixepoch') AS at,
       event.at_us / 1000000.0 AS at_unix,
       run.name AS run,
       experiment.hash AS experiment,
       saved.step AS step,
       saved.path AS path,
       saved.size AS bytes,
       lower(hex(saved.sha256)) AS sha256,
       saved.state AS state,
       came_from.path AS from_checkpoint,
       saved.first_step AS first_step,
       substr(CASE WHEN saved.pending & 1 THEN ',model' ELSE '' END ||
              CASE WHEN saved.pending & 2 THEN ',config' ELSE '' END ||
              CASE WHEN saved.pending & 4 THEN ',data' ELSE '' END, 2) AS pending,
       saved.note AS note,
       event.actor AS actor
FROM _checkpoint AS saved
JOIN _event AS event ON event.seq = saved.event
JOIN _run AS run ON run.id = saved.run
JOIN _experiment AS experiment ON experiment.id = saved.experiment
LEFT JOIN _checkpoint AS came_from ON came_from.id = saved.from_checkpoint;
CREATE VIEW pending AS
SELECT run.name AS run, 'model' AS component, head.hash AS experiment, base.hash AS baseline
FROM _run AS run JOIN _experiment AS head ON head.id = run.head
LEFT JOIN _experiment AS base ON base.id = run.baseline WHERE head.model IS NOT base.model
UNION ALL
SELECT run.name, 'config', head.hash, base.hash
FROM _run AS run JOIN _experiment AS head ON head.id = run.head
LEFT JOIN _experiment AS base ON base.id = run.baseline WHERE head.config IS NOT base.config
UNION ALL
SELECT run.name, 'data', head.hash, base.hash
FROM _run AS run JOIN _experiment AS head ON head.id = run.head
LEFT JOIN _experiment AS base ON base.id = run.baseline WHERE head.data IS NOT base.data;
CREATE VIEW runs AS
SELECT run.name AS run,
       head.hash AS experiment,
       base.hash AS baseline,
       (SELECT count(*) FROM pending WHERE pending.run = run.name) AS pending,
       strftime('%Y-%m-%dT%H:%M:%fZ', last.at_us / 1000000.0, 'unixepoch') AS last_event_at,
       last.at_us / 1000000.0 AS last_event_at_unix
FROM _run AS run
LEFT JOIN _experiment AS head ON head.id = run.head
LEFT JOIN _experiment AS base ON base.id = run.baseline
LEFT JOIN _event AS last ON last.seq = (SELECT max(seq) FROM _event WHERE _event.run = run.id);
CREATE VIEW metrics AS
SELECT run.name AS run,
       experiment.hash AS experiment,
       metric.step AS step,
       name.name AS metric,
       metric.value AS value,
       strftime('%Y-%m-%dT%H:%M:%fZ', metric.at_us / 1000000.0, 'unixepoch') AS at,
       metric.at_us / 1000000.0 AS at_unix
FROM _metric AS metric
JOIN _run AS run ON run.id = metric.run
JOIN _metric_name AS name ON name.id = metric.name
JOIN _experiment AS experiment ON experiment.id = metric.experiment;
CREATE VIEW lineage AS
SELECT after.hash AS experiment,
       before.hash AS parent,
       run.name AS run,
       event.kind AS kind,
       event.seq AS seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', event.at_us / 1000000.0, 'unixepoch') AS at,
       event.at_us / 1000000.0 AS at_unix
FROM _event AS event
JOIN _run AS run ON run.id = event.run
JOIN _experiment AS after ON after.id = event.experiment
LEFT JOIN _experiment AS before ON before.id = event.from_experiment
WHERE event.experiment IS NOT event.from_experiment AND event.kind <> 'switch';
CREATE VIEW about("view", "column", meaning) AS VALUES
  ('about', NULL, 'What each view and column of this file means.'),
  ('about', 'view', 'name of the view'),
  ('about', 'column', 'name of the column; null for the view itself'),
  ('about', 'meaning', 'what it is'),
  ('changes', NULL, 'One row for each event that moved the head of a run.'),
  ('changes', 'seq', 'number of the event: rises through the whole ledger'),
  ('changes', 'at', 'when, ISO 8601 UTC'),
  ('changes', 'at_unix', 'when, seconds since 1970-01-01 UTC'),
  ('changes', 'run', 'the line of history'),
  ('changes', 'kind', 'update, discard, restore, tag, untag, run or switch'),
  ('changes', 'from_experiment', 'the head before; null at the beginning of a run'),
  ('changes', 'to_experiment', 'the head after'),
  ('changes', 'model_changed', '1 when the architecture differs from before'),
  ('changes', 'config_changed', '1 when a hyperparameter differs'),
  ('changes', 'data_changed', '1 when the data state differs'),
  ('changes', 'changed', 'the same as text: model,config,data'),
  ('changes', 'superseded', '1 when the head left this state before it was dumped'),
  ('changes', 'actor', 'who did it'),
  ('changes', 'reason', 'why, as given; null when nothing was said'),
  ('experiments', NULL, 'Every recorded state of model, configuration and data.'),
  ('experiments', 'experiment', 'its hash: model 8, config 8, data 8 characters'),
  ('experiments', 'model', 'segment of the model; null when absent'),
  ('experiments', 'config', 'segment of the configuration; null when absent'),
  ('experiments', 'data', 'segment of the data state; null when absent'),
  ('experiments', 'recorded_at', 'when it was first recorded, ISO 8601 UTC'),
  ('experiments', 'recorded_at_unix', 'the same in seconds'),
  ('experiments', 'run', 'the run that recorded it first'),
  ('experiments', 'dumped', '1 when it has its directory under checkpoints/'),
  ('experiments', 'checkpoints', 'how many sets of weights are there'),
  ('experiments', 'samples', 'how many samples its data state has'),
  ('experiments', 'discarded', 'how many of them are discarded'),
  ('experiments', 'tagged', 'how many of them have a tag'),
  ('config_changes', NULL, 'Each hyperparameter that an event changed.'),
  ('config_changes', 'seq', 'number of the event: rises through the whole ledger'),
  ('config_changes', 'at', 'when, ISO 8601 UTC'),
  ('config_changes', 'at_unix', 'when, seconds since 1970-01-01 UTC'),
  ('config_changes', 'run', 'the line of history'),
  ('config_changes', 'from_experiment', 'the head before; null at the beginning of a run'),
  ('config_changes', 'to_experiment', 'the head after'),
  ('config_changes', 'path', 'JSON Pointer of the value'),
  ('config_changes', 'change', 'added, removed or changed'),
  ('config_changes', 'value_from', 'JSON text before'),
  ('config_changes', 'value_to', 'JSON text after'),
  ('config_changes', 'number_from', 'the number before, if it was one'),
  ('config_changes', 'number_to', 'the number after, if it is one'),
  ('config_changes', 'actor', 'who did it'),
  ('config_changes', 'reason', 'why, as given; null when nothing was said'),
  ('model_changes', NULL, 'Each module of the architecture that an event changed.'),
  ('model_changes', 'seq', 'number of the event: rises through the whole ledger'),
  ('model_changes', 'at', 'when, ISO 8601 UTC'),
  ('model_changes', 'at_unix', 'when, seconds since 1970-01-01 UTC'),
  ('model_changes', 'run', 'the line of history'),
  ('model_changes', 'from_experiment', 'the head before; null at the beginning of a run'),
  ('model_changes', 'to_experiment', 'the head after'),
  ('model_changes', 'module', 'its name; (class) is the class of the model, (opaque) an architecture without description'),
  ('model_changes', 'change', 'added, removed or changed'),
  ('model_changes', 'entry_from', 'type and attributes before'),
  ('model_changes', 'entry_to', 'type and attributes after'),
  ('model_changes', 'actor', 'who did it'),
  ('model_changes', 'reason', 'why, as given; null when nothing was said'),
  ('sample_changes', NULL, 'Each sample that an event discarded, restored, tagged, untagged, added or removed.'),
  ('sample_changes', 'seq', 'number of the event: rises through the whole ledger'),
  ('sample_changes', 'at', 'when, ISO 8601 UTC'),
  ('sample_changes', 'at_unix', 'when, seconds since 1970-01-01 UTC'),
  ('sample_changes', 'run', 'the line of history'),
  ('sample_changes', 'from_experiment', 'the head before; null at the beginning of a run'),
  ('sample_changes', 'to_experiment', 'the head after'),
  ('sample_changes', 'uid', 'the sample'),
  ('sample_changes', 'discarded_from', '1 discarded, 0 not, before; null: not in the data state'),
  ('sample_changes', 'discarded_to', 'the same after'),
  ('sample_changes', 'tags_added', 'tags that it got, sorted, joined by commas'),
  ('sample_changes', 'tags_removed', 'tags that it lost'),
  ('sample_changes', 'actor', 'who did it'),
  ('sample_changes', 'reason', 'why, as given; null when nothing was said'),
  ('samples', NULL, 'The current data state of every run.'),
  ('samples', 'run', 'the line of history'),
  ('samples', 'experiment', 'the head of the run'),
  ('samples', 'uid', 'the sample'),
  ('samples', 'discarded', '1 when it is left out of training'),
  ('samples', 'tags', 'its tags, sorted, joined by commas'),
  ('checkpoints', NULL, 'Every saved set of weights.'),
  ('checkpoints', 'seq', 'number of the event: rises through the whole ledger'),
  ('checkpoints', 'at', 'when, ISO 8601 UTC'),
  ('checkpoints', 'at_unix', 'when, seconds since 1970-01-01 UTC'),
  ('checkpoints', 'run', 'the line of history'),
  ('checkpoints', 'experiment', 'the state it was trained with last'),
  ('checkpoints', 'step', 'the training step'),
  ('checkpoints', 'path', 'the file, relative to the root'),
  ('checkpoints', 'bytes', 'its size'),
  ('checkpoints', 'sha256', 'its SHA-256'),
  ('checkpoints', 'state', 'present, replaced (by a later save of the same step) or removed'),
  ('checkpoints', 'from_checkpoint', 'path of the checkpoint that training came from; null: from the start, or unknown'),
  ('checkpoints', 'first_step', 'first step trained since then; null: unknown'),
  ('checkpoints', 'pending', 'components that were not dumped yet when it was saved'),
  ('checkpoints', 'note', 'JSON given with it'),
  ('checkpoints', 'actor', 'who did it'),
  ('pending', NULL, 'Which components of the head of each run are not dumped yet.'),
  ('pending', 'run', 'the line of history'),
  ('pending', 'component', 'model, config or data'),
  ('pending', 'experiment', 'the head'),
  ('pending', 'baseline', 'the state that it is measured against; null: nothing was dumped'),
  ('runs', NULL, 'Every line of history and where it stands.'),
  ('runs', 'run', 'its name'),
  ('runs', 'experiment', 'its head; null: empty'),
  ('runs', 'baseline', 'what pending is measured against'),
  ('runs', 'pending', 'how many components are pending'),
  ('runs', 'last_event_at', 'time of its last event, ISO 8601 UTC'),
  ('runs', 'last_event_at_unix', 'the same in seconds'),
  ('metrics', NULL, 'Every logged metric.'),
  ('metrics', 'run', 'the line of history'),
  ('metrics', 'experiment', 'the head when it was logged'),
  ('metrics', 'step', 'the training step'),
  ('metrics', 'metric', 'its name'),
  ('metrics', 'value', 'its value; null: not a number'),
  ('metrics', 'at', 'when, ISO 8601 UTC'),
  ('metrics', 'at_unix', 'when, seconds since 1970-01-01 UTC'),
  ('lineage', NULL, 'Which experiment came from which by a change (switches left out).'),
  ('lineage', 'experiment', 'the state'),
  ('lineage', 'parent', 'the state it was changed from; null: the first of its run'),
  ('lineage', 'run', 'the line of history'),
  ('lineage', 'kind', 'what changed it'),
  ('lineage', 'seq', 'number of the event: rises through the whole ledger'),
  ('lineage', 'at', 'when, ISO 8601 UTC'),
  ('lineage', 'at_unix', 'when, seconds since 1970-01-01 UTC');
COMMIT;
