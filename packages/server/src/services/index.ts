import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { clusterMemory, countNumaNodes, HostPool } from '../hosts/pool.ts';
import { TaskQueue } from '../jobs/queue.ts';
import { Slots } from '../jobs/slots.ts';
import { Metrics } from '../metrics.ts';
import { DatasetReading } from '../reading/reading.ts';
import type { Database } from '../store/database.ts';
import { openObjects, patienceOf } from '../store/objects/index.ts';
import type { Caller } from './access.ts';
import { Checkpoints } from './checkpoints.ts';
import { Clusters } from './clusters.ts';
import { Datasets } from './datasets.ts';
import { Direct } from './direct.ts';
import { Hosts, hostUuids } from './hosts.ts';
import { LoginDelays } from './login-delays.ts';
import { Logs } from './logs.ts';
import { Machine } from './machine.ts';
import { Ownership, type ResourceActions } from './ownership.ts';
import { Policy } from './policy.ts';
import { Projects } from './projects.ts';
import { Quotas } from './quotas.ts';
import { Revocations } from './revocations.ts';
import { Rows } from './rows.ts';
import { SavedStates } from './saved-states.ts';
import { Sessions } from './sessions.ts';
import { Tasks } from './tasks.ts';
import { Tokens } from './tokens.ts';
import { Uploads } from './uploads.ts';
import { Users } from './users.ts';

/** All services for routes. */
export interface Services {
  readonly ownership: Ownership;
  readonly tokens: Tokens;
  readonly sessions: Sessions;
  readonly users: Users;
  readonly projects: Projects;
  readonly quotas: Quotas;
  readonly datasets: Datasets;
  readonly uploads: Uploads;
  readonly clusters: Clusters;
  readonly savedStates: SavedStates;
  readonly rows: Rows;
  readonly direct: Direct;
  readonly tasks: Tasks;
  readonly checkpoints: Checkpoints;
  readonly hosts: Hosts;
  readonly logs: Logs;
  readonly machine: Machine;
  readonly metrics: Metrics;
  readonly policy: Policy;
}

