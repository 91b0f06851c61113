BEGIN TRANSACTION;
CREATE TABLE checkpoint (uuid TEXT PRIMARY KEY, name TEXT NOT NULL, owner_id TEXT NOT NULL, project_id TEXT NOT NULL,
  visibility TEXT NOT NULL, created_at INTEGER NOT NULL, deleted_at INTEGER, cluster_uuid TEXT NOT NULL, size INTEGER NOT NULL, info TEXT NOT NULL);
INSERT INTO "checkpoint" VALUES('24f59c66-d2e5-42b2-b5dc-228aea7d08aa','old checkpoint','old_user','old_project','private',1795497750878,NULL,'82925c4a-0f9e-4919-8d8a-d08c73d48bf6',421936,'{"neurons":266,"blocks":3,"sections":924,"synapses":21568,"bytes":2140672,"inputs":[{"name":"picture","width":784}],"outputs":[{"name":"label","width":10}]}');
CREATE TABLE cluster (uuid TEXT PRIMARY KEY, name TEXT NOT NULL, owner_id TEXT NOT NULL, project_id TEXT NOT NULL,
  visibility TEXT NOT NULL, created_at INTEGER NOT NULL, deleted_at INTEGER, host_uuid TEXT NOT NULL, mode TEXT NOT NULL, info TEXT NOT NULL);
INSERT INTO "cluster" VALUES('82925c4a-0f9e-4919-8d8a-d08c73d48bf6','old cluster','old_user','old_project','private',1795497750735,NULL,'e5a6a5eb-4f9a-4cd4-938e-750e1690550a','TASK','{"neurons":266,"blocks":3,"sections":924,"synapses":21568,"bytes":2140672,"inputs":[{"name":"picture","width":784}],"outputs":[{"name":"label","width":10}]}');
CREATE TABLE dataset (uuid TEXT PRIMARY KEY, name TEXT NOT NULL, owner_id TEXT NOT NULL, project_id TEXT NOT NULL,
  visibility TEXT NOT NULL, created_at INTEGER NOT NULL, deleted_at INTEGER, complete INTEGER NOT NULL, rows INTEGER NOT NULL, columns TEXT NOT NULL);
INSERT INTO "dataset" VALUES('b7ddf295-7f85-44ac-9eb9-4d3b67d47817','old digits','old_user','old_project','private',1795497749713,NULL,1,20,'[{"name":"picture","width":784},{"name":"label","width":10}]');
INSERT INTO "dataset" VALUES('31c28935-222c-466e-88d7-595961d559ea','half table','old_user','old_project','private',1795497750884,NULL,0,0,'[]');
CREATE TABLE host (uuid TEXT PRIMARY KEY, type TEXT NOT NULL);
INSERT INTO "host" VALUES('e5a6a5eb-4f9a-4cd4-938e-750e1690550a','cpu');
CREATE TABLE "kysely_migration" ("name" varchar(255) not null primary key, "timestamp" varchar(255) not null);
INSERT INTO "kysely_migration" VALUES('001-first','2026-11-24T05:22:29.229Z');
CREATE TABLE "kysely_migration_lock" ("id" varchar(255) not null primary key, "is_locked" integer default 0 not null);
INSERT INTO "kysely_migration_lock" VALUES('migration_lock',0);
CREATE TABLE member (key INTEGER PRIMARY KEY, user_id TEXT NOT NULL, project_id TEXT NOT NULL, role TEXT NOT NULL,
    is_project_admin INTEGER NOT NULL, UNIQUE (user_id, project_id));
INSERT INTO "member" VALUES(1,'old_user','old_project','member',0);
CREATE TABLE project (key INTEGER PRIMARY KEY, id TEXT NOT NULL, name TEXT NOT NULL, creator_id TEXT NOT NULL,
    created_at INTEGER NOT NULL, deleted_at INTEGER);
INSERT INTO "project" VALUES(1,'old_project','old project','asdf',1795497749512,NULL);
CREATE TABLE task (key INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, cluster_uuid TEXT NOT NULL REFERENCES cluster (uuid), name TEXT NOT NULL,
    owner_id TEXT NOT NULL, project_id TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, spec TEXT NOT NULL,
    current_cycle INTEGER NOT NULL, total_cycles INTEGER NOT NULL, queued_at INTEGER NOT NULL, started_at INTEGER, ended_at INTEGER,
    reason TEXT, deleted_at INTEGER);
INSERT INTO "task" VALUES(1,'e7ff08d8-68b8-450c-bf78-0225d844549e','82925c4a-0f9e-4919-8d8a-d08c73d48bf6','train task','old_user','old_project','train','finished','{"inputs":[{"dataset_uuid":"b7ddf295-7f85-44ac-9eb9-4d3b67d47817","dataset_column":"picture","hexagon_name":"picture"}],"outputs":[{"dataset_uuid":"b7ddf295-7f85-44ac-9eb9-4d3b67d47817","dataset_column":"label","hexagon_name":"label"}],"time_length":1}',20,20,1795497750745,1795497750752,1795497750791,NULL,NULL);
CREATE TABLE upload (uuid TEXT PRIMARY KEY, dataset_uuid TEXT NOT NULL REFERENCES dataset (uuid), kind TEXT NOT NULL, part TEXT NOT NULL,
    size INTEGER NOT NULL, received TEXT NOT NULL, touched_at INTEGER NOT NULL);
INSERT INTO "upload" VALUES('cfb970be-0cfa-439f-b547-fe4d44ade022','31c28935-222c-466e-88d7-595961d559ea','csv','input',100,'[]',1795497750885);
CREATE TABLE user (key INTEGER PRIMARY KEY, id TEXT NOT NULL, name TEXT NOT NULL, passphrase_hash TEXT NOT NULL,
    is_admin INTEGER NOT NULL, creator_id TEXT NOT NULL, created_at INTEGER NOT NULL, deleted_at INTEGER);
INSERT INTO "user" VALUES(1,'asdf','asdf_user','$argon2id$m=19456,t=2,p=1$jJwFb43zcMBWt0vkBYe8lA==$hJIxt1S6+q+NvYfJZuJlcvFiyvN6wd7vv43xq+Y0u88=',1,'HANAMI_INIT',1795497749271,NULL);
INSERT INTO "user" VALUES(2,'old_user','old user','$argon2id$m=19456,t=2,p=1$aQ+r/erq7BP5qw8td3JW9Q==$z1/cPHO/e0tOzVPUDHwNvQTY4YVndrD88bQq7t1ENl4=',0,'asdf',1795497749604,NULL);
CREATE UNIQUE INDEX user_id ON user (id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX project_id ON project (id) WHERE deleted_at IS NULL;
CREATE INDEX upload_dataset ON upload (dataset_uuid);
CREATE UNIQUE INDEX cluster_name ON cluster (project_id, name) WHERE deleted_at IS NULL;
CREATE INDEX task_queue ON task (cluster_uuid, state, key);
COMMIT;
