PRAGMA application_id = 1129008177; PRAGMA user_version = 2;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE _meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO _meta VALUES('ledger','c1910c93c3c9d457813a386394c27309');
INSERT INTO _meta VALUES('views','2');
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
INSERT INTO _component VALUES(2,'config',X'711bbc084ac1ca0f485d1dddf1d4c82c4e9c98fa77b8645607f31df13bdf03cb','711bbc08',0);
INSERT INTO _component VALUES(3,'data',X'0643b94e446b1f66aab09b2c2945b6b8624e5747e0208d962b9a4a3e23de3673','0643b94e',0);
INSERT INTO _component VALUES(4,'config',X'42298fa17b1e53d2bce7a57b5c2818c8d8a35ba78c8af8c4f8ce161a1242786e','42298fa1',0);
INSERT INTO _component VALUES(5,'config',X'2ef00a73aa4661cf46c20e4ba1ffcfdcb0c87f0f8da9a77cf2abd76fa7691992','2ef00a73',0);
INSERT INTO _component VALUES(6,'data',X'6d3fc1989615cfbbb500d43115528ca446062825b234408cde5196c45899d501','6d3fc198',0);
INSERT INTO _component VALUES(7,'data',X'0aba3fb9e28f3e866c9216002d49a657ce2fcfb975e49ecd5b32a197561e9fe2','0aba3fb9',0);
INSERT INTO _component VALUES(8,'data',X'eb66dfe99475acc31e0df547ae03fd269ad319dd0ac6ae6764ba6a6bce8901f9','eb66dfe9',0);
INSERT INTO _component VALUES(9,'data',X'd654b5bf86074ebae5590bf32ddd5b5b2a1e3fba63a50c2ec7da3e9b39d16fdc','d654b5bf',0);
INSERT INTO _component VALUES(10,'model',X'6d229884c1268bb0ab32d8da315d0fe52f9147228bd830a37bc9fb28a954940d','6d229884',0);
CREATE TABLE _config (
  id        INTEGER PRIMARY KEY,
  component INTEGER NOT NULL REFERENCES _component,
  digest    BLOB NOT NULL CHECK (typeof(digest) = 'blob' AND length(digest) = 32),
  content   TEXT NOT NULL, -- canonical JSON, nothing ignored
  UNIQUE (component, digest)
);
INSERT INTO _config VALUES(1,2,X'711bbc084ac1ca0f485d1dddf1d4c82c4e9c98fa77b8645607f31df13bdf03cb','{"list": [1, 2.5, {}], "lr": 0.1, "root": "/a"}');
INSERT INTO _config VALUES(2,4,X'42298fa17b1e53d2bce7a57b5c2818c8d8a35ba78c8af8c4f8ce161a1242786e','{"list": [1, 2.5, {}], "lr": 0.1, "root": "/b"}');
INSERT INTO _config VALUES(3,5,X'711bbc084ac1ca0f485d1dddf1d4c82c4e9c98fa77b8645607f31df13bdf03cb','{"list": [1, 2.5, {}], "lr": 0.1, "root": "/a"}');
INSERT INTO _config VALUES(4,5,X'42298fa17b1e53d2bce7a57b5c2818c8d8a35ba78c8af8c4f8ce161a1242786e','{"list": [1, 2.5, {}], "lr": 0.1, "root": "/b"}');
CREATE TABLE _config_leaf (
  config  INTEGER NOT NULL REFERENCES _config,
  path    TEXT NOT NULL, -- JSON Pointer
  type    TEXT NOT NULL, -- null boolean integer real text; object and array when empty
  value   TEXT NOT NULL, -- canonical JSON
  number  NUMERIC,       -- of an integer or real
  ignored INTEGER NOT NULL CHECK (ignored IN (0, 1)), -- left out of the component's digest
  PRIMARY KEY (config, path)
) WITHOUT ROWID;
INSERT INTO _config_leaf VALUES(1,'/list/0','integer','1',1,0);
INSERT INTO _config_leaf VALUES(1,'/list/1','real','2.5',2.5,0);
INSERT INTO _config_leaf VALUES(1,'/list/2','object','{}',NULL,0);
INSERT INTO _config_leaf VALUES(1,'/lr','real','0.1',0.10000000000000000555,0);
INSERT INTO _config_leaf VALUES(1,'/root','text','"/a"',NULL,0);
INSERT INTO _config_leaf VALUES(2,'/list/0','integer','1',1,0);
INSERT INTO _config_leaf VALUES(2,'/list/1','real','2.5',2.5,0);
INSERT INTO _config_leaf VALUES(2,'/list/2','object','{}',NULL,0);
INSERT INTO _config_leaf VALUES(2,'/lr','real','0.1',0.10000000000000000555,0);
INSERT INTO _config_leaf VALUES(2,'/root','text','"/b"',NULL,0);
INSERT INTO _config_leaf VALUES(3,'/list/0','integer','1',1,0);
INSERT INTO _config_leaf VALUES(3,'/list/1','real','2.5',2.5,0);
INSERT INTO _config_leaf VALUES(3,'/list/2','object','{}',NULL,0);
INSERT INTO _config_leaf VALUES(3,'/lr','real','0.1',0.10000000000000000555,0);
INSERT INTO _config_leaf VALUES(3,'/root','text','"/a"',NULL,1);
INSERT INTO _config_leaf VALUES(4,'/list/0','integer','1',1,0);
INSERT INTO _config_leaf VALUES(4,'/list/1','real','2.5',2.5,0);
INSERT INTO _config_leaf VALUES(4,'/list/2','object','{}',NULL,0);
INSERT INTO _config_leaf VALUES(4,'/lr','real','0.1',0.10000000000000000555,0);
INSERT INTO _config_leaf VALUES(4,'/root','text','"/b"',NULL,1);
CREATE TABLE _blob (
  id      INTEGER PRIMARY KEY,
  digest  BLOB NOT NULL UNIQUE CHECK (typeof(digest) = 'blob' AND length(digest) = 32),
  content BLOB NOT NULL
);
INSERT INTO _blob VALUES(1,X'd67e08ade6e823c063affb00fea95adabffa75cf1a660d8fcea3223d68e8e44d',X'6669727374206279746573');
INSERT INTO _blob VALUES(2,X'1631322fe2b6e9697f4a43fd025ba02a292df5638092220c5e16bfbd875c5fae',X'7365636f6e64206279746573');
INSERT INTO _blob VALUES(3,X'6d229884c1268bb0ab32d8da315d0fe52f9147228bd830a37bc9fb28a954940d',X'6f7061717565');
CREATE TABLE _model (
  component    INTEGER PRIMARY KEY REFERENCES _component,
  description  TEXT,                     -- JSON; null when opaque
  opaque       INTEGER REFERENCES _blob, -- null when described
  architecture INTEGER REFERENCES _blob, -- what to save as architecture.pkl; null: made from above
  CHECK ((description IS NULL) <> (opaque IS NULL))
);
INSERT INTO _model VALUES(1,'{"class": "Net", "modules": [{"name": "fc", "type": "Linear", "attributes": {"in": 4, "out": 3}}]}',NULL,1);
INSERT INTO _model VALUES(10,NULL,3,NULL);
CREATE TABLE _model_module (
  component INTEGER NOT NULL REFERENCES _component,
  name      TEXT NOT NULL,
  entry     TEXT NOT NULL, -- type and attributes, as in the canonical text: Linear_in4_out16
  PRIMARY KEY (component, name)
) WITHOUT ROWID;
INSERT INTO _model_module VALUES(1,'','Net');
INSERT INTO _model_module VALUES(1,'fc','Linear_in4_out3');
INSERT INTO _model_module VALUES(10,'(opaque)','6 bytes, sha256 6d229884c1268bb0ab32d8da315d0fe52f9147228bd830a37bc9fb28a954940d');
CREATE TABLE _sample (
  id  INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE CHECK (typeof(uid) = 'text')
);
INSERT INTO _sample VALUES(1,'a');
INSERT INTO _sample VALUES(2,'b');
INSERT INTO _sample VALUES(3,'c');
INSERT INTO _sample VALUES(4,'d|e');
CREATE TABLE _tag (
  id  INTEGER PRIMARY KEY,
  tag TEXT NOT NULL UNIQUE CHECK (typeof(tag) = 'text')
);
INSERT INTO _tag VALUES(1,'hard');
INSERT INTO _tag VALUES(2,'x,y');
INSERT INTO _tag VALUES(3,'odd');
CREATE TABLE _tagset (
  id   INTEGER PRIMARY KEY,
  tags TEXT NOT NULL UNIQUE -- sorted, joined by commas, escaped as in the canonical text
);
INSERT INTO _tagset VALUES(1,'');
INSERT INTO _tagset VALUES(2,'hard,x\,y');
INSERT INTO _tagset VALUES(3,'odd');
CREATE TABLE _tagset_tag (
  tagset INTEGER NOT NULL REFERENCES _tagset,
  tag    INTEGER NOT NULL REFERENCES _tag,
  PRIMARY KEY (tagset, tag)
) WITHOUT ROWID;
INSERT INTO _tagset_tag VALUES(2,1);
INSERT INTO _tagset_tag VALUES(2,2);
INSERT INTO _tagset_tag VALUES(3,3);
CREATE TABLE _tagset_change (
  from_tagset INTEGER NOT NULL REFERENCES _tagset,
  to_tagset   INTEGER NOT NULL REFERENCES _tagset,
  added       INTEGER NOT NULL REFERENCES _tagset,
  removed     INTEGER NOT NULL REFERENCES _tagset,
  PRIMARY KEY (from_tagset, to_tagset)
) WITHOUT ROWID;
INSERT INTO _tagset_change VALUES(1,2,2,1);
INSERT INTO _tagset_change VALUES(1,3,3,1);
INSERT INTO _tagset_change VALUES(3,1,1,3);
CREATE TABLE _data_edge (
  id           INTEGER PRIMARY KEY,
  from_state   INTEGER REFERENCES _component, -- null: from nothing
  to_state     INTEGER NOT NULL REFERENCES _component,
  change_count INTEGER NOT NULL,
  digest       BLOB NOT NULL CHECK (typeof(digest) = 'blob' AND length(digest) = 32), -- of the rows
  UNIQUE (from_state, to_state)
);
INSERT INTO _data_edge VALUES(1,NULL,3,4,X'6303aeb47b9b12b1210285073c29ea4760567ac2b7d1ff7d92ca770f0c5fe895');
INSERT INTO _data_edge VALUES(2,3,6,2,X'44982a323f7112c0e0402f7e8430ad44e7d2e8534ee818d5a555ac74a2d372b0');
INSERT INTO _data_edge VALUES(3,6,7,1,X'1e5e439a3bac9c3b6063c0dd768fd9c6f8b2472fc7b0632437fb1ed18e0b0316');
INSERT INTO _data_edge VALUES(4,7,8,1,X'446dd4d5c631da5ed8e9a70dfdd615ad858a7811a9e245ce60e2946503b35dab');
INSERT INTO _data_edge VALUES(5,8,6,2,X'0dda026fcbbfb500d244a146158a36854ca5fc5956dec4bc1ff78ba66efcffaf');
INSERT INTO _data_edge VALUES(6,6,9,1,X'a06f285d5126a439474e3733b11a771c41b96beea95a00bf38e4e94e7a1004a4');
CREATE TABLE _edge_change (
  edge          INTEGER NOT NULL REFERENCES _data_edge,
  sample        INTEGER NOT NULL REFERENCES _sample,
  old_discarded INTEGER,
  new_discarded INTEGER,
  old_tagset    INTEGER REFERENCES _tagset,
  new_tagset    INTEGER REFERENCES _tagset,
  PRIMARY KEY (edge, sample)
) WITHOUT ROWID;
INSERT INTO _edge_change VALUES(1,1,NULL,0,NULL,1);
INSERT INTO _edge_change VALUES(1,2,NULL,1,NULL,1);
INSERT INTO _edge_change VALUES(1,3,NULL,0,NULL,2);
INSERT INTO _edge_change VALUES(1,4,NULL,0,NULL,1);
INSERT INTO _edge_change VALUES(2,1,0,0,1,3);
INSERT INTO _edge_change VALUES(2,4,0,0,1,3);
INSERT INTO _edge_change VALUES(3,1,0,0,3,1);
INSERT INTO _edge_change VALUES(4,3,0,1,2,2);
INSERT INTO _edge_change VALUES(5,1,0,0,1,3);
INSERT INTO _edge_change VALUES(5,3,1,0,2,2);
INSERT INTO _edge_change VALUES(6,2,1,0,1,1);
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
INSERT INTO _data_state VALUES(6,2,3,3,1,4,1,3);
INSERT INTO _data_state VALUES(7,3,6,3,2,4,1,2);
INSERT INTO _data_state VALUES(8,4,7,3,3,4,2,2);
INSERT INTO _data_state VALUES(9,6,6,3,2,4,0,3);
CREATE TABLE _experiment (
  id     INTEGER PRIMARY KEY,
  hash   TEXT NOT NULL UNIQUE CHECK (length(hash) = 24),
  model  INTEGER REFERENCES _component, -- null: absent
  config INTEGER REFERENCES _component,
  data   INTEGER REFERENCES _component,
  dumped INTEGER REFERENCES _event      -- the first dump; null: no directory of its own (derived)
);
INSERT INTO _experiment VALUES(1,'4b16d53c711bbc080643b94e',1,2,3,2);
INSERT INTO _experiment VALUES(2,'4b16d53c42298fa10643b94e',1,4,3,NULL);
INSERT INTO _experiment VALUES(3,'4b16d53c2ef00a730643b94e',1,5,3,7);
INSERT INTO _experiment VALUES(4,'4b16d53c2ef00a736d3fc198',1,5,6,NULL);
INSERT INTO _experiment VALUES(5,'4b16d53c2ef00a730aba3fb9',1,5,7,NULL);
INSERT INTO _experiment VALUES(6,'4b16d53c2ef00a73eb66dfe9',1,5,8,13);
INSERT INTO _experiment VALUES(7,'4b16d53c2ef00a73d654b5bf',1,5,9,NULL);
INSERT INTO _experiment VALUES(8,'6d2298842ef00a73d654b5bf',10,5,9,NULL);
CREATE TABLE _run (
  id              INTEGER PRIMARY KEY,
  name            TEXT NOT NULL UNIQUE,
  head            INTEGER REFERENCES _experiment, -- null: empty
  head_config     INTEGER REFERENCES _config,     -- the recorded configuration of the head
  baseline        INTEGER REFERENCES _experiment, -- what pending is measured against; null: nothing
  from_checkpoint INTEGER REFERENCES _checkpoint, -- what training goes on from; null: unknown
  first_step      INTEGER                         -- first step trained since then; null: unknown
, origin TEXT NOT NULL DEFAULT 'unknown'
  CHECK (origin IN ('checkpoint', 'start', 'unknown')));
