import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { token } from '@openhanami/sdk';
import { PostgresServer } from './postgres-server.ts';
import { S3Server } from './s3-server.ts';

const MAIN = fileURLToPath(new URL('../packages/server/bin/hanami.js', import.meta.url));

export const ADMIN = { id: 'asdf', name: 'asdf_user', passphrase: 'asdfasdf' };

/** The PostgreSQL server that the servers of these tests have their databases in; undefined: each has an SQLite file. */
const FOLDER = process.env['TEST_POSTGRES'];
export const POSTGRES = FOLDER === undefined ? undefined : PostgresServer.at(FOLDER);

/** The object store that they have their files in; undefined: each has folders. */
const STORE_FOLDER = process.env['TEST_S3'];
const S3 = STORE_FOLDER === undefined ? undefined : S3Server.at(STORE_FOLDER);

/** Whether files are encrypted. */
const KEY = process.env['TEST_ENCRYPTION_KEY'];
const ENCRYPTION: Readonly<Record<string, string>> = KEY === undefined ? {} : { HANAMI_STORAGE_ENCRYPTION_KEY: KEY };

/** A command of the server on a data folder. */
export function runServer(folder: string, ...args: string[]): string {
  return runWith({ HANAMI_DATA: folder }, args);
}

/** A command of the server with settings. @throws Error with what it prints if it fails. */
export function runWith(settings: Readonly<Record<string, string>>, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'], ...S3?.variables, ...ENCRYPTION, ...settings },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${stdout}${stderr}`);
  return stdout;
}

