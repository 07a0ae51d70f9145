PRAGMA application_id = 1129008177; PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE _meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO _meta VALUES('ledger','58b76f62a1080fa50553812647ff57a1');
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
INSERT INTO _component VALUES(1,'model',X'a56b377a5444121f2b8af063975c31a35a88f6ae49161b11a2bbe919c7760dde','a56b377a',0);
INSERT INTO _component VALUES(2,'config',X'ab26abcfb9effab7aee4f368bc8dc2a9d704071cd03ed6c88c6a4fd3a3c4d73e','ab26abcf',0);
INSERT INTO _component VALUES(3,'data',X'f1ff5911f870c4b05f9693f49be254a9afb1ae90cc83d3fe16cffa160f2e5c62','f1ff5911',0);
INSERT INTO _component VALUES(4,'data',X'7f1284171088b6a42931ea27a71d0e167409a34f6ba3d6b88b1777b6859d6765','7f128417',0);
INSERT INTO _component VALUES(5,'config',X'3b3a21228000e5a840fcae31ff83b107cae92cc6b17503cb8310d9105939ae83','3b3a2122',0);
INSERT INTO _component VALUES(6,'model',X'd9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa','d9298a10',0);
INSERT INTO _component VALUES(7,'data',X'19808166bcddeb6264dfa2b09e04ccd23c3a230c44c65d6102b88de48ecc2a00','19808166',0);
INSERT INTO _component VALUES(8,'data',X'99f5ef3a13fb17a59e09236cc593825ce21ff5e71d80f4efd05b8e1776718307','99f5ef3a',0);
CREATE TABLE _config (
  id        INTEGER PRIMARY KEY,
  component INTEGER NOT NULL REFERENCES _component,
  digest    BLOB NOT NULL CHECK (typeof(digest) = 'blob' AND length(digest) = 32),
  content   TEXT NOT NULL, -- canonical JSON, nothing ignored
  UNIQUE (component, digest)
);
INSERT INTO _config VALUES(1,2,X'ab26abcfb9effab7aee4f368bc8dc2a9d704071cd03ed6c88c6a4fd3a3c4d73e','{"lr": 0.1, "place": "/a"}');
INSERT INTO _config VALUES(2,5,X'9e428fe262bd926b12bfe6178134d10f60ac3d50f66f98cb4df7d0aeb8d4be7b','{"lr": 0.2, "place": "/b"}');
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
INSERT INTO _config_leaf VALUES(1,'/place','text','"/a"',NULL,0);
INSERT INTO _config_leaf VALUES(2,'/lr','real','0.2',0.2000000000000000111,0);
INSERT INTO _config_leaf VALUES(2,'/place','text','"/b"',NULL,1);
CREATE TABLE _blob (
  id      INTEGER PRIMARY KEY,
  digest  BLOB NOT NULL UNIQUE CHECK (typeof(digest) = 'blob' AND length(digest) = 32),
  content BLOB NOT NULL
);
INSERT INTO _blob VALUES(1,X'277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9',X'6279746573');
INSERT INTO _blob VALUES(2,X'd9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa',X'6f74686572');
CREATE TABLE _model (
  component    INTEGER PRIMARY KEY REFERENCES _component,
  description  TEXT,                     -- JSON; null when opaque
  opaque       INTEGER REFERENCES _blob, -- null when described
  architecture INTEGER REFERENCES _blob, -- what to save as architecture.pkl; null: made from above
  CHECK ((description IS NULL) <> (opaque IS NULL))
);
INSERT INTO _model VALUES(1,'{"class": "Net", "modules": [{"name": "fc", "type": "Linear", "attributes": {"in": 4}}]}',NULL,1);
INSERT INTO _model VALUES(6,NULL,2,NULL);
CREATE TABLE _model_module (
  component INTEGER NOT NULL REFERENCES _component,
  name      TEXT NOT NULL,
  entry     TEXT NOT NULL, -- type and attributes, as in the canonical text: Linear_in4_out16
  PRIMARY KEY (component, name)
) WITHOUT ROWID;
INSERT INTO _model_module VALUES(1,'','Net');
INSERT INTO _model_module VALUES(1,'fc','Linear_in4');
INSERT INTO _model_module VALUES(6,'(opaque)','5 bytes, sha256 d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa');
CREATE TABLE _sample (
  id  INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE CHECK (typeof(uid) = 'text')
);
INSERT INTO _sample VALUES(1,'a');
INSERT INTO _sample VALUES(2,'b');
INSERT INTO _sample VALUES(3,'c');
INSERT INTO _sample VALUES(4,'d');
CREATE TABLE _tag (
  id  INTEGER PRIMARY KEY,
  tag TEXT NOT NULL UNIQUE CHECK (typeof(tag) = 'text')
);
INSERT INTO _tag VALUES(1,'hard');
INSERT INTO _tag VALUES(2,'odd');
CREATE TABLE _tagset (
  id   INTEGER PRIMARY KEY,
  tags TEXT NOT NULL UNIQUE -- sorted, joined by commas, escaped as in the canonical text
);
INSERT INTO _tagset VALUES(1,'');
INSERT INTO _tagset VALUES(2,'hard');
INSERT INTO _tagset VALUES(3,'odd');
CREATE TABLE _tagset_tag (
  tagset INTEGER NOT NULL REFERENCES _tagset,
  tag    INTEGER NOT NULL REFERENCES _tag,
  PRIMARY KEY (tagset, tag)
) WITHOUT ROWID;
INSERT INTO _tagset_tag VALUES(2,1);
INSERT INTO _tagset_tag VALUES(3,2);
CREATE TABLE _tagset_change (
  from_tagset INTEGER NOT NULL REFERENCES _tagset,
  to_tagset   INTEGER NOT NULL REFERENCES _tagset,
  added       INTEGER NOT NULL REFERENCES _tagset,
  removed     INTEGER NOT NULL REFERENCES _tagset,
  PRIMARY KEY (from_tagset, to_tagset)
) WITHOUT ROWID;
INSERT INTO _tagset_change VALUES(1,2,2,1);
INSERT INTO _tagset_change VALUES(1,3,3,1);
INSERT INTO _tagset_change VALUES(2,1,1,2);
CREATE TABLE _data_edge (
  id           INTEGER PRIMARY KEY,
  from_state   INTEGER REFERENCES _component, -- null: from nothing
  to_state     INTEGER NOT NULL REFERENCES _component,
  change_count INTEGER NOT NULL,
  digest       BLOB NOT NULL CHECK (typeof(digest) = 'blob' AND length(digest) = 32), -- of the rows
  UNIQUE (from_state, to_state)
);
INSERT INTO _data_edge VALUES(1,NULL,3,4,X'6c67ce6762d1660ba8befe80c7a9dcaa44226a6bcc30acb84cc70bebb7f81952');
INSERT INTO _data_edge VALUES(2,3,4,2,X'9438590d4c41adcc097840aacb214d8b0fc06c71aff991430d1794b56f85d26c');
INSERT INTO _data_edge VALUES(3,4,7,1,X'ddab09574b9c6b658355e3fe37d4de996f79863709648602f789e66d7247724f');
INSERT INTO _data_edge VALUES(4,4,8,1,X'6e637a893bb22257850de73fa835736abb2a811d9fb90bdb8a453a9f14701944');
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
INSERT INTO _edge_change VALUES(1,4,NULL,0,NULL,1);
INSERT INTO _edge_change VALUES(2,3,0,0,1,3);
INSERT INTO _edge_change VALUES(2,4,0,0,1,3);
INSERT INTO _edge_change VALUES(3,1,0,1,2,2);
INSERT INTO _edge_change VALUES(4,1,0,0,2,1);
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
INSERT INTO _data_state VALUES(3,1,NULL,3,0,4,1,1);
INSERT INTO _data_state VALUES(4,2,3,3,1,4,1,3);
INSERT INTO _data_state VALUES(7,3,4,3,2,4,2,3);
INSERT INTO _data_state VALUES(8,4,4,3,2,4,1,2);
CREATE TABLE _experiment (
  id     INTEGER PRIMARY KEY,
  hash   TEXT NOT NULL UNIQUE CHECK (length(hash) = 24),
  model  INTEGER REFERENCES _component, -- null: absent
  config INTEGER REFERENCES _component,
  data   INTEGER REFERENCES _component,
  dumped INTEGER REFERENCES _event      -- the first dump; null: no directory of its own (derived)
);
INSERT INTO _experiment VALUES(1,'a56b377aab26abcff1ff5911',1,2,3,2);
INSERT INTO _experiment VALUES(2,'a56b377aab26abcf7f128417',1,2,4,NULL);
INSERT INTO _experiment VALUES(3,'a56b377a3b3a21227f128417',1,5,4,7);
INSERT INTO _experiment VALUES(4,'d9298a103b3a21227f128417',6,5,4,10);
INSERT INTO _experiment VALUES(5,'a56b377a3b3a212219808166',1,5,7,NULL);
INSERT INTO _experiment VALUES(6,'a56b377a3b3a212299f5ef3a',1,5,8,15);
CREATE TABLE _run (
  id              INTEGER PRIMARY KEY,
  name            TEXT NOT NULL UNIQUE,
  head            INTEGER REFERENCES _experiment, -- null: empty
  head_config     INTEGER REFERENCES _config,     -- the recorded configuration of the head
  baseline        INTEGER REFERENCES _experiment, -- what pending is measured against; null: nothing
  from_checkpoint INTEGER REFERENCES _checkpoint, -- what training goes on from; null: unknown
  first_step      INTEGER                         -- first step trained since then; null: unknown
);
INSERT INTO _run VALUES(1,'main',5,2,3,NULL,NULL);
INSERT INTO _run VALUES(2,'second',6,2,6,NULL,NULL);
CREATE TABLE _run_sample (
  run       INTEGER NOT NULL REFERENCES _run,
  sample    INTEGER NOT NULL REFERENCES _sample,
  discarded INTEGER,
  tagset    INTEGER REFERENCES _tagset,
  PRIMARY KEY (run, sample)
) WITHOUT ROWID;
INSERT INTO _run_sample VALUES(1,1,1,2);
INSERT INTO _run_sample VALUES(1,3,0,3);
INSERT INTO _run_sample VALUES(1,4,0,3);
INSERT INTO _run_sample VALUES(2,1,0,1);
INSERT INTO _run_sample VALUES(2,3,0,3);
INSERT INTO _run_sample VALUES(2,4,0,3);
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
INSERT INTO _event VALUES(1,'9750ed0f69266ebdbdb542af2b0419b5',1795469595616000,1,NULL,'update',1,NULL,1,NULL,1,0,NULL,NULL,'somebody','the first',NULL,X'34809141a058ffa684bf2a99130dd8f8517e3821055cecfaed2864597bc27d51');
INSERT INTO _event VALUES(2,'0d00a3d471eb258a5f6ed1009bcf016b',1795469595616000,1,NULL,'dump',1,1,1,1,NULL,0,NULL,NULL,'somebody',NULL,NULL,X'390a646a5ca9a5c270772de4124da004987e2d62ebe243c41a56f0e851ddfef3');
INSERT INTO _event VALUES(3,'d84797f3dee00c357db8d31cdf27e802',1795469595627000,1,NULL,'tag',2,1,1,1,2,0,NULL,NULL,'somebody',NULL,NULL,X'3e21c81b99cdc8880f382595dcc6d993e5b7e4c2e1b62c02a8972206a8941396');
INSERT INTO _event VALUES(4,'fce2fe003a56ee9b2356ed9b835078e3',1795469595631000,1,NULL,'ignore',2,2,1,1,NULL,0,NULL,NULL,'somebody',NULL,'{"path": "/place"}',X'e1f482abc65e5ea9e66726d75955507e7741b83e5465ca1389776f91f4e42e5e');
INSERT INTO _event VALUES(5,'35d8b86b8cba0353e7215678fc0d454b',1795469595638000,1,NULL,'update',3,2,2,1,NULL,0,NULL,NULL,'somebody',NULL,NULL,X'32f6f293ad95e44637132b15f18b4097b5d06d4a7fc792805caea18a34165ae9');
INSERT INTO _event VALUES(6,'e879258257a7595a59b268a048a43361',1795469595642000,1,NULL,'checkpoint',3,3,2,2,NULL,0,NULL,1,'somebody',NULL,NULL,X'fc673067c3b391937d4463ec0b458f5c9d36a3e60f96c292d3ec33f4c765b7f1');
INSERT INTO _event VALUES(7,'53d1a937af700e0b67ad57b40b9e2a3b',1795469595650000,1,NULL,'dump',3,3,2,2,NULL,0,NULL,NULL,'somebody',NULL,NULL,X'80037f9b348b4b7f32860945393efad2a29a7707bc3483a9401aac8740af30de');
INSERT INTO _event VALUES(8,'74176e07d5d4e58aa764da9fbef04273',1795469595657000,1,NULL,'checkpoint',3,3,2,2,NULL,0,NULL,1,'somebody',NULL,NULL,X'965b5b620c6dd41358f500d1c245a83bb2b64142146e0b3386f4326a62817caa');
INSERT INTO _event VALUES(9,'bc662668af699e3115c16b128308926d',1795469595669000,1,NULL,'update',4,3,2,2,NULL,0,NULL,NULL,'somebody',NULL,NULL,X'3f30846b4dbf4c2f06eba36379bdedc68357cc5c210e150af807c3096f961f77');
INSERT INTO _event VALUES(10,'28f3682ad4bbda61d7db37f48ffaafa9',1795469595670000,1,NULL,'dump',4,4,2,2,NULL,0,NULL,NULL,'somebody',NULL,NULL,X'ccd03a63ac77873c5e93a25080e9dc9c8ee5b92639562e60e962ee9e3f6d90f7');
INSERT INTO _event VALUES(11,'70c81e40a6404db63e63ef1dde7317f3',1795469595677000,1,NULL,'switch',3,4,2,2,NULL,0,NULL,NULL,'somebody',NULL,NULL,X'43a09b358cb693dd0d598f7404b65b623c8eba623720997ee13ab7f499cd1cb3');
INSERT INTO _event VALUES(12,'951e2d5a7dccd431ed897713dbc5afe4',1795469595683000,1,NULL,'discard',5,3,2,2,3,0,NULL,NULL,'somebody',NULL,NULL,X'894a6923756c6f3796ab61fb670a70a317763564cb13fc40b3b3414054489b17');
INSERT INTO _event VALUES(13,'d8b93218ab0795e8821326cd9ef16627',1795469595688000,2,NULL,'run',3,NULL,2,NULL,NULL,0,4,NULL,'somebody',NULL,NULL,X'1a87b601ae3d9c1c5e819604a915f614f77586c09f1d83892b2551c4f15308bf');
INSERT INTO _event VALUES(14,'76afd9b2ac984461980838758171c0bd',1795469595694000,2,NULL,'untag',6,3,2,2,4,0,NULL,NULL,'somebody',NULL,NULL,X'30bf12f46964cf2b51d9deab4f0518d9f1b58e8bcb3f0b7f738278a30545011f');
INSERT INTO _event VALUES(15,'8bf17d667aeb6e01cdfb5db599b67d1f',1795469595699000,2,NULL,'dump',6,6,2,2,NULL,0,NULL,NULL,'somebody',NULL,NULL,X'932cc898db705a085ffa0394175a29927577630a84bd959d3a0530e0a23446bf');
CREATE TABLE _ignored_path (
  path       TEXT NOT NULL, -- JSON Pointer
  from_event INTEGER NOT NULL REFERENCES _event,
  to_event   INTEGER REFERENCES _event, -- null: still ignored
  PRIMARY KEY (path, from_event)
) WITHOUT ROWID;
INSERT INTO _ignored_path VALUES('/place',4,NULL);
CREATE TABLE _file (
  path       TEXT PRIMARY KEY,
  experiment INTEGER NOT NULL REFERENCES _experiment,
  component  INTEGER NOT NULL REFERENCES _component,
  config     INTEGER REFERENCES _config, -- for config.yaml: which content it holds
  size       INTEGER NOT NULL,
  sha256     BLOB NOT NULL CHECK (typeof(sha256) = 'blob' AND length(sha256) = 32),
  event      INTEGER NOT NULL REFERENCES _event
) WITHOUT ROWID;
INSERT INTO _file VALUES('checkpoints/a56b377a3b3a21227f128417/data/a56b377a3b3a21227f128417_data_state.yaml',3,4,NULL,77,X'9fdd86e2998aeb05cdaec7e3e5ebdfd7fe75ae201d16728955ca2198b127ea3d',7);
INSERT INTO _file VALUES('checkpoints/a56b377a3b3a21227f128417/hp/a56b377a3b3a21227f128417_config.yaml',3,5,2,18,X'52490a4f0c5471fd62a0f90a39a7abd4db066be61ea6f15f29522dc0cd017a04',7);
INSERT INTO _file VALUES('checkpoints/a56b377a3b3a21227f128417/model/a56b377a3b3a21227f128417_architecture.pkl',3,1,NULL,5,X'277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9',7);
INSERT INTO _file VALUES('checkpoints/a56b377a3b3a212299f5ef3a/data/a56b377a3b3a212299f5ef3a_data_state.yaml',6,8,NULL,65,X'82f1231870e76104d76055a588f213b75e71530aa68830f9826fa78d4551090a',15);
INSERT INTO _file VALUES('checkpoints/a56b377a3b3a212299f5ef3a/hp/a56b377a3b3a212299f5ef3a_config.yaml',6,5,2,18,X'52490a4f0c5471fd62a0f90a39a7abd4db066be61ea6f15f29522dc0cd017a04',15);
INSERT INTO _file VALUES('checkpoints/a56b377a3b3a212299f5ef3a/model/a56b377a3b3a212299f5ef3a_architecture.pkl',6,1,NULL,5,X'277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9',15);
INSERT INTO _file VALUES('checkpoints/a56b377aab26abcff1ff5911/data/a56b377aab26abcff1ff5911_data_state.yaml',1,3,NULL,55,X'd79d1913231d58af21228cb90184ba585553160fc100b34c1a5d8f91323a8bff',2);
INSERT INTO _file VALUES('checkpoints/a56b377aab26abcff1ff5911/hp/a56b377aab26abcff1ff5911_config.yaml',1,2,1,18,X'e58ae3925bfb3a340c6418c3bcbee88cd52cb7d977747d86e0eb0d3fc19bf5d6',2);
INSERT INTO _file VALUES('checkpoints/a56b377aab26abcff1ff5911/model/a56b377aab26abcff1ff5911_architecture.pkl',1,1,NULL,5,X'277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9',2);
INSERT INTO _file VALUES('checkpoints/d9298a103b3a21227f128417/data/d9298a103b3a21227f128417_data_state.yaml',4,4,NULL,77,X'9fdd86e2998aeb05cdaec7e3e5ebdfd7fe75ae201d16728955ca2198b127ea3d',10);
INSERT INTO _file VALUES('checkpoints/d9298a103b3a21227f128417/hp/d9298a103b3a21227f128417_config.yaml',4,5,2,18,X'52490a4f0c5471fd62a0f90a39a7abd4db066be61ea6f15f29522dc0cd017a04',10);
INSERT INTO _file VALUES('checkpoints/d9298a103b3a21227f128417/model/d9298a103b3a21227f128417_architecture.pkl',4,6,NULL,5,X'd9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa',10);
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
INSERT INTO _checkpoint VALUES(1,6,1,3,1,'checkpoints/a56b377a3b3a21227f128417/model/a56b377a3b3a21227f128417_step_000001.pt',7,X'9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c','replaced',NULL,NULL,NULL,6);
INSERT INTO _checkpoint VALUES(2,8,1,3,1,'checkpoints/a56b377a3b3a21227f128417/model/a56b377a3b3a21227f128417_step_000001.pt',7,X'9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c','present',NULL,1,2,0);
CREATE TABLE _metric_name (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);
INSERT INTO _metric_name VALUES(1,'loss');
CREATE TABLE _metric (
  run        INTEGER NOT NULL REFERENCES _run,
  name       INTEGER NOT NULL REFERENCES _metric_name,
  step       INTEGER NOT NULL,
  experiment INTEGER NOT NULL REFERENCES _experiment,
  value      REAL, -- null: not a number
  at_us      INTEGER NOT NULL,
  PRIMARY KEY (run, name, step, experiment)
) WITHOUT ROWID;
INSERT INTO _metric VALUES(1,1,1,3,0.25,1795469595657000);
INSERT INTO _metric VALUES(1,1,2,3,0.125,1795469595664000);
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
COMMIT;