INSERT INTO _run VALUES(1,'main',7,4,3,NULL,NULL,'unknown');
INSERT INTO _run VALUES(2,'other',8,4,3,4,3,'checkpoint');
CREATE TABLE _run_sample (
  run       INTEGER NOT NULL REFERENCES _run,
  sample    INTEGER NOT NULL REFERENCES _sample,
  discarded INTEGER,
  tagset    INTEGER REFERENCES _tagset,
  PRIMARY KEY (run, sample)
) WITHOUT ROWID;
INSERT INTO _run_sample VALUES(1,1,0,3);
INSERT INTO _run_sample VALUES(1,2,0,1);
INSERT INTO _run_sample VALUES(1,4,0,3);
INSERT INTO _run_sample VALUES(2,1,0,3);
INSERT INTO _run_sample VALUES(2,2,0,1);
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
, digest BLOB CHECK (digest IS NULL OR length(digest) = 32), outcome TEXT CHECK (outcome IN ('closed', 'died')));
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
, chain_version INTEGER NOT NULL DEFAULT 1);
INSERT INTO _event VALUES(1,'b8bc51322b90cfbe5d13cededf1da1c1',1795475312833000,1,NULL,'update',1,NULL,1,NULL,1,0,NULL,NULL,'somebody','first','{"architecture": "d67e08ade6e823c063affb00fea95adabffa75cf1a660d8fcea3223d68e8e44d"}',X'6332669e8fee9079038e75362c405eaaa6cb3c6fbc2b97961c83109d9d77bf97',2);
INSERT INTO _event VALUES(2,'c30e8635198fdab545aebfaafd570bb7',1795475312834000,1,NULL,'dump',1,1,1,1,NULL,0,NULL,NULL,'somebody',NULL,'{"files":[{"path":"checkpoints/4b16d53c711bbc080643b94e/model/4b16d53c711bbc080643b94e_architecture.pkl","size":11,"sha256":"d67e08ade6e823c063affb00fea95adabffa75cf1a660d8fcea3223d68e8e44d"},{"path":"checkpoints/4b16d53c711bbc080643b94e/hp/4b16d53c711bbc080643b94e_config.yaml","size":38,"sha256":"05bb58b71346d078893144749959df8a1a281609828a75843d2aa3c3084d4b90"},{"path":"checkpoints/4b16d53c711bbc080643b94e/data/4b16d53c711bbc080643b94e_data_state.yaml","size":66,"sha256":"af82d544f6c32070f4e7236b681cb660532523136379e91d3a282ec91f35c5ba"}]}',X'77ab4a0c5ee5d87835fb8cf5c41dac8ea6c13b366e677a4d28a9d5700a2ddbc5',2);
INSERT INTO _event VALUES(3,'a524bc0d5e27ade554ec867da44eeeb7',1795475312856000,1,NULL,'update',2,1,2,1,NULL,0,NULL,NULL,'somebody',NULL,'{"architecture": "1631322fe2b6e9697f4a43fd025ba02a292df5638092220c5e16bfbd875c5fae"}',X'882a1f170f55f36e07dd41a748f471ac5d79116092d0ff5847c2e7ef63d6ba23',2);
INSERT INTO _event VALUES(4,'78b02c436ae5ef7bd1da081b15089fa3',1795475312866000,1,NULL,'ignore',2,2,2,2,NULL,0,NULL,NULL,'somebody',NULL,'{"path": "/root"}',X'7ee2acbdac2c6373be898c5031c5b771f86c5bff9ad3a01c7a718c81c7055029',2);
INSERT INTO _event VALUES(5,'4beb7e86f712348ab5808aed062c25f5',1795475312901000,1,NULL,'update',3,2,3,2,NULL,0,NULL,NULL,'somebody',NULL,NULL,X'82c22845fed1ebeadd6e55b5f41dd9e94acd7cf866402b1f659296036c7eb556',2);
INSERT INTO _event VALUES(6,'d05dfc886e2e76c32cb12e5b5bf0ee9d',1795475312922000,1,NULL,'update',3,3,4,3,NULL,0,NULL,NULL,'somebody',NULL,NULL,X'22c465a237e92923aef18e15e69a6fb651d926cef6ce5963e8216f77c01c9407',2);
INSERT INTO _event VALUES(7,'f96798be1ade597613327ba7b5872f46',1795475312923000,1,NULL,'dump',3,3,4,4,NULL,0,NULL,NULL,'somebody',NULL,'{"files":[{"path":"checkpoints/4b16d53c2ef00a730643b94e/model/4b16d53c2ef00a730643b94e_architecture.pkl","size":11,"sha256":"d67e08ade6e823c063affb00fea95adabffa75cf1a660d8fcea3223d68e8e44d"},{"path":"checkpoints/4b16d53c2ef00a730643b94e/hp/4b16d53c2ef00a730643b94e_config.yaml","size":38,"sha256":"d2d1a93307174a46aa2c340d1e0ee36d82b57b8637aac8b4da923faf1874e2e9"},{"path":"checkpoints/4b16d53c2ef00a730643b94e/data/4b16d53c2ef00a730643b94e_data_state.yaml","size":66,"sha256":"af82d544f6c32070f4e7236b681cb660532523136379e91d3a282ec91f35c5ba"}]}',X'21a80efe6de85a63751886032ca421af60df0d801e18392b7bf38838285495d9',2);
INSERT INTO _event VALUES(8,'856374743b449d83247e29a74be342f6',1795475312940000,1,NULL,'tag',4,3,4,4,2,0,NULL,NULL,'somebody',NULL,NULL,X'5bac305a85fe0683e1178bf3652f958dc05c765b4e838a71d6226b4a40f9e801',2);
INSERT INTO _event VALUES(9,'8a405540422ab4e7a964209167b9363a',1795475312950000,1,NULL,'untag',5,4,4,4,3,0,NULL,NULL,'somebody',NULL,NULL,X'efe1d156b17c8aa08d551295961c9779b4ab516ee954ed40931e8364a5b94015',2);
INSERT INTO _event VALUES(10,'1c7a28fa4b62bba038d1b90686d7c975',1795475312956000,1,NULL,'discard',6,5,4,4,4,0,NULL,NULL,'somebody','blurred',NULL,X'3ad9b29acfb252d318e99e5348038c707eed459ec5499d62363d3aa37e3132c0',2);
INSERT INTO _event VALUES(11,'6227ac458c82aed278706df92b1389f9',1795475312962000,1,NULL,'checkpoint',6,6,4,4,NULL,0,NULL,1,'somebody',NULL,'{"files":[{"path":"checkpoints/4b16d53c2ef00a73eb66dfe9/model/4b16d53c2ef00a73eb66dfe9_step_000001.pt","size":7,"sha256":"9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c"}],"origin":"start","from_checkpoint":null,"first_step":null,"pending":4,"note":"{\"a\": 1}"}',X'70712a5cc5407c9c8379857ec345a0befbe79b112b9f59e0861e1191db91f67e',2);
INSERT INTO _event VALUES(12,'1a5b697220ef45f37ac4f1573ad5a460',1795475312970000,1,NULL,'checkpoint',6,6,4,4,NULL,0,NULL,1,'somebody',NULL,'{"files":[{"path":"checkpoints/4b16d53c2ef00a73eb66dfe9/model/4b16d53c2ef00a73eb66dfe9_step_000001.pt","size":4,"sha256":"187897ce0afcf20b50ba2b37dca84a951b7046f29ed5ab94f010619f69d6e189"}],"origin":"checkpoint","from_checkpoint":11,"first_step":2,"pending":4,"note":null}',X'8ad762d6975203f00789b37acf601e968a79f097be772262b03b95c018e19eab',2);
INSERT INTO _event VALUES(13,'77f1ef4e644e5317279c7e968c47a055',1795475312978000,1,NULL,'dump',6,6,4,4,NULL,0,NULL,NULL,'somebody',NULL,'{"files":[{"path":"checkpoints/4b16d53c2ef00a73eb66dfe9/model/4b16d53c2ef00a73eb66dfe9_architecture.pkl","size":11,"sha256":"d67e08ade6e823c063affb00fea95adabffa75cf1a660d8fcea3223d68e8e44d"},{"path":"checkpoints/4b16d53c2ef00a73eb66dfe9/hp/4b16d53c2ef00a73eb66dfe9_config.yaml","size":38,"sha256":"d2d1a93307174a46aa2c340d1e0ee36d82b57b8637aac8b4da923faf1874e2e9"},{"path":"checkpoints/4b16d53c2ef00a73eb66dfe9/data/4b16d53c2ef00a73eb66dfe9_data_state.yaml","size":85,"sha256":"42406d47af019fad888567549cf72c1b116df17667ef8eca1abcecdf9bc33375"}]}',X'25d4b321e87cd753977f62a571766b92ee1c3423fd7bf80a5c158f7cfda23bc2',2);
INSERT INTO _event VALUES(14,'001cad81dd6fbfa18a81652b378b510e',1795475312983000,1,NULL,'checkpoint',6,6,4,4,NULL,0,NULL,2,'somebody',NULL,'{"files":[{"path":"checkpoints/4b16d53c2ef00a73eb66dfe9/model/4b16d53c2ef00a73eb66dfe9_step_000002.pt","size":7,"sha256":"9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c"}],"origin":"checkpoint","from_checkpoint":12,"first_step":2,"pending":0,"note":null}',X'8bb35f258731b92f0530023852a7a0d93faa20dd7e6fd2f715e5a80343ae569a',2);
INSERT INTO _event VALUES(15,'1058f70fadebee122f80b19599e3bba1',1795475313040000,1,NULL,'switch',4,6,4,4,5,0,NULL,NULL,'somebody',NULL,'{"origin":"unknown","from_checkpoint":null,"first_step":null}',X'bf27c079bdd90b1204b43e889bb834bbd5668b4e136b4546394387d59ca2e2b9',2);
INSERT INTO _event VALUES(16,'b126403cc80abb25d5d1a8b6a8eb6d01',1795475313049000,1,NULL,'restore',7,4,4,4,6,0,NULL,NULL,'somebody',NULL,NULL,X'8bacab44da40c0b5cda56b3b337fb1e3be53dcad7d818c18853e83a30517e88a',2);
INSERT INTO _event VALUES(17,'f999e76adfab6b17fdab8eb38e298224',1795475313062000,2,NULL,'run',7,NULL,4,NULL,NULL,0,9,NULL,'somebody',NULL,'{"origin":"unknown","from_checkpoint":null,"first_step":null}',X'd6eda051985f3c70158675c98c7e03ab973092dee17008df62cd21ec80928db7',2);
INSERT INTO _event VALUES(18,'a2055660fc54d96f7a782e4ef7c31a5b',1795475313075000,2,NULL,'update',8,7,4,4,NULL,0,NULL,NULL,'somebody',NULL,NULL,X'd8febca929a46c52a0d41141e4fca9049cb418c05c3dbc2577173b38ea15b235',2);
INSERT INTO _event VALUES(19,'d50db14bdb196c8d7896433ed1e68408',1795475313082000,2,NULL,'checkpoint',8,8,4,4,NULL,0,NULL,2,'somebody',NULL,'{"files":[{"path":"checkpoints/6d2298842ef00a73d654b5bf/model/6d2298842ef00a73d654b5bf_step_000002.pt","size":7,"sha256":"9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c"}],"origin":"unknown","from_checkpoint":null,"first_step":null,"pending":5,"note":null}',X'828e1ae635cea37adff0c2bb553a232263e978c496cfee80f94485fd34425585',2);
INSERT INTO _event VALUES(20,'9b476d6b3d1939eb6fc9b98fb3878535',1795475313108000,1,NULL,'remove',6,6,NULL,NULL,NULL,0,NULL,1,'somebody',NULL,'{"path":"checkpoints/4b16d53c2ef00a73eb66dfe9/model/4b16d53c2ef00a73eb66dfe9_step_000001.pt","size":4,"sha256":"187897ce0afcf20b50ba2b37dca84a951b7046f29ed5ab94f010619f69d6e189"}',X'3349b786eee52b47c8de0df9235b56c530e29404b291a5b554e5115d9ee6e348',2);
INSERT INTO _event VALUES(21,'a6be17d72c979878d8b331b69102808b',1795475313135000,1,NULL,'unignore',7,7,4,4,NULL,0,NULL,NULL,'somebody',NULL,'{"path": "/root"}',X'9d03cecd6685d51cbbe555ab354b649266a1a1db687de08783608e8c23df6a56',2);
CREATE TABLE _ignored_path (
  path       TEXT NOT NULL, -- JSON Pointer
  from_event INTEGER NOT NULL REFERENCES _event,
  to_event   INTEGER REFERENCES _event, -- null: still ignored
  PRIMARY KEY (path, from_event)
) WITHOUT ROWID;
INSERT INTO _ignored_path VALUES('/root',4,21);
CREATE TABLE _file (
  path       TEXT PRIMARY KEY,
  experiment INTEGER NOT NULL REFERENCES _experiment,
  component  INTEGER NOT NULL REFERENCES _component,
  config     INTEGER REFERENCES _config, -- for config.yaml: which content it holds
  size       INTEGER NOT NULL,
  sha256     BLOB NOT NULL CHECK (typeof(sha256) = 'blob' AND length(sha256) = 32),
  event      INTEGER NOT NULL REFERENCES _event
) WITHOUT ROWID;
INSERT INTO _file VALUES('checkpoints/4b16d53c2ef00a730643b94e/data/4b16d53c2ef00a730643b94e_data_state.yaml',3,3,NULL,66,X'af82d544f6c32070f4e7236b681cb660532523136379e91d3a282ec91f35c5ba',7);
INSERT INTO _file VALUES('checkpoints/4b16d53c2ef00a730643b94e/hp/4b16d53c2ef00a730643b94e_config.yaml',3,5,4,38,X'd2d1a93307174a46aa2c340d1e0ee36d82b57b8637aac8b4da923faf1874e2e9',7);
INSERT INTO _file VALUES('checkpoints/4b16d53c2ef00a730643b94e/model/4b16d53c2ef00a730643b94e_architecture.pkl',3,1,NULL,11,X'd67e08ade6e823c063affb00fea95adabffa75cf1a660d8fcea3223d68e8e44d',7);
INSERT INTO _file VALUES('checkpoints/4b16d53c2ef00a73eb66dfe9/data/4b16d53c2ef00a73eb66dfe9_data_state.yaml',6,8,NULL,85,X'42406d47af019fad888567549cf72c1b116df17667ef8eca1abcecdf9bc33375',13);
INSERT INTO _file VALUES('checkpoints/4b16d53c2ef00a73eb66dfe9/hp/4b16d53c2ef00a73eb66dfe9_config.yaml',6,5,4,38,X'd2d1a93307174a46aa2c340d1e0ee36d82b57b8637aac8b4da923faf1874e2e9',13);
INSERT INTO _file VALUES('checkpoints/4b16d53c2ef00a73eb66dfe9/model/4b16d53c2ef00a73eb66dfe9_architecture.pkl',6,1,NULL,11,X'd67e08ade6e823c063affb00fea95adabffa75cf1a660d8fcea3223d68e8e44d',13);
INSERT INTO _file VALUES('checkpoints/4b16d53c711bbc080643b94e/data/4b16d53c711bbc080643b94e_data_state.yaml',1,3,NULL,66,X'af82d544f6c32070f4e7236b681cb660532523136379e91d3a282ec91f35c5ba',2);
INSERT INTO _file VALUES('checkpoints/4b16d53c711bbc080643b94e/hp/4b16d53c711bbc080643b94e_config.yaml',1,2,1,38,X'05bb58b71346d078893144749959df8a1a281609828a75843d2aa3c3084d4b90',2);
INSERT INTO _file VALUES('checkpoints/4b16d53c711bbc080643b94e/model/4b16d53c711bbc080643b94e_architecture.pkl',1,1,NULL,11,X'd67e08ade6e823c063affb00fea95adabffa75cf1a660d8fcea3223d68e8e44d',2);
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
, origin TEXT NOT NULL DEFAULT 'unknown'
  CHECK (origin IN ('checkpoint', 'start', 'unknown')), removed INTEGER REFERENCES _event);
