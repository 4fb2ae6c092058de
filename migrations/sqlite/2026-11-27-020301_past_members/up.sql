-- Who matched before the first measurement, as computed from changelogs, apart from the members that were measured. run_id:
-- refresh_id of the readings that were computed in the same run. It goes with the last of them.
CREATE TABLE past_members (
  run_id TEXT NOT NULL,
  query_id TEXT NOT NULL REFERENCES queries (id) ON DELETE CASCADE,
  issue_id INTEGER NOT NULL,
  since INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  facts TEXT NOT NULL,
  PRIMARY KEY (run_id, issue_id, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX past_members_query ON past_members (query_id);

-- What was computed before is read anew.
DELETE FROM members WHERE ended_at IS NOT NULL AND EXISTS (
  SELECT 1 FROM backfills
  WHERE backfills.query_id = members.query_id AND finished_at IS NOT NULL AND members.ended_at <= backfills.until
);
UPDATE backfills SET plan = '', until = NULL;