/** Tasks that run at once for each worker thread, unless a setting says how many. */
const TASKS_A_THREAD = 16;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Wires the services together; `stop` lets running tasks write a snapshot and ends the worker threads. */
export async function startServices(
  config: Config,
  db: Database,
  log: Logger,
  env: NodeJS.ProcessEnv,
): Promise<{ services: Services; stop(): Promise<void> }> {
  const policy = new Policy(config.auth.policies, (sentence) => log.warn(sentence));
  const revocations = new Revocations(db);
  await revocations.load();
  const delays = new LoginDelays(config.auth);
  const sessions = new Sessions(db, config.auth);
  await sessions.load();
  const ownership = new Ownership(db, () => actions);
  const users = new Users(db, revocations, delays, policy, ownership, config.auth);
  await users.createFirstAdmin(env);
  // Child processes must not inherit them.
  for (const secret of ['HANAMI_ADMIN_PASSPHRASE', 'HANAMI_STORAGE_ENCRYPTION_KEY', 'HANAMI_STORAGE_FORMER_ENCRYPTION_KEY'])
    delete process.env[secret];
  const objects = openObjects(config.storage);
  await objects.prepare();

  const { general, processing } = config;
  const uuids = await hostUuids(db, general.hosts > 0 ? general.hosts : countNumaNodes());
  const settings = {
    storage: objects.places,
    memoryLimit: clusterMemory(processing.memory_limit),
    silence: processing.thread_timeout + patienceOf(objects.places),
  };
  const pool = new HostPool(uuids, processing.workers, settings, (...progress) => queue.onProgress(...progress));
  const slots = new Slots(processing.running_tasks > 0 ? processing.running_tasks : TASKS_A_THREAD * pool.threads);
  const queue = new TaskQueue(db, objects, pool, processing, slots, log);
  const metrics = new Metrics();
  const logs = new Logs(db, general.audit_file);
  const reading = new DatasetReading(objects.places);
  const uploads = new Uploads(db, objects, policy, config.http.upload_limit);
  const quotas = new Quotas(db, slots);
  const datasets = new Datasets(db, objects, uploads, quotas, queue, reading, log, config.storage.dataset_limit);
  const checkpoints = new Checkpoints(db, objects, uploads, quotas, processing.threads_per_cluster);
  const clusters = new Clusters(db, objects, pool, queue, checkpoints, processing, quotas);
  const tasks = new Tasks(db, queue, clusters, datasets, quotas, policy);
  const actions: ResourceActions = {
    abortTask: (cluster, task) => queue.abort(cluster, task),
    async delete(kind, uuid, project) {
      const caller = serverIn(project);
      if (kind === 'cluster') await clusters.delete(caller, uuid);
      else if (kind === 'dataset') await datasets.delete(caller, { uuid, force: true });
      else await checkpoints.delete(caller, uuid);
    },
  };
  const services: Services = {
    tokens: new Tokens(db, config.auth, revocations, delays, sessions),
    sessions,
    ownership,
    users,
    projects: new Projects(
      db,
      async (id) => {
        slots.limit(id, null);
        await emptyProject(db, id, actions);
        await objects.destroyKey(id);
      },
      revocations,
    ),
    quotas,
    datasets,
    uploads,
    clusters,
    savedStates: new SavedStates(db, objects, pool, queue, clusters, checkpoints),
    rows: new Rows(pool, queue, clusters, datasets, processing),
    direct: new Direct(pool, clusters, policy, processing, metrics, log),
    tasks,
    checkpoints,
    hosts: new Hosts(pool),
    logs,
    machine: new Machine(),
    metrics,
    policy,
  };

  metrics.watch({ tasks: () => tasks.countByState(), trainings: () => queue.trainings(), hosts: () => pool.usage() });
  queue.events.on('cycles', (kind, count) => metrics.countCycles(kind, count));
  queue.events.on('fault', ({ uuid, owner_id, spec }, error, id) => {
    const message = `internal error ${id}: ${error instanceof Error ? (error.stack ?? error.message) : error}`;
    const fault = { user: owner_id, component: 'task queue', context: `task ${uuid}`, input: JSON.parse(spec), message };
    logs.fault(fault).catch((failure) => log.error({ err: failure }, 'the error log could not be written'));
  });
  const timers = [
    every(MINUTE_MS, log, 'tasks that wait could not be looked for', () => queue.wakeAll()),
    every(MINUTE_MS, log, 'idle uploads could not be removed', () => uploads.removeIdle(config.storage.tempfile_timeout)),
    every(MINUTE_MS, log, 'temporary data sets could not be removed', () => datasets.removeTemporary(config.storage.tempfile_timeout)),
    every(HOUR_MS, log, 'old log entries could not be removed', () => logs.removeOld(general.log_retention)),
  ];
  await clusters.assignHosts();
  await services.direct.start();
  await quotas.load();
  await queue.begin();
  return {
    services,
    async stop() {
      for (const timer of timers) clearInterval(timer);
      services.direct.stop();
      await queue.stop();
      await pool.stop();
      await reading.stop();
    },
  };
}

function every(milliseconds: number, log: Logger, trouble: string, work: () => Promise<unknown>): NodeJS.Timeout {
  return setInterval(() => work().catch((error) => log.error({ err: error }, trouble)), milliseconds);
}

/** The server itself as a caller, with all rights in a project. */
function serverIn(project: string): Caller {
  return {
    key: 0,
    session: '',
    id: 'HANAMI_INIT',
    name: 'HANAMI_INIT',
    is_admin: true,
    project_id: project,
    role: 'admin',
    is_project_admin: true,
  };
}

/** Deletes every resource of a project; clusters first, since their tasks use data sets. */
async function emptyProject(db: Database, id: string, actions: ResourceActions): Promise<void> {
  for (const kind of ['cluster', 'dataset', 'checkpoint'] as const) {
    const left = await db.selectFrom(kind).select('uuid').where('project_id', '=', id).where('deleted_at', 'is', null).execute();
    for (const { uuid } of left) await actions.delete(kind, uuid, id);
  }
}
