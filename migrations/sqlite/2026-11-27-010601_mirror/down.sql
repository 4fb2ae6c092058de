CREATE TABLE stage (
  refresh_id TEXT NOT NULL REFERENCES refreshes (id) ON DELETE CASCADE,
  issue_id INTEGER NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (refresh_id, issue_id)
) STRICT, WITHOUT ROWID;
DROP TABLE mirror_marks;
DROP TABLE mirror;
