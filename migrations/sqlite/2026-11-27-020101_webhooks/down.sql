ALTER TABLE queries DROP COLUMN hinted;
DROP TABLE hints;
DROP TABLE webhooks;
