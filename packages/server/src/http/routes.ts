import * as contract from '@openhanami/contract';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../config.ts';
import type { RawJson } from '../raw-json.ts';
import type { Caller } from '../services/access.ts';
import type { Download } from '../services/downloads.ts';
import type { Services } from '../services/index.ts';
import { bind, bindDownload, bindEvents, bindOpen } from './bind.ts';
import { loginLimit } from './protection.ts';

/** Binds every endpoint to its service. */
export function addRoutes(app: FastifyInstance, config: Config, services: Services): void {
  const {
    tokens,
    sessions,
    users,
    projects,
    quotas,
    datasets,
    uploads,
    clusters,
    savedStates,
    rows,
    tasks,
    checkpoints,
    hosts,
    logs,
    machine,
  } = services;
  const on = <E extends contract.Endpoint>(
    endpoint: E,
    handler: (caller: Caller, input: contract.ParsedInputOf<E>) => Promise<contract.OutputOf<E> | RawJson>,
  ): void => bind(app, services, endpoint, handler);
  const download = <E extends contract.Endpoint>(
    endpoint: E,
    handler: (caller: Caller, input: contract.ParsedInputOf<E>) => Promise<Download>,
  ): void => bindDownload(app, services, endpoint, handler);
  const done = async (work: Promise<void>): Promise<Record<string, never>> => {
    await work;
    return {};
  };

  bindOpen(
    app,
    services,
    contract.createToken,
    ({ id }) => id,
    (input, address) => tokens.create(input, address),
    loginLimit(config.auth),
  );
  on(contract.renewToken, (caller, input) => tokens.renew(caller, input));
  on(contract.logOut, (caller) => done(sessions.end(caller, { uuid: caller.session })));
  on(contract.listSessions, (caller, input) => sessions.list(caller, input));
  on(contract.endSession, (caller, input) => done(sessions.end(caller, input)));

  on(contract.createUser, (caller, input) => users.create(caller, input));
  on(contract.getUser, (caller, { id }) => users.get(caller, id));
  on(contract.listUsers, (caller, part) => users.list(caller, part));
  on(contract.deleteUser, (caller, input) => done(users.delete(caller, input)));
  on(contract.changePassphrase, (caller, input) => done(users.changePassphrase(caller, input)));
  on(contract.resetPassphrase, (caller, input) => done(users.resetPassphrase(caller, input)));
  on(contract.addProjectToUser, (caller, input) => users.assign(caller, input));
  on(contract.removeProjectFromUser, (caller, { id, project_id }) => users.unassign(caller, id, project_id));
  on(contract.listProjectsOfUser, (caller, { user_id }) => users.listProjects(caller, user_id));

  on(contract.createProject, (caller, input) => projects.create(caller, input));
  on(contract.getProject, (caller, { id }) => projects.get(caller, id));
  on(contract.listProjects, (caller, part) => projects.list(caller, part));
  on(contract.deleteProject, (caller, { id, force }) => done(projects.delete(caller, id, force)));

  on(contract.getQuota, (caller, { id }) => quotas.get(caller, id));
  on(contract.setQuota, (caller, input) => quotas.set(caller, input));

  on(contract.createMnistUpload, (caller, input) => datasets.createMnist(caller, input));
  on(contract.finishMnistUpload, (caller, input) => datasets.finishMnist(caller, input));
  on(contract.createCsvUpload, (caller, input) => datasets.createTable(caller, 'csv', input));
  on(contract.finishCsvUpload, (caller, input) => datasets.finishTable(caller, 'csv', input));
  on(contract.createTableUpload, (caller, input) => datasets.createTable(caller, 'table', input));
  on(contract.finishTableUpload, (caller, input) => datasets.finishTable(caller, 'table', input));
  on(contract.createArrowUpload, (caller, input) => datasets.createTable(caller, 'arrow', input));
  on(contract.finishArrowUpload, (caller, input) => datasets.finishTable(caller, 'arrow', input));
  on(contract.createParquetUpload, (caller, input) => datasets.createTable(caller, 'parquet', input));
  on(contract.finishParquetUpload, (caller, input) => datasets.finishTable(caller, 'parquet', input));
  on(contract.getUploadProgress, (caller, { uuid }) => uploads.progress(caller, uuid));
  on(contract.listUploads, (caller) => uploads.list(caller));
  on(contract.getDataset, (caller, { uuid }) => datasets.get(caller, uuid));
  on(contract.listDatasets, (caller, part) => datasets.list(caller, part));
  on(contract.deleteDataset, (caller, input) => done(datasets.delete(caller, input)));
  on(contract.setDatasetKinds, (caller, input) => datasets.setKinds(caller, input));
  on(contract.getDatasetRows, (caller, input) => datasets.rows(caller, input));
  on(contract.getDatasetContent, (caller, input) => datasets.content(caller, input));
  on(contract.checkDataset, (caller, input) => datasets.check(caller, input));
  on(contract.evaluateDataset, (caller, input) => datasets.evaluate(caller, input));
  on(contract.setDatasetVisibility, (caller, input) => datasets.setVisibility(caller, input));
  download(contract.downloadDataset, (caller, input) => datasets.download(caller, input));

  on(contract.createCluster, (caller, input) => clusters.create(caller, input));
  on(contract.getCluster, (caller, { uuid }) => clusters.get(caller, uuid));
  on(contract.listClusters, (caller, part) => clusters.list(caller, part));
  on(contract.deleteCluster, (caller, { uuid }) => done(clusters.delete(caller, uuid)));
  on(contract.saveCluster, (caller, input) => savedStates.save(caller, input));
  on(contract.restoreCluster, (caller, input) => savedStates.restore(caller, input));
  on(contract.setClusterMode, (caller, input) => clusters.setMode(caller, input));
  on(contract.switchHost, (caller, input) => clusters.switchHost(caller, input));
  on(contract.setClusterVisibility, (caller, input) => clusters.setVisibility(caller, input));

  on(contract.learnRows, (caller, input) => rows.learn(caller, input));
  on(contract.predictRows, (caller, input) => rows.predict(caller, input));
  on(contract.explainDataset, (caller, input) => rows.explainDataset(caller, input));
  on(contract.explainRows, (caller, input) => rows.explain(caller, input));

  on(contract.createTrainTask, (caller, input) => tasks.createTrain(caller, input));
  on(contract.createRequestTask, (caller, input) => tasks.createRequest(caller, input));
  on(contract.getTaskCurve, (caller, { uuid, cluster_uuid }) => tasks.curve(caller, uuid, cluster_uuid));
  on(contract.getTask, (caller, { uuid, cluster_uuid }) => tasks.get(caller, uuid, cluster_uuid));
  on(contract.listTasks, (caller, input) => tasks.list(caller, input));
  on(contract.deleteTask, (caller, { uuid, cluster_uuid }) => done(tasks.delete(caller, uuid, cluster_uuid)));

  bindEvents(app, services, contract.taskEvents, async (caller, { cluster_uuid }, signal) =>
    asEvents('task', await tasks.follow(caller, cluster_uuid, signal)),
  );

  on(contract.getCheckpoint, (caller, { uuid }) => checkpoints.get(caller, uuid));
  on(contract.listCheckpoints, (caller, part) => checkpoints.list(caller, part));
  on(contract.deleteCheckpoint, (caller, { uuid }) => done(checkpoints.delete(caller, uuid)));

  on(contract.createCheckpointUpload, (caller, input) => checkpoints.createUpload(caller, input));
  on(contract.finishCheckpointUpload, (caller, input) => checkpoints.finishUpload(caller, input));
  on(contract.setCheckpointVisibility, (caller, input) => checkpoints.setVisibility(caller, input));
  download(contract.downloadCheckpoint, (caller, { uuid }) => checkpoints.download(caller, uuid));

  on(contract.listHosts, async (_, part) => hosts.list(part));

  on(contract.getAuditLog, (caller, input) => logs.listAudit(caller, input));
  on(contract.getErrorLog, (caller, input) => logs.listErrors(caller, input));
  on(contract.getPolicy, async () => services.policy.list());
  on(contract.getSystemInfo, () => machine.systemInfo());
  on(contract.getThreading, () => machine.threading());
  on(contract.getSpeed, () => machine.speed());
  on(contract.getPower, () => machine.power());
  on(contract.getTemperature, () => machine.temperature());
}

async function* asEvents(event: string, items: AsyncGenerator<unknown>) {
  for await (const data of items) yield { event, data };
}
