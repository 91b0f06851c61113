// An object store of its own for tests: a process on a port of the loopback, that speaks the language of S3 (s3rver).
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './ports.ts';

const MAIN = fileURLToPath(new URL('../node_modules/s3rver/bin/s3rver.js', import.meta.url));
const BUCKET = 'hanami';

/** Servers that run: none of them outlives who started it. */
const running = new Set<S3Server>();
process.on('exit', () => {
  for (const server of running) server.kill();
});

export class S3Server {
  private child: ChildProcess | undefined;

  private constructor(
    readonly folder: string,
    private readonly port: number,
  ) {}

  static async start(folder = mkdtempSync(join(tmpdir(), 'hanami-s3-'))): Promise<S3Server> {
    const server = new S3Server(folder, await freePort());
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
