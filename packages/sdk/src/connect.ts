import { type getCluster as getClusterEndpoint, type OutputOf, type Task, toBase64 } from '@openhanami/contract';
import type { CallOptions } from './call.ts';
import { type Client, client } from './client.ts';
import type { Token } from './credentials.ts';
import * as cluster from './functions/cluster.ts';
import * as dataset from './functions/dataset.ts';
import * as directIo from './functions/direct-io.ts';
import * as tables from './functions/table.ts';
import * as task from './functions/task.ts';
import * as tokens from './functions/token.ts';
import { Model, type Row } from './model.ts';
import type { Uploadable, UploadOptions, UploadProgress } from './upload.ts';

export interface ConnectOptions extends CallOptions {
  /** Such as `http://127.0.0.1:11418`. */
  readonly address: string;
  readonly user: string;
  readonly passphrase: string;
  /** One of the user's projects; default: the first. */
  readonly project?: string;
}

/** A column of a data set: the uuid if the column is named like the hexagon, else both. */
export type Source = string | { readonly dataset: string; readonly column: string };

export interface TrainOptions {
  /** By the names of the cluster's inputs and outputs. */
  readonly inputs: Readonly<Record<string, Source>>;
  readonly outputs: Readonly<Record<string, Source>>;
  readonly name?: string;
  /** Rows in a window. */
  readonly timeLength?: number;
  /** Number of passes over the training rows. */
  readonly epochs?: number;
}

export interface RequestOptions {
  readonly inputs: Readonly<Record<string, Source>>;
  /** Columns of the result by the names of outputs; default: all outputs, each in a column of its name. */
  readonly results?: Readonly<Record<string, string>>;
  readonly name?: string;
  readonly timeLength?: number;
}

/**
 * Logs in and returns a client.
 *
 * ```ts
 * const hanami = await connect({ address: 'http://127.0.0.1:11418', user: 'asdf', passphrase: 'asdfasdf' });
 * const digits = await hanami.uploadMnist('digits', 'train-images-idx3-ubyte', 'train-labels-idx1-ubyte');
 * const cluster = await hanami.createCluster('first cluster', { template });
 * for await (const { current_cycle } of hanami.train(cluster, { inputs: { picture: digits }, outputs: { label: digits } })) {
 *   console.log(`${current_cycle} cycles`);
 * }
 * ```
 * @throws Unauthorized for a wrong user or passphrase.
 */
export async function connect({ address, user, passphrase, project, ...options }: ConnectOptions): Promise<Hanami> {
  return new Hanami(await tokens.logIn(address, user, passphrase, { ...options, project }), address, options);
}

/**
 * A client that is logged in to a server. `api` has every endpoint; the methods here combine several calls, or are used most.
 * When the token has expired, it logs in again automatically.
 */
export class Hanami {
  readonly api: Client;

  constructor(
    readonly token: Token,
    readonly address: string,
    readonly options: CallOptions = {},
  ) {
    this.api = client({ address, token, ...options });
  }

  /** Uploads two IDX files; returns the uuid of the data set. */
  uploadMnist(name: string, images: Uploadable, labels: Uploadable, onProgress?: UploadProgress, how: UploadOptions = {}): Promise<string> {
    return dataset.uploadMnistFiles(this.token, this.address, name, images, labels, onProgress, { ...this.options, ...how });
  }

  /** Uploads a CSV file; returns the uuid of the data set. */
  uploadCsv(name: string, file: Uploadable, onProgress?: UploadProgress, how: UploadOptions = {}): Promise<string> {
    return dataset.uploadCsvFiles(this.token, this.address, name, file, onProgress, { ...this.options, ...how });
  }

  /**
   * Trains a new cluster with a table, and judges it on rows that it did not see.
   * @param table a file (in Node a path) of any format, or rows of names and values.
   * @throws BadRequest naming line, column and value of what cannot be read, and for a target that cannot be learnt.
   */
  async learn(table: Uploadable | readonly Row[], options: tables.LearnOptions): Promise<Model> {
    const file = Array.isArray(table) ? new Blob([table.map((row) => `${JSON.stringify(row)}\n`).join('')]) : (table as Uploadable);
    const learnt = await tables.learnTable(this.token, this.address, file, { ...this.options, ...options });
    return new Model(this.token, this.address, this.options, learnt);
  }

  /** Creates a cluster from a template or a checkpoint; returns its uuid. */
  async createCluster(name: string, from: { readonly template?: string } | { readonly checkpoint: string } = {}): Promise<string> {
    if ('checkpoint' in from) return (await this.api.createCluster({ name, checkpoint_uuid: from.checkpoint })).uuid;
    const template = from.template === undefined ? {} : { template: toBase64(from.template) };
    return (await this.api.createCluster({ name, ...template })).uuid;
  }

  /** Gets a cluster and what has grown in it. */
  getCluster(uuid: string): Promise<OutputOf<typeof getClusterEndpoint>> {
    return this.api.getCluster({ uuid });
  }

