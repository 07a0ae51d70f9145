-- The views: what dashboards and people read. Plural names, documented in `about`, only ever added
-- to. Built-in SQL of SQLite 3.26 only, so that every program with a SQLite can read them.
-- Version: 4
-- (A higher version replaces these in older ledgers; raise it with every change in this file.)

-- One row for each event that moved the head of a run.
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
            WHEN after.dumped < left_at.seq THEN 0
            WHEN EXISTS (SELECT 1 FROM _event AS dump -- in the tree that it came from
                         WHERE dump.experiment = event.experiment AND dump.kind = 'dump'
                           AND dump.seq < left_at.seq) THEN 0
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

-- Every recorded state.
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
       state.tagged AS tagged,
       (SELECT text FROM _label WHERE event = (
          SELECT max(event) FROM _label
          WHERE kind = 'name' AND _label.experiment = experiment.id)) AS name,
       (SELECT text FROM _label WHERE event = (
          SELECT max(event) FROM _label
          WHERE kind = 'note' AND _label.experiment = experiment.id)) AS note
FROM _experiment AS experiment
LEFT JOIN _component AS model ON model.id = experiment.model AND model.kind = 'model'
LEFT JOIN _component AS config ON config.id = experiment.config AND config.kind = 'config'
LEFT JOIN _component AS data ON data.id = experiment.data AND data.kind = 'data'
LEFT JOIN _data_state AS state ON state.component = experiment.data
LEFT JOIN _event AS first ON first.seq = (
  SELECT min(seq) FROM _event WHERE _event.experiment = experiment.id)
LEFT JOIN _run AS run ON run.id = first.run;

-- Each hyperparameter that an event changed.
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

-- Each module of the architecture that an event changed; the class is the module '(class)', an
-- architecture that only its program can read is '(opaque)'.
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

-- (Ours: what the views and the library read.) Each change of a sample that stands in the edge of an
-- event. An edge holds changes in one direction; `reversed` events went the other. whole_state: the
-- edge comes from nothing.
CREATE VIEW _sample_change AS
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
       event.reason AS reason,
       CASE WHEN change.old_discarded IS NULL
              THEN CASE event.reversed WHEN 0 THEN 'added' ELSE 'removed' END
            WHEN change.new_discarded IS NULL
              THEN CASE event.reversed WHEN 0 THEN 'removed' ELSE 'added' END
            WHEN change.old_discarded <> change.new_discarded
              THEN CASE change.new_discarded <> event.reversed
                   WHEN 1 THEN 'discarded' ELSE 'restored' END
            WHEN added.id <> 1 AND removed.id <> 1 THEN 'retagged'
            ELSE CASE (removed.id = 1) <> event.reversed
                 WHEN 1 THEN 'tagged' ELSE 'untagged' END END AS change,
       CASE event.reversed WHEN 0 THEN new.tags ELSE old.tags END AS tags,
       change.sample AS sample,
       edge.from_state IS NULL AS whole_state
FROM _event AS event
JOIN _data_edge AS edge ON edge.id = event.edge
JOIN _edge_change AS change ON change.edge = edge.id
JOIN _sample AS sample ON sample.id = change.sample
JOIN _run AS run ON run.id = event.run
JOIN _experiment AS after ON after.id = event.experiment
LEFT JOIN _experiment AS before ON before.id = event.from_experiment
LEFT JOIN _tagset AS old ON old.id = change.old_tagset
LEFT JOIN _tagset AS new ON new.id = change.new_tagset
LEFT JOIN _tagset_change AS pair ON pair.from_tagset = ifnull(change.old_tagset, 1)
                                AND pair.to_tagset = ifnull(change.new_tagset, 1)
LEFT JOIN _tagset AS added ON added.id = ifnull(pair.added, 1)
LEFT JOIN _tagset AS removed ON removed.id = ifnull(pair.removed, 1);

-- Each sample that an event discarded, restored, tagged, untagged, added or removed. The second part
-- is for runs that begin or end with a state that hangs on one known before, so that no edge from
-- nothing holds its rows: `way` is what lies between such a state and its root, and the sample's
-- last change on it is what the state has.
CREATE VIEW sample_changes AS
WITH RECURSIVE way (seq, base, edge, depth) AS (
  SELECT beginning.seq, state.base, state.edge, state.depth
  FROM _event AS beginning JOIN _data_state AS state ON state.component = beginning.begins
  WHERE beginning.begins IS NOT NULL
  UNION ALL
  SELECT way.seq, state.base, state.edge, state.depth
  FROM way JOIN _data_state AS state ON state.component = way.base AND state.depth < way.depth)
