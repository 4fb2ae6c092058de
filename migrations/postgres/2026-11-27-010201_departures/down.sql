DROP INDEX members_ended;
DROP INDEX members_since;
DROP TABLE departures;
