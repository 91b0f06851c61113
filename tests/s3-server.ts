// An object store of its own for tests: a process on a port of the loopback, that speaks the language of S3 (s3rver).
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './ports.ts';

const MAIN = fileURLToPath(new URL('../node_modules/s3rver/bin/s3rver.js', import.meta.url));
const BUCKET = 'hanami';
/** File that says where the server listens. */
const PORT = 'port';
/** How it calls the file of an object. */
const OBJECT = '._S3rver_object';

/** Servers that run: none of them outlives who started it. */
const running = new Set<S3Server>();
process.on('exit', () => {
  for (const server of running) server.kill();
});

export class S3Server {
  private child: ChildProcess | undefined;

  readonly folder: string;
  private readonly port: number;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
  }

  /** The server that runs in a folder already. */
  static at(folder: string): S3Server {
    return new S3Server(folder, Number(readFileSync(join(folder, PORT), 'utf8')));
  }

  static async start(folder = mkdtempSync(join(tmpdir(), 'hanami-s3-'))): Promise<S3Server> {
    mkdirSync(folder, { recursive: true });
    const server = new S3Server(folder, await freePort());
    writeFileSync(join(folder, PORT), String(server.port));
    await server.restart();
    running.add(server);
    return server;
  }

  /** Variables by which a client finds it. */
  get variables(): Record<string, string> {
    return { AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${this.port}`, AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' };
  }

  /** A place for one server in its bucket. */
  newPlace(): string {
    return `s3://${BUCKET}/${crypto.randomUUID()}`;
  }

  /** Names of what is stored in a folder of a place. */
  names(place: string, folder: string): string[] {
    const path = join(this.pathOf(place), folder);
    const found = existsSync(path) ? readdirSync(path) : [];
    // An object is a file and some beside it; an unfinished upload is a folder.
    return found.filter((name) => name.endsWith(OBJECT) || !name.includes('._S3rver_')).map((name) => name.replace(OBJECT, ''));
  }

  /** The file with the bytes of an object of a place. */
  fileOf(place: string, key: string): string {
    return `${join(this.pathOf(place), key)}${OBJECT}`;
  }

  removePlace(place: string): void {
    rmSync(this.pathOf(place), { recursive: true, force: true });
  }

  /** Folder of a place. */
  pathOf(place: string): string {
    return join(this.folder, place.replace('s3://', ''));
  }

  get pid(): number {
    if (this.child?.pid === undefined) throw new Error('the object store does not run');
    return this.child.pid;
  }

  /** Starts it (again), with what it has stored. */
  async restart(): Promise<void> {
    const args = ['--directory', this.folder, '--port', String(this.port), '--silent', '--no-vhost-buckets', '--configure-bucket', BUCKET];
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.child = child;
    await new Promise<void>((resolve, reject) => {
      child.stdout?.on('data', (data) => String(data).includes('listening') && resolve());
      child.once('exit', (code) => reject(new Error(`the object store ended with ${code}`)));
    });
  }

  /** Starts it unless it runs. */
  async resume(): Promise<void> {
    if (!this.child) await this.restart();
  }

  kill(): void {
    this.child?.kill('SIGKILL');
    this.child = undefined;
  }

  /** Ends it, and waits for that. */
  async stop(): Promise<void> {
    const child = this.child;
    if (!child) return;
    const exit = once(child, 'exit');
    this.kill();
    await exit;
  }

  async remove(): Promise<void> {
    running.delete(this);
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
