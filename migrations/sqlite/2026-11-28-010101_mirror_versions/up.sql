-- Changes of a connection's mirror are counted, so that whoever read it before reads only what changed since.
-- version: of the last change; dropped: of the last that removed rows; begun: of the last that began the mirror anew.
CREATE TABLE mirror_versions (
  connection_id TEXT NOT NULL PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  dropped INTEGER NOT NULL,
  begun INTEGER NOT NULL
) STRICT;

-- version: of the change that wrote the row last.
ALTER TABLE mirror ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
CREATE INDEX mirror_version ON mirror (connection_id, version, issue_id);

-- mirror_version: the version that the members were last recorded from; recorded_by: a digest of what decides their facts
-- besides the mirror. Null where the members cannot stand for the mirror.
ALTER TABLE queries ADD COLUMN mirror_version INTEGER;
ALTER TABLE queries ADD COLUMN recorded_by BLOB;
