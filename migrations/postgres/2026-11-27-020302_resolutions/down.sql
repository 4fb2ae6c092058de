ALTER TABLE issues DROP COLUMN resolved;