  /** Queues a training: wait for its end with `await`, or follow it with `for await`. */
  train(clusterUuid: string, { inputs, outputs, name = 'training', timeLength, epochs }: TrainOptions): TaskRun {
    return this.follow(clusterUuid, () =>
      this.api.createTrainTask({
        name,
        cluster_uuid: clusterUuid,
        inputs: sources(inputs),
        outputs: sources(outputs),
        ...(timeLength === undefined ? {} : { time_length: timeLength }),
        ...(epochs === undefined ? {} : { epochs }),
      }),
    );
  }

  /** Queues a request: wait for its end with `await`, or follow it with `for await`. The result is the data set with the task's uuid. */
  request(clusterUuid: string, { inputs, results, name = 'request', timeLength }: RequestOptions): TaskRun {
    return this.follow(clusterUuid, async () => {
      const wanted =
        results ?? Object.fromEntries((await this.getCluster(clusterUuid)).outputs.map((output) => [output.name, output.name]));
      return this.api.createRequestTask({
        name,
        cluster_uuid: clusterUuid,
        inputs: sources(inputs),
        results: Object.entries(wanted).map(([hexagon_name, dataset_column]) => ({ hexagon_name, dataset_column })),
        ...(timeLength === undefined ? {} : { time_length: timeLength }),
      });
    });
  }

  /** Compares a result with a reference. */
  evaluate(result: string, reference: string, how?: dataset.EvaluationOptions) {
    return dataset.evaluateDataset(this.token, this.address, result, reference, how, this.options);
  }

  /** Reads rows of one column. */
  async rows(datasetUuid: string, column: string, count = 1, offset = 0): Promise<number[][]> {
    const part = { uuid: datasetUuid, column_name: column, number_of_rows: count, row_offset: offset };
    return (await this.api.getDatasetContent(part)).data;
  }

  /** Opens a direct session; its `close` switches the cluster back to tasks. @throws Conflict while tasks are queued or active. */
  async direct(clusterUuid: string): Promise<DirectSession> {
    const { token, address, options } = this;
    const connection = await cluster.switchToDirectMode(token, address, clusterUuid, options);
    return new DirectSession(connection, async () => {
      await connection.close();
      await cluster.switchToTaskMode(token, address, clusterUuid, options);
    });
  }

  private follow(clusterUuid: string, create: () => Promise<Task>): TaskRun {
    const { token, address, options } = this;
    return new TaskRun(create, (uuid) => task.followTask(token, address, uuid, clusterUuid, options));
  }
}

/** A queued task: `await` resolves when it is finished, `for await` yields it at each progress. */
export class TaskRun implements PromiseLike<Task>, AsyncIterable<Task> {
  /** The task as it was queued. */
  readonly created: Promise<Task>;

  constructor(
    create: () => Promise<Task>,
    private readonly steps: (uuid: string) => AsyncGenerator<Task>,
  ) {
    this.created = create();
    // Awaiting or following the run reports the error.
    this.created.catch(() => {});
  }

  /** @throws TaskFailed if it failed or was aborted. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Task> {
    const { uuid } = await this.created;
    for await (const step of this.steps(uuid)) {
      yield step;
      if (step.state === 'failed' || step.state === 'aborted') throw new task.TaskFailed(step);
    }
  }

  // biome-ignore lint/suspicious/noThenProperty: that it can be awaited is its purpose.
  then<Good = Task, Bad = never>(
    onGood?: ((task: Task) => Good | PromiseLike<Good>) | null,
    onBad?: ((reason: unknown) => Bad | PromiseLike<Bad>) | null,
  ): Promise<Good | Bad> {
    return this.wait().then(onGood, onBad);
  }

  private async wait(): Promise<Task> {
    let last = await this.created;
    for await (last of this);
    return last;
  }
}

/** A direct session with a cluster, one cycle at a time. */
export class DirectSession {
  constructor(
    private readonly connection: directIo.DirectConnection,
    private readonly end: () => Promise<void>,
  ) {}

  /** Trains one cycle. */
  train(inputs: Readonly<Record<string, directIo.Values>>, outputs: Readonly<Record<string, directIo.Values>>): Promise<void> {
    return directIo.train(this.connection, inputs, outputs);
  }

  /** Requests answers of all outputs. */
  request(inputs: Readonly<Record<string, directIo.Values>>): Promise<Record<string, number[]>> {
    return directIo.request(this.connection, inputs);
  }

  close(): Promise<void> {
    return this.end();
  }
}

function sources(given: Readonly<Record<string, Source>>) {
  return Object.entries(given).map(([hexagon_name, source]) => ({
    hexagon_name,
    dataset_uuid: typeof source === 'string' ? source : source.dataset,
    dataset_column: typeof source === 'string' ? hexagon_name : source.column,
  }));
}
