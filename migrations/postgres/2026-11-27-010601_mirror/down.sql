CREATE TABLE stage (
  refresh_id TEXT NOT NULL REFERENCES refreshes (id) ON DELETE CASCADE,
  issue_id BIGINT NOT NULL,
  document JSONB NOT NULL,
  PRIMARY KEY (refresh_id, issue_id)
);
DROP TABLE mirror_marks;
DROP TABLE mirror;