SELECT seq, at, at_unix, run, from_experiment, to_experiment, uid, discarded_from, discarded_to,
       tags_added, tags_removed, actor, reason, change, tags
FROM _sample_change
UNION ALL
SELECT event.seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', event.at_us / 1000000.0, 'unixepoch'),
       event.at_us / 1000000.0,
       run.name, before.hash, after.hash, sample.uid,
       CASE event.reversed WHEN 0 THEN NULL ELSE change.new_discarded END,
       CASE event.reversed WHEN 0 THEN change.new_discarded ELSE NULL END,
       CASE event.reversed WHEN 0 THEN tagset.tags ELSE '' END,
       CASE event.reversed WHEN 0 THEN '' ELSE tagset.tags END,
       event.actor, event.reason,
       CASE event.reversed WHEN 0 THEN 'added' ELSE 'removed' END,
       CASE event.reversed WHEN 0 THEN tagset.tags END
FROM _edge_change AS change
JOIN way ON way.edge = change.edge
JOIN _event AS event ON event.seq = way.seq
JOIN _sample AS sample ON sample.id = change.sample
JOIN _tagset AS tagset ON tagset.id = change.new_tagset
JOIN _run AS run ON run.id = event.run
JOIN _experiment AS after ON after.id = event.experiment
LEFT JOIN _experiment AS before ON before.id = event.from_experiment
WHERE change.new_discarded IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM _edge_change AS later
                  JOIN way AS nearer ON nearer.edge = later.edge
                  WHERE later.sample = change.sample AND nearer.seq = way.seq
                    AND nearer.depth > way.depth);

-- The life of each sample: what happened to it, and what it was from then on.
CREATE VIEW sample_history AS
SELECT uid, seq, at, at_unix, run, change, to_experiment AS experiment,
       discarded_to AS discarded, tags, tags_added, tags_removed, actor, reason
FROM sample_changes;

-- Each tag that a sample got or lost. The first two parts are the tags that a change between two
-- sets of tags adds and takes away; the third is as in sample_changes: the change that gave the
-- sample its set, unless one nearer to the state took it. (A condition that
-- stands twice, once with +, is for both ways to ask: from the tag, and from the sample.)
CREATE VIEW tag_changes AS
WITH RECURSIVE way (seq, base, edge, depth) AS (
  SELECT beginning.seq, state.base, state.edge, state.depth
  FROM _event AS beginning JOIN _data_state AS state ON state.component = beginning.begins
  WHERE beginning.begins IS NOT NULL
  UNION ALL
  SELECT way.seq, state.base, state.edge, state.depth
  FROM way JOIN _data_state AS state ON state.component = way.base AND state.depth < way.depth)
SELECT event.seq AS seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', event.at_us / 1000000.0, 'unixepoch') AS at,
       event.at_us / 1000000.0 AS at_unix,
       run.name AS run,
       sample.uid AS uid,
       tag.tag AS tag,
       CASE event.reversed WHEN 0 THEN 'added' ELSE 'removed' END AS action,
       before.hash AS from_experiment,
       after.hash AS to_experiment,
       event.actor AS actor,
       event.reason AS reason
FROM _tag AS tag
JOIN _tagset_tag AS member ON member.tag = tag.id
JOIN _tagset_change AS pair ON pair.added = member.tagset
JOIN _edge_change AS change ON pair.from_tagset = ifnull(change.old_tagset, 1)
                           AND pair.to_tagset = ifnull(change.new_tagset, 1)
                           AND ifnull(change.old_tagset, 1) = +pair.from_tagset
                           AND ifnull(change.new_tagset, 1) = +pair.to_tagset
                           AND ifnull(change.old_tagset, 1) <> ifnull(change.new_tagset, 1)