INSERT INTO _checkpoint VALUES(1,11,1,6,1,'checkpoints/4b16d53c2ef00a73eb66dfe9/model/4b16d53c2ef00a73eb66dfe9_step_000001.pt',7,X'9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c','replaced','{"a": 1}',NULL,NULL,4,'start',NULL);
INSERT INTO _checkpoint VALUES(2,12,1,6,1,'checkpoints/4b16d53c2ef00a73eb66dfe9/model/4b16d53c2ef00a73eb66dfe9_step_000001.pt',4,X'187897ce0afcf20b50ba2b37dca84a951b7046f29ed5ab94f010619f69d6e189','removed',NULL,1,2,4,'checkpoint',20);
INSERT INTO _checkpoint VALUES(3,14,1,6,2,'checkpoints/4b16d53c2ef00a73eb66dfe9/model/4b16d53c2ef00a73eb66dfe9_step_000002.pt',7,X'9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c','present',NULL,2,2,0,'checkpoint',NULL);
INSERT INTO _checkpoint VALUES(4,19,2,8,2,'checkpoints/6d2298842ef00a73d654b5bf/model/6d2298842ef00a73d654b5bf_step_000002.pt',7,X'9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c','present',NULL,NULL,NULL,5,'unknown',NULL);
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
INSERT INTO _metric VALUES(1,1,1,6,0.25,1795475312970000);
INSERT INTO _metric VALUES(1,1,2,6,NULL,1795475312983000);
CREATE TABLE _intent (
  op     TEXT PRIMARY KEY,
  at_us  INTEGER NOT NULL,
  detail TEXT NOT NULL -- JSON: all that is needed to finish
) WITHOUT ROWID;
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
INSERT INTO _metric_series VALUES(1,1,6,2,1,2,X'8ba755c7d9455684ab807a214c0738b1');
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
CREATE INDEX _session_by_run ON _session (run, id);
CREATE INDEX _checkpoint_by_origin ON _checkpoint (from_checkpoint)
  WHERE from_checkpoint IS NOT NULL;
