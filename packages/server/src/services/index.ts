import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { Host } from '../hosts/host.ts';
import { TaskQueue } from '../hosts/queue.ts';
import type { Database } from '../store/database.ts';
import { Files } from '../store/files.ts';
import type { Caller } from './access.ts';
import { Checkpoints } from './checkpoints.ts';
import { Clusters } from './clusters.ts';
import { Datasets } from './datasets.ts';
import { Hosts } from './hosts.ts';
import { loadPolicy, type Policy } from './policy.ts';
import { Projects } from './projects.ts';
import { Tasks } from './tasks.ts';
import { Tokens } from './tokens.ts';
import { Uploads } from './uploads.ts';
import { Users } from './users.ts';

/** Everything that routes talk to. */
export interface Services {
  readonly tokens: Tokens;
  readonly users: Users;
  readonly projects: Projects;
  readonly datasets: Datasets;
  readonly uploads: Uploads;
  readonly clusters: Clusters;
  readonly tasks: Tasks;
  readonly checkpoints: Checkpoints;
  readonly hosts: Hosts;
  readonly policy: Policy;
}

/** Wires the services together; `stop` lets running tasks write a snapshot and ends the worker threads. */
export async function startServices(
  config: Config,
  db: Database,
  log: Logger,
  env: NodeJS.ProcessEnv,
): Promise<{ services: Services; stop(): Promise<void> }> {
  const policy = loadPolicy(config.auth.policies);
  const users = new Users(db);
  await users.createFirstAdmin(env);
  const files = new Files(config.storage);
  await files.prepare();
  const hosts = new Hosts(db);
  const host = new Host(await hosts.own(), config.processing.workers, (...progress) => queue.onProgress(...progress));
  const queue = new TaskQueue(db, files, host, config.processing, log);
  const uploads = new Uploads(db, files);
  const datasets = new Datasets(db, files, uploads);
  const checkpoints = new Checkpoints(db, files);
  const clusters = new Clusters(db, files, host, queue, checkpoints, config.processing);
  const projects = new Projects(db, (id) => emptyProject(id, { db, clusters, datasets, checkpoints }));
  const services = {
    tokens: new Tokens(db, config.auth),
    users,
    projects,
    datasets,
    uploads,
    clusters,
    tasks: new Tasks(db, queue, clusters, datasets),
    checkpoints,
    hosts,
    policy,
  };
  const cleaning = setInterval(() => {
    uploads.removeIdle(config.storage.tempfile_timeout).then(
      (removed) => removed > 0 && log.info({ removed }, 'idle uploads removed'),
      (error) => log.error({ error }, 'idle uploads could not be removed'),
    );
  }, 60_000);
  await queue.start();
  return {
    services,
    async stop() {
      clearInterval(cleaning);
      await queue.stop();
      await host.stop();
    },
  };
}

/** Deletes every resource of a project. */
async function emptyProject(
  id: string,
  { db, clusters, datasets, checkpoints }: Pick<Services, 'clusters' | 'datasets' | 'checkpoints'> & { db: Database },
): Promise<void> {
  const caller: Caller = { id: 'HANAMI_INIT', name: 'HANAMI_INIT', is_admin: true, project_id: id, role: 'admin', is_project_admin: true };
  const left = (kind: 'cluster' | 'dataset' | 'checkpoint') =>
    db.selectFrom(kind).select('uuid').where('project_id', '=', id).where('deleted_at', 'is', null).execute();
  for (const { uuid } of await left('cluster')) await clusters.delete(caller, uuid);
  for (const { uuid } of await left('dataset')) await datasets.delete(caller, uuid);
  for (const { uuid } of await left('checkpoint')) await checkpoints.delete(caller, uuid);
}
