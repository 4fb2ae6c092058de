DROP TABLE grants;
DROP TABLE authorization_attempts;
