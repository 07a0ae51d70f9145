-- Reading a ledger of version 2 or less without writing to it: nothing has a name or a note yet,
-- and nothing comes from elsewhere.
CREATE TEMP VIEW _label AS
SELECT NULL AS event, NULL AS kind, NULL AS experiment, NULL AS text WHERE 0;
CREATE TEMP VIEW _alias AS SELECT NULL AS hash, NULL AS experiment, NULL AS event WHERE 0;
