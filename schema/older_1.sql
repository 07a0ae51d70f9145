-- Reading a ledger of version 1 without writing to it: temporary views stand before its tables with
-- the columns that version 2 added, as its migration (0002_evidence.sql) would fill them.
CREATE TEMP VIEW _event AS SELECT *, 1 AS chain_version FROM main._event;
CREATE TEMP VIEW _session AS SELECT *, NULL AS digest, NULL AS outcome FROM main._session;
CREATE TEMP VIEW _run AS
SELECT *, CASE WHEN from_checkpoint IS NULL THEN 'unknown' ELSE 'checkpoint' END AS origin
FROM main._run;
CREATE TEMP VIEW _checkpoint AS
SELECT *, CASE WHEN from_checkpoint IS NULL THEN 'unknown' ELSE 'checkpoint' END AS origin,
       NULL AS removed
FROM main._checkpoint;
CREATE TEMP VIEW _metric_series AS
SELECT run, name, experiment, count(*) AS value_count, min(step) AS first_step,
       max(step) AS last_step, NULL AS digest
FROM main._metric GROUP BY run, name, experiment;