JOIN _event AS event ON event.edge = change.edge
JOIN _sample AS sample ON sample.id = change.sample
JOIN _run AS run ON run.id = event.run
JOIN _experiment AS after ON after.id = event.experiment
LEFT JOIN _experiment AS before ON before.id = event.from_experiment
UNION ALL
SELECT event.seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', event.at_us / 1000000.0, 'unixepoch'),
       event.at_us / 1000000.0,
       run.name, sample.uid, tag.tag,
       CASE event.reversed WHEN 0 THEN 'removed' ELSE 'added' END,
       before.hash, after.hash, event.actor, event.reason
FROM _tag AS tag
JOIN _tagset_tag AS member ON member.tag = tag.id
JOIN _tagset_change AS pair ON pair.removed = member.tagset
JOIN _edge_change AS change ON pair.from_tagset = ifnull(change.old_tagset, 1)
                           AND pair.to_tagset = ifnull(change.new_tagset, 1)
                           AND ifnull(change.old_tagset, 1) = +pair.from_tagset
                           AND ifnull(change.new_tagset, 1) = +pair.to_tagset
                           AND ifnull(change.old_tagset, 1) <> ifnull(change.new_tagset, 1)
JOIN _event AS event ON event.edge = change.edge
JOIN _sample AS sample ON sample.id = change.sample
JOIN _run AS run ON run.id = event.run
JOIN _experiment AS after ON after.id = event.experiment
LEFT JOIN _experiment AS before ON before.id = event.from_experiment
UNION ALL
SELECT event.seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', event.at_us / 1000000.0, 'unixepoch'),
       event.at_us / 1000000.0,
       run.name, sample.uid, tag.tag,
       CASE event.reversed WHEN 0 THEN 'added' ELSE 'removed' END,
       before.hash, after.hash, event.actor, event.reason
FROM _tag AS tag
JOIN _tagset_tag AS member ON member.tag = tag.id
JOIN _edge_change AS change ON member.tagset = change.new_tagset
                           AND ifnull(change.new_tagset, 1) = +member.tagset
                           AND ifnull(change.old_tagset, 1) <> ifnull(change.new_tagset, 1)
JOIN way ON way.edge = change.edge
JOIN _event AS event ON event.seq = way.seq
JOIN _sample AS sample ON sample.id = change.sample
JOIN _run AS run ON run.id = event.run
JOIN _experiment AS after ON after.id = event.experiment
LEFT JOIN _experiment AS before ON before.id = event.from_experiment
WHERE NOT EXISTS (SELECT 1 FROM _edge_change AS later
                  JOIN way AS nearer ON nearer.edge = later.edge
                  WHERE later.sample = change.sample AND nearer.seq = way.seq
                    AND nearer.depth > way.depth AND later.new_tagset IS NOT change.new_tagset);

-- How many samples of a run's data state were discarded and restored on each day.
CREATE VIEW discards_by_day AS
SELECT date(event.at_us / 1000000, 'unixepoch') AS day,
       run.name AS run,
       sum(change.new_discarded <> event.reversed) AS discarded,
       sum(change.new_discarded = event.reversed) AS restored,
       count(DISTINCT event.actor) AS actors
FROM _event AS event
JOIN _edge_change AS change ON change.edge = event.edge
JOIN _run AS run ON run.id = event.run
WHERE change.old_discarded <> change.new_discarded
GROUP BY day, run.name;

-- The current data state of every run.
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
FROM _run AS run
CROSS JOIN _run_sample AS moved ON moved.run = run.id
JOIN _experiment AS head ON head.id = run.head
JOIN _sample AS sample ON sample.id = moved.sample
JOIN _tagset AS tagset ON tagset.id = moved.tagset
WHERE moved.discarded IS NOT NULL;

-- What goes back and forth: samples that were discarded and restored, tags that came and went,
-- hyperparameters that got a value they had before. Switches and beginnings of runs do not count.
CREATE VIEW churn AS
SELECT change.run AS run, 'sample' AS kind, change.uid AS item, NULL AS tag, count(*) AS changes,
       max(change.seq) AS last_seq, change.actor AS last_actor
