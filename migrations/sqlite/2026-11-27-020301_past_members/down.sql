DROP TABLE past_members;
UPDATE backfills SET plan = '', until = NULL;
