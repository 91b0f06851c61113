// A PostgreSQL server of its own for tests: on a socket in a folder of its own, without a network, with Debian's programs.
import { execFileSync, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const DEBIAN = '/usr/lib/postgresql';
/** The user that runs it, where the tests run as root: PostgreSQL refuses that. */
const OTHER_USER = 'postgres';

/** Folder of PostgreSQL's programs; undefined where it is not installed. */
export function postgresPrograms(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(DEBIAN, version, 'bin')).find((folder) => existsSync(join(folder, 'initdb')));
}

/** Servers that run: none of them outlives who started it. */
const running = new Set<PostgresServer>();
process.on('exit', () => {
  for (const server of running) server.remove();
});

/** A running server, whose databases anybody on this machine may use that can read its folder. */
export class PostgresServer {
  readonly folder: string;
  private readonly programs: string;

  private constructor(programs: string, folder: string) {
    this.programs = programs;
    this.folder = folder;
  }

  /** The server that runs in a folder already. */
  static at(folder: string): PostgresServer {
    return new PostgresServer(postgresPrograms() ?? '', folder);
  }

  /** @throws Error if PostgreSQL is not installed. */
  static start(folder = mkdtempSync(join(tmpdir(), 'hanami-postgres-'))): PostgresServer {
    const programs = postgresPrograms();
    if (programs === undefined) throw new Error(`there is no PostgreSQL in ${DEBIAN}; install it: apt-get install postgresql`);
    mkdirSync(folder, { recursive: true });
    if (process.getuid?.() === 0) {
      const id = (kind: string): number => Number(execFileSync('id', [kind, OTHER_USER], { encoding: 'utf8' }));
      chownSync(folder, id('-u'), id('-g'));
      chmodSync(folder, 0o755);
    }
    const server = new PostgresServer(programs, folder);
    server.run('initdb', ['--auth=trust', '--username=hanami', '--encoding=UTF8', '--no-locale', '--no-sync', server.data]);
    server.restart();
    running.add(server);
    return server;
  }

  private get data(): string {
    return join(this.folder, 'data');
  }

  /** Makes a database of its own; returns its URL. */
  newDatabase(): string {
    const name = `test_${randomUUID().replaceAll('-', '')}`;
    this.run('createdb', ['--host', this.folder, '--username=hanami', name]);
    return `postgresql:///${name}?host=${this.folder}&user=hanami`;
  }

  removeDatabase(url: string): void {
    const { pathname } = new URL(url);
    this.run('dropdb', ['--host', this.folder, '--username=hanami', '--if-exists', '--force', pathname.slice(1)]);
  }

  /** Runs statements. */
  execute(url: string, statements: string): void {
    this.run('psql', ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', url], statements);
  }

  /** Starts it (again). */
  restart(): void {
    // Nothing here has to survive a loss of power.
    const options = `-c listen_addresses= -c unix_socket_directories=${this.folder} -c fsync=off -c max_connections=300`;
    this.run('pg_ctl', ['--pgdata', this.data, '--wait', '--log', join(this.folder, 'log'), '-o', options, 'start']);
  }

  /** @param mode `fast`: connections are cut; `immediate`: as after a crash. */
  stop(mode: 'fast' | 'immediate' = 'fast'): void {
    this.run('pg_ctl', ['--pgdata', this.data, '--wait', '--mode', mode, 'stop']);
  }

  remove(): void {
    if (!running.delete(this)) return;
    this.stop('immediate');
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Runs a program; returns what it prints. @throws Error with that if it fails. */
  private run(program: string, args: readonly string[], input = ''): string {
    const command = [join(this.programs, program), ...args];
    const [first = '', ...others] = process.getuid?.() === 0 ? ['runuser', '-u', OTHER_USER, '--', ...command] : command;
    // A server that it starts must not hold the pipes of who asked for it.
    const output = program === 'pg_ctl' ? 'ignore' : 'pipe';
    const { status, stdout, stderr, error } = spawnSync(first, others, {
      encoding: 'utf8',
      cwd: this.folder,
      input,
      stdio: ['pipe', output, output],
    });
    if (error) throw error;
    if (status !== 0) throw new Error(`${program} ended with ${status}: ${stdout ?? ''}${stderr ?? ''}`);
    return stdout ?? '';
  }
}