CREATE INDEX _metric_series_by_experiment ON _metric_series (experiment, name);
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
       saved.origin AS origin,
       substr(CASE WHEN saved.pending & 1 THEN ',model' ELSE '' END ||
              CASE WHEN saved.pending & 2 THEN ',config' ELSE '' END ||
              CASE WHEN saved.pending & 4 THEN ',data' ELSE '' END, 2) AS pending,
       saved.note AS note,
       event.actor AS actor,
       strftime('%Y-%m-%dT%H:%M:%fZ', removed.at_us / 1000000.0, 'unixepoch') AS removed_at
FROM _checkpoint AS saved
JOIN _event AS event ON event.seq = saved.event
JOIN _run AS run ON run.id = saved.run
JOIN _experiment AS experiment ON experiment.id = saved.experiment
LEFT JOIN _checkpoint AS came_from ON came_from.id = saved.from_checkpoint
LEFT JOIN _event AS removed ON removed.seq = saved.removed;
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
CREATE VIEW sessions AS
SELECT session.id AS session,
       run.name AS run,
       strftime('%Y-%m-%dT%H:%M:%fZ', session.started_us / 1000000.0, 'unixepoch') AS started_at,
       session.started_us / 1000000.0 AS started_at_unix,
       strftime('%Y-%m-%dT%H:%M:%fZ', session.ended_us / 1000000.0, 'unixepoch') AS ended_at,
       session.ended_us / 1000000.0 AS ended_at_unix,
       session.outcome AS outcome,
       session.host AS host,
       session.user AS user,
       session.pid AS pid,
       session.program AS program,
       session.arguments AS arguments,
       session.git_commit AS git_commit,
       session.git_dirty AS git_dirty,
       lower(hex(session.git_diff)) AS git_diff,
       session.libraries AS libraries
