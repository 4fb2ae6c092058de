ALTER TABLE queries DROP COLUMN recorded_by;
ALTER TABLE queries DROP COLUMN mirror_version;
DROP INDEX mirrored_version;
ALTER TABLE mirrored DROP COLUMN version;
DROP TABLE mirror_drops;
DROP TABLE mirror_versions;
ALTER TABLE mirrored RENAME TO mirror;
