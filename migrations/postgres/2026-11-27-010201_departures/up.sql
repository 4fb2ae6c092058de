-- What is known of issues that left a query and that Jira does not give any more. ended_at: that of their member row.
CREATE TABLE departures (
  query_id TEXT NOT NULL REFERENCES queries (id) ON DELETE CASCADE,
  issue_id BIGINT NOT NULL,
  ended_at TIMESTAMPTZ NOT NULL,
  gone TEXT NOT NULL,
  PRIMARY KEY (query_id, issue_id, ended_at)
);

-- What began and what ended within a span of time, for moves.
CREATE INDEX members_since ON members (query_id, since);
CREATE INDEX members_ended ON members (query_id, ended_at);