FROM _sample_change AS change JOIN _event AS event ON event.seq = change.seq
WHERE change.discarded_from <> change.discarded_to AND event.kind NOT IN ('switch', 'run')
GROUP BY change.run, change.uid HAVING count(*) > 1
UNION ALL
SELECT change.run, 'tag', change.uid, change.tag, count(*), max(change.seq), change.actor
FROM tag_changes AS change JOIN _event AS event ON event.seq = change.seq
WHERE event.kind NOT IN ('switch', 'run') AND change.from_experiment IS NOT NULL
GROUP BY change.run, change.uid, change.tag HAVING count(*) > 1
UNION ALL
SELECT change.run, 'config', change.path, NULL, count(*), max(change.seq), change.actor
FROM config_changes AS change JOIN _event AS event ON event.seq = change.seq
WHERE event.kind NOT IN ('switch', 'run')
  AND EXISTS (SELECT 1 FROM config_changes AS earlier
              WHERE earlier.path = change.path AND earlier.run = change.run
                AND earlier.seq < change.seq AND earlier.value_from IS change.value_to
                AND earlier.change <> 'added')
GROUP BY change.run, change.path;

-- The tags of the current data state of every run, one row for each tag of a sample.
CREATE VIEW tags AS
SELECT run.name AS run,
       head.hash AS experiment,
       tag.tag AS tag,
       sample.uid AS uid,
       root_row.new_discarded AS discarded
FROM _tag AS tag
JOIN _tagset_tag AS member ON member.tag = tag.id
JOIN _edge_change AS root_row ON member.tagset = root_row.new_tagset
                             AND ifnull(root_row.new_tagset, 1) = +member.tagset
                             AND ifnull(root_row.old_tagset, 1) = 1
                             AND ifnull(root_row.old_tagset, 1) <> ifnull(root_row.new_tagset, 1)
JOIN _data_state AS root ON root.edge = root_row.edge AND root.base IS NULL
JOIN _data_state AS state ON state.root = root.component
JOIN _experiment AS head ON head.data = state.component
JOIN _run AS run ON run.head = head.id
JOIN _sample AS sample ON sample.id = root_row.sample
WHERE NOT EXISTS (SELECT 1 FROM _run_sample AS moved
                  WHERE moved.run = run.id AND moved.sample = root_row.sample)
UNION ALL
SELECT run.name, head.hash, tag.tag, sample.uid, moved.discarded
FROM _run AS run
CROSS JOIN _run_sample AS moved ON moved.run = run.id
JOIN _experiment AS head ON head.id = run.head
JOIN _sample AS sample ON sample.id = moved.sample
JOIN _tagset_tag AS member ON member.tagset = moved.tagset
JOIN _tag AS tag ON tag.id = member.tag
WHERE moved.discarded IS NOT NULL;

-- Every value of every recorded configuration.
CREATE VIEW config_values AS
SELECT experiment.hash AS experiment,
       leaf.path AS path,
       leaf.type AS type,
       leaf.value AS value,
       leaf.number AS number,
       leaf.ignored AS ignored
FROM _experiment AS experiment
JOIN _config AS config ON config.component = experiment.config
JOIN _config_leaf AS leaf ON leaf.config = config.id
WHERE config.id = (SELECT max(latest.id) FROM _config AS latest
                   WHERE latest.component = experiment.config);

-- Every module of every described model.
CREATE VIEW model_modules AS
SELECT experiment.hash AS experiment,
       CASE module.name WHEN '' THEN '(class)' ELSE module.name END AS module,
       module.entry AS entry
FROM _experiment AS experiment
JOIN _model_module AS module ON module.component = experiment.model;

-- Every saved set of weights.
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

-- Which components of each run's head are not dumped yet.
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

-- Every line of history and where it stands.
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

-- Every logged metric.
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

-- Which experiment came from which, and how.
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

-- Everything that happened, in order, also what moved no head: dumps, checkpoints, repairs.
CREATE VIEW events AS
SELECT event.seq AS seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', event.at_us / 1000000.0, 'unixepoch') AS at,
       event.at_us / 1000000.0 AS at_unix,
       run.name AS run,
       event.kind AS kind,
       after.hash AS experiment,
       before.hash AS from_experiment,
       event.step AS step,
       event.actor AS actor,
       event.reason AS reason,
       event.session AS session,
       event.detail AS detail
FROM _event AS event
JOIN _run AS run ON run.id = event.run
LEFT JOIN _experiment AS after ON after.id = event.experiment
LEFT JOIN _experiment AS before ON before.id = event.from_experiment;

