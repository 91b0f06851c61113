BEGIN TRANSACTION;
CREATE TABLE audit_log (key INTEGER PRIMARY KEY, created_at INTEGER NOT NULL, user_id TEXT NOT NULL, endpoint TEXT NOT NULL, request_type TEXT NOT NULL);
INSERT INTO "audit_log" VALUES(1,1795611304158,'asdf','v1.0alpha/token','POST');
INSERT INTO "audit_log" VALUES(2,1795611304304,'asdf','v1.0alpha/project','POST');
INSERT INTO "audit_log" VALUES(3,1795611304331,'asdf','v1.0alpha/user','POST');
INSERT INTO "audit_log" VALUES(4,1795611304428,'asdf','v1.0alpha/user/project','POST');
INSERT INTO "audit_log" VALUES(5,1795611304456,'old_user','v1.0alpha/token','POST');
INSERT INTO "audit_log" VALUES(6,1795611304622,'old_user','v1.0alpha/dataset/upload/mnist','POST');
INSERT INTO "audit_log" VALUES(7,1795611304749,'old_user','v1.0alpha/dataset/upload/mnist','PUT');
INSERT INTO "audit_log" VALUES(8,1795611305765,'old_user','v1.0alpha/cluster','POST');
INSERT INTO "audit_log" VALUES(9,1795611306657,'old_user','v1.0alpha/task/train','POST');
INSERT INTO "audit_log" VALUES(10,1795611306789,'old_user','v1.0alpha/task/request','POST');
INSERT INTO "audit_log" VALUES(11,1795611306882,'old_user','v1.0alpha/cluster/save','POST');
INSERT INTO "audit_log" VALUES(12,1795611306914,'old_user','v1.0alpha/cluster/visibility','PUT');
INSERT INTO "audit_log" VALUES(13,1795611306957,'old_user','v1.0alpha/cluster','POST');
INSERT INTO "audit_log" VALUES(14,1795611307868,'old_user','v1.0alpha/cluster/set_mode','PUT');
INSERT INTO "audit_log" VALUES(15,1795611307901,'old_user','v1.0alpha/dataset/upload/csv','POST');
CREATE TABLE checkpoint (uuid TEXT PRIMARY KEY, name TEXT NOT NULL, owner_id TEXT NOT NULL, project_id TEXT NOT NULL,
  visibility TEXT NOT NULL, created_at INTEGER NOT NULL, deleted_at INTEGER, cluster_uuid TEXT NOT NULL, size INTEGER NOT NULL, info TEXT NOT NULL, complete INTEGER NOT NULL DEFAULT 1);
INSERT INTO "checkpoint" VALUES('80d0276d-0265-440d-b4a8-17d343471b49','old checkpoint','old_user','old_project','private',1795611306901,NULL,'0b8a5d8d-9d89-4f78-ac6a-79f7bd86cc52',128312,'{"neurons":266,"blocks":3,"sections":618,"synapses":12448,"bytes":1953024,"full":false,"inputs":[{"name":"picture","width":784}],"outputs":[{"name":"label","width":10}]}',1);
CREATE TABLE cluster (uuid TEXT PRIMARY KEY, name TEXT NOT NULL, owner_id TEXT NOT NULL, project_id TEXT NOT NULL,
  visibility TEXT NOT NULL, created_at INTEGER NOT NULL, deleted_at INTEGER, host_uuid TEXT NOT NULL, mode TEXT NOT NULL, info TEXT NOT NULL);
INSERT INTO "cluster" VALUES('0b8a5d8d-9d89-4f78-ac6a-79f7bd86cc52','old cluster','old_user','old_project','shared',1795611306646,NULL,'2ea02b42-776e-4618-baec-950ebf244e5e','TASK','{"neurons":266,"blocks":3,"sections":618,"synapses":12448,"bytes":1953024,"full":false,"inputs":[{"name":"picture","width":784}],"outputs":[{"name":"label","width":10}]}');
INSERT INTO "cluster" VALUES('096ebcf6-51b5-4ec9-b717-072baffce2ac','old direct cluster','old_user','old_project','private',1795611307864,NULL,'2ea02b42-776e-4618-baec-950ebf244e5e','DIRECT','{"neurons":0,"blocks":0,"sections":0,"synapses":0,"bytes":135296,"full":false,"inputs":[{"name":"picture","width":0}],"outputs":[{"name":"label","width":0}]}');
CREATE TABLE dataset (uuid TEXT PRIMARY KEY, name TEXT NOT NULL, owner_id TEXT NOT NULL, project_id TEXT NOT NULL,
  visibility TEXT NOT NULL, created_at INTEGER NOT NULL, deleted_at INTEGER, complete INTEGER NOT NULL, rows INTEGER NOT NULL, columns TEXT NOT NULL);
INSERT INTO "dataset" VALUES('6c1abc08-db80-4000-b592-09ccdd309d50','old digits','old_user','old_project','private',1795611304627,NULL,1,20,'[{"name":"picture","width":784},{"name":"label","width":10}]');
INSERT INTO "dataset" VALUES('53c3de31-c02f-4b5d-a69d-bbfc3d577a57','request task','old_user','old_project','private',1795611306867,NULL,1,20,'[{"name":"digit","width":10}]');
INSERT INTO "dataset" VALUES('50c12f78-0db3-4da9-8a19-ee81f264cdbf','old unfinished','old_user','old_project','private',1795611307905,NULL,0,0,'[]');
CREATE TABLE error_log (key INTEGER PRIMARY KEY, created_at INTEGER NOT NULL, user_id TEXT NOT NULL, component TEXT NOT NULL,
    context TEXT NOT NULL, input_values TEXT NOT NULL, message TEXT NOT NULL);
