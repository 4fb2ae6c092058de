ALTER TABLE queries DROP COLUMN recorded_by;
ALTER TABLE queries DROP COLUMN mirror_version;
DROP INDEX mirror_version;
ALTER TABLE mirror DROP COLUMN version;
DROP TABLE mirror_versions;
