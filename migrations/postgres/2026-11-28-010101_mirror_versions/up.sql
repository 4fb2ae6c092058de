-- Changes of a connection's mirror are counted, so that whoever read it before reads only what changed since.
-- Under its new name it is out of reach of processes of an older version, which would change it without counting.
ALTER TABLE mirror RENAME TO mirrored;

-- version: of the last change; begun: of the last that began the mirror anew, or with which older drops were forgotten.
CREATE TABLE mirror_versions (
  connection_id TEXT NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
  version BIGINT NOT NULL,
  begun BIGINT NOT NULL
);

-- Which change removed an issue from the mirror.
CREATE TABLE mirror_drops (
  connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  version BIGINT NOT NULL,
  issue_id BIGINT NOT NULL,
  PRIMARY KEY (connection_id, version, issue_id)
);

-- version: of the change that wrote the row last.
ALTER TABLE mirrored ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
CREATE INDEX mirrored_version ON mirrored (connection_id, version, issue_id);

-- mirror_version: the version that the members were last recorded from; recorded_by: a digest of what decides their facts
-- besides the mirror. Null where the members cannot stand for the mirror.
ALTER TABLE queries ADD COLUMN mirror_version BIGINT;
ALTER TABLE queries ADD COLUMN recorded_by BYTEA;
