-- Waits that Jira asked for, so that every process keeps them, also one that starts later.
-- endpoint: what is not to be asked, as method and path; empty for all of the connection. until: nothing is sent before.
CREATE TABLE waits (
  connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  endpoint TEXT NOT NULL,
  until TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (connection_id, endpoint)
);