FROM _session AS session
JOIN _run AS run ON run.id = session.run;
CREATE VIEW metric_series AS
SELECT run.name AS run,
       experiment.hash AS experiment,
       name.name AS metric,
       series.value_count AS value_count,
       series.first_step AS first_step,
       series.last_step AS last_step,
       last.value AS last_value
FROM _metric_series AS series
JOIN _run AS run ON run.id = series.run
JOIN _metric_name AS name ON name.id = series.name
JOIN _experiment AS experiment ON experiment.id = series.experiment
LEFT JOIN _metric AS last ON last.run = series.run AND last.name = series.name
                         AND last.step = series.last_step AND last.experiment = series.experiment;
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
  ('checkpoints', 'from_checkpoint', 'path of the checkpoint that training came from; null: origin says why'),
  ('checkpoints', 'first_step', 'first step trained since then; null: unknown'),
  ('checkpoints', 'origin', 'checkpoint (from_checkpoint names it), start (nothing was there to come from) or unknown'),
  ('checkpoints', 'pending', 'components that were not dumped yet when it was saved'),
  ('checkpoints', 'note', 'JSON given with it'),
  ('checkpoints', 'actor', 'who did it'),
  ('checkpoints', 'removed_at', 'when its file was taken away, ISO 8601 UTC; null: it was not'),
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
  ('lineage', 'at_unix', 'when, seconds since 1970-01-01 UTC'),
  ('sessions', NULL, 'Every training session: where, and with what code.'),
  ('sessions', 'session', 'its number'),
  ('sessions', 'run', 'the run that it trained'),
  ('sessions', 'started_at', 'when its program opened the ledger, ISO 8601 UTC'),
  ('sessions', 'started_at_unix', 'the same in seconds'),
  ('sessions', 'ended_at', 'when it ended, or was found dead; null: it has not, or nobody knows'),
  ('sessions', 'ended_at_unix', 'the same in seconds'),
  ('sessions', 'outcome', 'closed, or died as the next trainer found; null: as above'),
  ('sessions', 'host', 'name of the machine'),
  ('sessions', 'user', 'who ran it'),
  ('sessions', 'pid', 'number of the process'),
  ('sessions', 'program', 'path of the program'),
  ('sessions', 'arguments', 'how it was called'),
  ('sessions', 'git_commit', 'commit of the code; null: not in a git work tree'),
  ('sessions', 'git_dirty', '1 when the code differed from that commit'),
  ('sessions', 'git_diff', 'SHA-256 of the difference; empty when there was none'),
  ('sessions', 'libraries', 'JSON: name to version'),
  ('metric_series', NULL, 'Which metrics there are, one row for each run, state and name.'),
  ('metric_series', 'run', 'the line of history'),
  ('metric_series', 'experiment', 'the state'),
  ('metric_series', 'metric', 'its name'),
  ('metric_series', 'value_count', 'how many values'),
  ('metric_series', 'first_step', 'the first step that has one'),
  ('metric_series', 'last_step', 'the last step that has one'),
  ('metric_series', 'last_value', 'the value there');
COMMIT;