/** What a command prints when it fails. */
export function failureOf(work: () => string): string {
  try {
    return `it did not fail: ${work()}`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Servers that run: none of them outlives a test that fails. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export const STORE_FOLDERS = ['datasets', 'clusters', 'checkpoints', 'tempfiles', 'keys'] as const;
export type StoreFolder = (typeof STORE_FOLDERS)[number];

/** A server as its users run it: a process of its own, on a folder of its own. */
export class ServerProcess {
  private child: ChildProcess | undefined;
  private output = '';
  address = '';

  /** Its data folder; kept until `remove`. */
  readonly folder: string;
  /** What it is started with; changes take effect at the next start. */
  settings: Readonly<Record<string, string>>;

  private readonly main: string;

  /** Its database in PostgreSQL, if the tests run on that. */
  private readonly database: string | undefined;

  /** The place of its files in the object store, if the tests run on that. */
  private readonly bucket: string | undefined;

  private constructor(folder: string, settings: Readonly<Record<string, string>>, main: string) {
    this.folder = folder;
    this.main = main;
    const isFree = settings['HANAMI_DATABASE'] === undefined && settings['HANAMI_DATA'] === undefined;
    this.database = isFree ? POSTGRES?.newDatabase() : undefined;
    const hasFolders = Object.keys(settings).some((name) => /^HANAMI_(DATA|STORAGE_(\w+_)?LOCATION)$/.test(name));
    this.bucket = hasFolders ? undefined : S3?.newPlace();
    this.settings = {
      ...settings,
      ...(this.database === undefined ? {} : { HANAMI_DATABASE: this.database }),
      ...(this.bucket === undefined ? {} : { HANAMI_STORAGE_LOCATION: this.bucket }),
    };
  }

  /** @param main the program; left out, that of this repository. */
  static async start(settings: Record<string, string> = {}, main = MAIN): Promise<ServerProcess> {
    const server = new ServerProcess(mkdtempSync(join(tmpdir(), 'hanami-test-')), settings, main);
    await server.restart();
    return server;
  }

  get pid(): number {
    if (this.child?.pid === undefined) throw new Error('the server does not run');
    return this.child.pid;
  }

  /** What it has logged since its last start. */
  get log(): string {
    return this.output;
  }

  /** Runs another command of the server, such as `doctor`, on its folder; returns what it prints. @throws Error with that if it fails. */
  run(...args: string[]): string {
    return runWith(this.place, args);
  }

  /** Variables that name its folder and its database, and say how it stores files. */
  get place(): Record<string, string> {
    const storage = Object.entries(this.settings).filter(([name]) => name.startsWith('HANAMI_STORAGE_') || name.startsWith('AWS_'));
    return { HANAMI_DATA: this.data, HANAMI_DATABASE: this.location, ...Object.fromEntries(storage) };
  }

  /** Where its database is: the path of a file, or a URL. */
  get location(): string {
    return this.settings['HANAMI_DATABASE'] ?? join(this.data, 'hanami.db');
  }

  private get data(): string {
    return this.settings['HANAMI_DATA'] ?? this.folder;
  }

  /** Names of the files that it has stored in a folder. */
  files(folder: StoreFolder): string[] {
    if (S3 && this.bucket !== undefined) return S3.names(this.bucket, folder === 'tempfiles' ? 'uploads' : folder);
    return readdirSync(join(this.data, folder));
  }

  /** Paths of all that it has stored outside of its database. */
  everyFile(): string[] {
    const isStored = S3 && this.bucket !== undefined;
    const places = isStored ? [S3.pathOf(this.bucket)] : STORE_FOLDERS.map((folder) => join(this.data, folder));
    const found = places.flatMap((place) => readdirSync(place, { recursive: true, withFileTypes: true }));
    return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  }

  /** Where the bytes of such a file are, whatever stores them. */
  fileOf(folder: StoreFolder, name: string): string {
    return S3 && this.bucket !== undefined ? S3.fileOf(this.bucket, `${folder}/${name}`) : join(this.data, folder, name);
  }

  /** Runs statements on its database, past the server, whether it runs or not. */
  execute(statements: string): void {
    if (POSTGRES && this.database !== undefined) {
      POSTGRES.execute(this.database, statements);
      return;
    }
    const db = new DatabaseSync(this.location);
    try {
      db.exec(statements);
    } finally {
      db.close();
    }
  }

  /** Starts it (again) on the same folder. */
  async restart(): Promise<void> {
    const child = spawn(process.execPath, [this.main], {
      env: {
        PATH: process.env['PATH'],
        ...S3?.variables,
        ...ENCRYPTION,
        HANAMI_DATA: this.folder,
        HANAMI_HTTP_PORT: '0',
        HANAMI_ADMIN_USER_ID: ADMIN.id,
        HANAMI_ADMIN_USER_NAME: ADMIN.name,
        HANAMI_ADMIN_PASSPHRASE: ADMIN.passphrase,
        ...this.settings,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    this.output = '';
    this.address = await new Promise((resolve, reject) => {
      const read = (data: Buffer): void => {
        this.output += data;
        const ready = /"address":"([^"]+)"[^\n]*OpenHanami is ready/.exec(this.output);
        if (ready?.[1]) resolve(ready[1]);
      };
      child.stdout?.on('data', read);
      child.stderr?.on('data', read);
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${this.output}`)));
    });
  }

  /** Closes the pipe of its log, as a supervisor that died does. */
  closeLog(): void {
    this.child?.stdout?.destroy();
    this.child?.stderr?.destroy();
  }

  /** Ends it; resolves with its exit code (null after a kill). */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.child;
    this.child = undefined;
    if (!child || child.exitCode !== null) return child?.exitCode ?? null;
    const exit = once(child, 'exit');
    child.kill(signal);
    const [code] = await exit;
    return code;
  }

  /** Ends it and removes its data. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
    if (this.database !== undefined) POSTGRES?.removeDatabase(this.database);
    if (this.bucket !== undefined) S3?.removePlace(this.bucket);
  }

  logIn(user: { id: string; passphrase: string } = ADMIN): Promise<string> {
    return token.requestToken(this.address, user.id, user.passphrase);
  }

  /** Resident memory in MB. */
  get memory(): number {
    return this.status('VmRSS');
  }

  /** CPU seconds that it has used, user and system. */
  get cpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    const ticksASecond = 100;
    return (Number(fields[11]) + Number(fields[12])) / ticksASecond;
  }

  /** The largest resident memory so far, in MB. */
  get peakMemory(): number {
    return this.status('VmHWM');
  }

  /** The largest resident memory so far of the processes that it has started and that still run, in MB; 0 if there are none. */
  get childrenPeakMemory(): number {
    const children = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    return Math.max(0, ...children.map((pid) => this.status('VmHWM', pid)));
  }

  private status(field: string, pid = this.pid): number {
    const path = `/proc/${pid}/status`;
    const [, kilobytes = 0] = new RegExp(`${field}:\\s+(\\d+)`).exec(existsSync(path) ? readFileSync(path, 'utf8') : '') ?? [];
    return Number(kilobytes) / 1024;
  }

  /** A call as bytes on the wire. */
  call(method: string, path: string, token?: string, body?: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.address}${path}`, {
      method,
      headers: { ...(token === undefined ? {} : { 'X-Auth-Token': token }), ...headers },
      ...(body === undefined ? {} : { body }),
    });
  }
}
