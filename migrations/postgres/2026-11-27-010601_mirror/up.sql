-- Issues as they were last fetched, with every fact that any link of their connection measures. Refreshes measure from
-- here, so that only what changed need be fetched. Nobody sees a row before a proved refresh makes it a member.
-- seen_at: when it was asked for; its facts are no older. listed_at: a look at what changed listed it then; facts that are
-- not younger are not believed. fields: ids of the fields that were asked for.
CREATE TABLE mirror (
  connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  issue_id BIGINT NOT NULL,
  seen_at TIMESTAMPTZ NOT NULL,
  listed_at TIMESTAMPTZ,
  updated_at TIMESTAMPTZ,
  status_id TEXT,
  fields TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (connection_id, issue_id)
);

-- Up to when a connection's mirror is known to be current: what changed before is fetched or listed.
CREATE TABLE mirror_marks (
  connection_id TEXT NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
  looked_at TIMESTAMPTZ NOT NULL
);

DROP TABLE stage;