CREATE TABLE host (uuid TEXT PRIMARY KEY, type TEXT NOT NULL);
INSERT INTO "host" VALUES('2ea02b42-776e-4618-baec-950ebf244e5e','cpu');
CREATE TABLE "kysely_migration" ("name" varchar(255) not null primary key, "timestamp" varchar(255) not null);
INSERT INTO "kysely_migration" VALUES('001-first','2026-11-25T12:55:03.377Z');
INSERT INTO "kysely_migration" VALUES('002-whole-contract','2026-11-25T12:55:03.401Z');
CREATE TABLE "kysely_migration_lock" ("id" varchar(255) not null primary key, "is_locked" integer default 0 not null);
INSERT INTO "kysely_migration_lock" VALUES('migration_lock',0);
CREATE TABLE member (key INTEGER PRIMARY KEY, user_id TEXT NOT NULL, project_id TEXT NOT NULL, role TEXT NOT NULL,
    is_project_admin INTEGER NOT NULL, UNIQUE (user_id, project_id));
INSERT INTO "member" VALUES(1,'old_user','old_project','member',0);
CREATE TABLE project (key INTEGER PRIMARY KEY, id TEXT NOT NULL, name TEXT NOT NULL, creator_id TEXT NOT NULL,
    created_at INTEGER NOT NULL, deleted_at INTEGER);
INSERT INTO "project" VALUES(1,'old_project','an old project','asdf',1795611304311,NULL);
CREATE TABLE task (key INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, cluster_uuid TEXT NOT NULL REFERENCES cluster (uuid), name TEXT NOT NULL,
    owner_id TEXT NOT NULL, project_id TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, spec TEXT NOT NULL,
    current_cycle INTEGER NOT NULL, total_cycles INTEGER NOT NULL, queued_at INTEGER NOT NULL, started_at INTEGER, ended_at INTEGER,
    reason TEXT, deleted_at INTEGER);
INSERT INTO "task" VALUES(1,'26478c1d-7d75-4b9d-a0b1-7df6bfe48a6a','0b8a5d8d-9d89-4f78-ac6a-79f7bd86cc52','train task','old_user','old_project','train','finished','{"inputs":[{"dataset_uuid":"6c1abc08-db80-4000-b592-09ccdd309d50","dataset_column":"picture","hexagon_name":"picture"}],"outputs":[{"dataset_uuid":"6c1abc08-db80-4000-b592-09ccdd309d50","dataset_column":"label","hexagon_name":"label"}],"time_length":1,"epochs":1}',20,20,1795611306670,1795611306681,1795611306751,NULL,NULL);
INSERT INTO "task" VALUES(2,'53c3de31-c02f-4b5d-a69d-bbfc3d577a57','0b8a5d8d-9d89-4f78-ac6a-79f7bd86cc52','request task','old_user','old_project','request','finished','{"inputs":[{"dataset_uuid":"6c1abc08-db80-4000-b592-09ccdd309d50","dataset_column":"picture","hexagon_name":"picture"}],"results":[{"dataset_column":"digit","hexagon_name":"label"}],"time_length":1}',20,20,1795611306801,1795611306803,1795611306867,NULL,NULL);
CREATE TABLE "upload" (uuid TEXT PRIMARY KEY, resource_uuid TEXT NOT NULL, kind TEXT NOT NULL, part TEXT NOT NULL,
    size INTEGER NOT NULL, received TEXT NOT NULL, touched_at INTEGER NOT NULL);
INSERT INTO "upload" VALUES('457794e7-09e4-4734-b476-c794db3ee7cc','50c12f78-0db3-4da9-8a19-ee81f264cdbf','csv','input',100,'[]',1795611307907);
CREATE TABLE user (key INTEGER PRIMARY KEY, id TEXT NOT NULL, name TEXT NOT NULL, passphrase_hash TEXT NOT NULL,
    is_admin INTEGER NOT NULL, creator_id TEXT NOT NULL, created_at INTEGER NOT NULL, deleted_at INTEGER);
INSERT INTO "user" VALUES(1,'asdf','asdf_user','$argon2id$m=19456,t=2,p=1$XA03gUcP/qoBZ7kagtp3YQ==$lN+pT/Fgq3AXCL6FSuki+YOZd3OFYQMy5ooDJK2pCws=',1,'HANAMI_INIT',1795611303509,NULL);
INSERT INTO "user" VALUES(2,'old_user','an old user','$argon2id$m=19456,t=2,p=1$Mfv4UBvsm0l4jfWz6ykFag==$pBEBmbMIQOTexXSyg8iExlypmiZViqaBsyynkkShyew=',0,'asdf',1795611304409,NULL);
CREATE UNIQUE INDEX user_id ON user (id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX project_id ON project (id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX cluster_name ON cluster (project_id, name) WHERE deleted_at IS NULL;
CREATE INDEX task_queue ON task (cluster_uuid, state, key);
CREATE INDEX upload_resource ON upload (resource_uuid);
CREATE INDEX audit_log_user ON audit_log (user_id, key);
COMMIT;