-- What people called states, in order; the last name of a state is in force.
CREATE VIEW names AS
SELECT event.seq AS seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', event.at_us / 1000000.0, 'unixepoch') AS at,
       event.at_us / 1000000.0 AS at_unix,
       experiment.hash AS experiment,
       label.text AS name,
       NOT EXISTS (SELECT 1 FROM _label AS later
                   WHERE later.kind = 'name' AND later.experiment = label.experiment
                     AND later.event > label.event) AS current,
       event.actor AS actor,
       event.reason AS reason
FROM _label AS label
JOIN _event AS event ON event.seq = label.event
JOIN _experiment AS experiment ON experiment.id = label.experiment
WHERE label.kind = 'name';

-- What people wrote to states, in order; the last note of a state is in force.
CREATE VIEW notes AS
SELECT event.seq AS seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', event.at_us / 1000000.0, 'unixepoch') AS at,
       event.at_us / 1000000.0 AS at_unix,
       experiment.hash AS experiment,
       label.text AS note,
       NOT EXISTS (SELECT 1 FROM _label AS later
                   WHERE later.kind = 'note' AND later.experiment = label.experiment
                     AND later.event > label.event) AS current,
       event.actor AS actor,
       event.reason AS reason
FROM _label AS label
JOIN _event AS event ON event.seq = label.event
JOIN _experiment AS experiment ON experiment.id = label.experiment
WHERE label.kind = 'note';

-- What states are called in the ledgers that they came from.
CREATE VIEW aliases AS
SELECT alias.hash AS alias,
       experiment.hash AS experiment,
       alias.event AS seq
FROM _alias AS alias
JOIN _experiment AS experiment ON experiment.id = alias.experiment;

-- Every training session: where, and with what code.
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

-- Which metrics there are, without reading their values.
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

