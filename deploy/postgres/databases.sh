#!/bin/sh
# Run once, by the image, when there are no databases yet: one for each service, and a role that owns it and may connect
# to no other. Passwords are read by psql itself, so that no list of processes shows them.
set -eu
for service in auth rooms messaging moderation files; do
  export service
  psql -qX -v ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\set service `echo $service`
\set password `cat /run/secrets/${service}_database_password`
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE DATABASE :"service" OWNER :"service";
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
SQL
done
psql -qX -v ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
  -c 'REVOKE ALL ON DATABASE postgres FROM PUBLIC'