-- What every view and column means.
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
  ('experiments', 'name', 'what people call it; null: it has no name'),
  ('experiments', 'note', 'what people wrote to it; null: nothing'),
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
  ('sample_changes', 'change', 'added, removed, discarded, restored, tagged, untagged or retagged: the strongest of what happened'),
  ('sample_changes', 'tags', 'its tags after, sorted, joined by commas; null: not in the data state'),
  ('sample_history', NULL, 'The life of each sample: what happened to it, and what it was from then on.'),
  ('sample_history', 'uid', 'the sample'),
  ('sample_history', 'seq', 'number of the event: rises through the whole ledger'),
  ('sample_history', 'at', 'when, ISO 8601 UTC'),
  ('sample_history', 'at_unix', 'when, seconds since 1970-01-01 UTC'),
  ('sample_history', 'run', 'the line of history'),
  ('sample_history', 'change', 'added, removed, discarded, restored, tagged, untagged or retagged'),
  ('sample_history', 'experiment', 'the head after'),
  ('sample_history', 'discarded', '1 discarded, 0 not, from then on; null: not in the data state'),
  ('sample_history', 'tags', 'its tags from then on, sorted, joined by commas'),
  ('sample_history', 'tags_added', 'tags that it got'),
  ('sample_history', 'tags_removed', 'tags that it lost'),
  ('sample_history', 'actor', 'who did it'),
  ('sample_history', 'reason', 'why, as given; null when nothing was said'),
  ('tag_changes', NULL, 'Each tag that a sample got or lost.'),
  ('tag_changes', 'seq', 'number of the event: rises through the whole ledger'),
  ('tag_changes', 'at', 'when, ISO 8601 UTC'),
  ('tag_changes', 'at_unix', 'when, seconds since 1970-01-01 UTC'),
  ('tag_changes', 'run', 'the line of history'),
  ('tag_changes', 'uid', 'the sample'),
  ('tag_changes', 'tag', 'the tag'),
  ('tag_changes', 'action', 'added or removed'),
  ('tag_changes', 'from_experiment', 'the head before; null at the beginning of a run'),
  ('tag_changes', 'to_experiment', 'the head after'),
  ('tag_changes', 'actor', 'who did it'),
  ('tag_changes', 'reason', 'why, as given; null when nothing was said'),
  ('discards_by_day', NULL, 'How many samples were discarded and restored on each day.'),
  ('discards_by_day', 'day', 'the day, UTC'),
  ('discards_by_day', 'run', 'the line of history'),
  ('discards_by_day', 'discarded', 'how many samples were discarded'),
  ('discards_by_day', 'restored', 'how many were taken in again'),
  ('discards_by_day', 'actors', 'how many different people or programs did it'),
  ('samples', NULL, 'The current data state of every run.'),
  ('samples', 'run', 'the line of history'),
  ('samples', 'experiment', 'the head of the run'),
  ('samples', 'uid', 'the sample'),
  ('samples', 'discarded', '1 when it is left out of training'),
  ('samples', 'tags', 'its tags, sorted, joined by commas'),
  ('churn', NULL, 'What goes back and forth: samples, tags, hyperparameters.'),
  ('churn', 'run', 'the line of history'),
  ('churn', 'kind', 'sample (discarded and restored), tag, or config (a value that it had before)'),
  ('churn', 'item', 'the sample, or the JSON Pointer'),
  ('churn', 'tag', 'the tag, of kind tag'),
  ('churn', 'changes', 'how often; of config, how often it got a value it had before'),
  ('churn', 'last_seq', 'number of the last event'),
  ('churn', 'last_actor', 'who did that'),
  ('tags', NULL, 'The tags of the current data state of every run, one row for each tag of a sample.'),
  ('tags', 'run', 'the line of history'),
  ('tags', 'experiment', 'the head of the run'),
  ('tags', 'tag', 'the tag'),
  ('tags', 'uid', 'the sample that has it'),
  ('tags', 'discarded', '1 when the sample is left out of training'),
  ('config_values', NULL, 'Every value of every recorded configuration.'),
  ('config_values', 'experiment', 'the state'),
  ('config_values', 'path', 'JSON Pointer of the value'),
  ('config_values', 'type', 'null, boolean, integer, real or text; object or array when empty'),
  ('config_values', 'value', 'JSON text'),
  ('config_values', 'number', 'the number, if it is one'),
  ('config_values', 'ignored', '1 when it does not count for the hash'),
  ('model_modules', NULL, 'Every module of every described model.'),
  ('model_modules', 'experiment', 'the state'),
  ('model_modules', 'module', 'its name; (class) is the class of the model'),
  ('model_modules', 'entry', 'type and attributes: Linear_in4_out16'),
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
  ('events', NULL, 'Everything that happened, in order, also what moved no head.'),
  ('events', 'seq', 'number of the event: rises through the whole ledger'),
  ('events', 'at', 'when, ISO 8601 UTC'),
  ('events', 'at_unix', 'when, seconds since 1970-01-01 UTC'),
  ('events', 'run', 'the line of history'),
  ('events', 'kind', 'update, discard, restore, tag, untag, switch, run, resume, dump, checkpoint, ignore, unignore, name, note, merge, import, train, end, remove, missing or repair'),
  ('events', 'experiment', 'the head after; null before the first state'),
  ('events', 'from_experiment', 'the head before'),
  ('events', 'step', 'of a checkpoint, or switched to; else null'),
  ('events', 'actor', 'who did it'),
  ('events', 'reason', 'why, as given; null when nothing was said'),
  ('events', 'session', 'number of the training session that did it; null: none'),
  ('events', 'detail', 'JSON: what else its kind has to say'),
  ('names', NULL, 'What people called states.'),
  ('names', 'seq', 'number of the event: rises through the whole ledger'),
  ('names', 'at', 'when, ISO 8601 UTC'),
  ('names', 'at_unix', 'when, seconds since 1970-01-01 UTC'),
  ('names', 'experiment', 'the state'),
  ('names', 'name', 'its name; null: it was taken off'),
  ('names', 'current', '1 when it is in force'),
  ('names', 'actor', 'who did it'),
  ('names', 'reason', 'why, as given; null when nothing was said'),
  ('notes', NULL, 'What people wrote to states.'),
  ('notes', 'seq', 'number of the event: rises through the whole ledger'),
  ('notes', 'at', 'when, ISO 8601 UTC'),
  ('notes', 'at_unix', 'when, seconds since 1970-01-01 UTC'),
  ('notes', 'experiment', 'the state'),
  ('notes', 'note', 'the text; null: it was taken off'),
  ('notes', 'current', '1 when it is in force'),
  ('notes', 'actor', 'who did it'),
  ('notes', 'reason', 'why, as given; null when nothing was said'),
  ('aliases', NULL, 'What states are called in the ledgers that they came from, where that is another hash.'),
  ('aliases', 'alias', 'the hash there'),
  ('aliases', 'experiment', 'the state here'),
  ('aliases', 'seq', 'number of the event that brought it'),
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
