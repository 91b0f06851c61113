// Work that is interrupted — by a server that dies, a token that ends, a connection that breaks, a person who types Ctrl-C — goes on, and says how.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Conflict, cluster, dataset, task, token as tokens } from '@openhanami/sdk';
import { describe, expect, it } from 'vitest';
import { newCluster, queueTraining, uploadDigits } from './digits.ts';
import { openDirect } from './direct-socket.ts';
import { HANAMICTL, hanamictl, UUID } from './hanamictl.ts';
import { freePort } from './ports.ts';
import { PYTHON, python } from './python.ts';
import { useScratch } from './scratch.ts';
import { ADMIN, type ServerProcess } from './server-process.ts';
import { interruptInTerminal, typeInTerminal } from './terminal.ts';

const scratch = useScratch();
/** A server that comes back where it was. */
const start = async (settings: Record<string, string> = {}): Promise<ServerProcess> =>
  scratch.start({ HANAMI_HTTP_PORT: String(await freePort()), ...settings });

/** A table of so many megabytes. */
function tableOf(megabytes: number): string {
  const lines = ['a,b,c'];
  for (let i = 0, size = 0; size < megabytes * 1e6; i++) {
    const line = `${i},${(i * 7919) % 100_003},${i % 13}`;
    lines.push(line);
    size += line.length + 1;
  }
  return `${lines.join('\n')}\n`;
}

/** Bytes that have come of unfinished uploads. */
async function received(server: ServerProcess, token: string): Promise<number> {
  const answer = await server.call('GET', '/v1.0alpha/dataset/upload/all', token);
  const { uploads } = (await answer.json()) as { uploads: { files: { received: [number, number][] }[] }[] };
  return uploads.flatMap(({ files }) => files.flatMap((file) => file.received)).reduce((sum, [from, to]) => sum + to - from, 0);
}

async function until(what: () => Promise<boolean>, every = 5): Promise<void> {
  while (!(await what())) await new Promise((next) => setTimeout(next, every));
}

const env = (server: ServerProcess) => ({
  HANAMI_ADDRESS: server.address,
  HANAMI_USER: ADMIN.id,
  HANAMI_PASSPHRASE: ADMIN.passphrase,
  HOME: server.folder,
});

/** hanamictl as a process of its own, to be killed. */
function begin(server: ServerProcess, ...args: string[]) {
  const child = spawn(process.execPath, [HANAMICTL, ...args], { env: env(server), stdio: ['pipe', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (data) => (said.out += data));
  child.stderr.on('data', (data) => (said.err += data));
  return { child, said, ended: once(child, 'close').then(([code]) => code as number | null) };
}

describe('an upload', () => {
  it('goes on where the server is after kill -9 and a restart', async () => {
    const server = await start();
    const credentials = await tokens.logIn(server.address, ADMIN.id, ADMIN.passphrase);
    const text = tableOf(30);
    let restarted: Promise<void> | undefined;
    const uuid = await dataset.uploadCsvFiles(credentials, server.address, 'over a crash', new Blob([text]), (arrived) => {
      if (arrived > 8e6) restarted ??= server.stop('SIGKILL').then(() => server.restart());
    });
    await restarted;
    expect(restarted).toBeDefined();
    const { bytes } = await dataset.downloadDataset(credentials, server.address, uuid, 'csv');
    expect(await new Response(bytes).text()).toBe(text);
  });

  it('that was killed goes on with --resume; of a file that has changed it does not', async () => {
    const server = await start();
    const token = await server.logIn();
    const file = join(server.folder, 'table.csv');
    writeFileSync(file, tableOf(60));
    const create = ['dataset', 'create', 'csv', '-i', file, 'resumed table'];
    const { child, ended } = begin(server, ...create);
    await until(async () => (await received(server, token)) > 4e6);
    child.kill('SIGKILL');
    await ended;
    const had = await received(server, token);
    expect(had).toBeLessThan(60e6);
    const resumed = await hanamictl(server, [...create, '--resume']);
    expect(resumed.code).toBe(0);
    expect((await dataset.listDatasets(token, server.address)).body).toHaveLength(1);
    expect(await received(server, token)).toBe(0);

    const again = begin(server, ...create);
    await until(async () => (await received(server, token)) > 4e6);
    again.child.kill('SIGKILL');
    await again.ended;
    writeFileSync(file, tableOf(50));
    const other = await hanamictl(server, [...create, '--resume']);
    expect([other.code, other.err]).toEqual([1, expect.stringContaining('is of another file, or the file has changed since')]);
  });

  it.skipIf(!PYTHON)('goes on in Python, too, with a token that has expired', async () => {
    const server = await start({ HANAMI_AUTH_TOKEN_EXPIRE_TIME: '2' });
    const file = join(server.folder, 'table.csv');
    writeFileSync(file, tableOf(20));
    const program = `import time
from hanami_sdk import dataset, hanami_token
token = hanami_token.request_token("${server.address}", "asdf", "asdfasdf")
time.sleep(2.2)
print(dataset.upload_csv_files(token, "${server.address}", "python table", "${file}"))`;
    const running = python(['-c', program]);
    const token = async () => server.logIn();
    await until(async () => (await received(server, await token())) > 2e6, 20);
    await server.stop('SIGKILL');
    await server.restart();
    expect(await running).toMatch(UUID);
    expect((await dataset.listDatasets(await token(), server.address)).body).toHaveLength(1);
  });
});

/** A cluster and a training on it that takes some seconds. */
async function longTraining(server: ServerProcess) {
  const { address } = server;
  const credentials = await tokens.logIn(address, ADMIN.id, ADMIN.passphrase);
  const digits = await uploadDigits(credentials, address, 'digits', 5000);
  const uuid = await newCluster(credentials, address, 'long cluster');
  const args = ['-i', `${digits}:picture:picture`, '-o', `${digits}:label:label`, '-c', uuid, '--wait', '-e', '40', 'long training'];
  return { credentials, digits, uuid, create: ['task', 'create', 'train', ...args] };
}

describe('--wait', () => {
  it('goes on over kill -9 of the server, and prints the task before its progress', async () => {
    const server = await start({ HANAMI_PROCESSING_SNAPSHOT_INTERVAL: '1' });
    const { create, credentials, uuid } = await longTraining(server);
    const { said, ended } = begin(server, ...create);
    await until(async () => UUID.test(said.err));
    const [id = ''] = UUID.exec(said.err) ?? [];
    expect(said.err).toBe(`train: task ${id} is queued; it goes on without this command (hanamictl task wait ${id})\n`);
    await until(async () => (await task.getTask(credentials, server.address, id)).current_cycle > 5000, 20);
    await server.stop('SIGKILL');
    await server.restart();
    expect(await ended).toBe(0);
    expect(said.out).toMatch(/\| STATE +\| finished +\|\n\| CURRENT CYCLE +\| 200000 +\|/);
    expect(said.err).toContain('trying again …');
    // Picked up by its uuid alone, also when it has ended.
    expect((await hanamictl(server, ['task', 'wait', id])).out).toMatch(/\| STATE +\| finished +\|/);
    expect((await task.listTasks(credentials, server.address, uuid)).body).toHaveLength(1);
  });

  it('logs in again when the token expires', async () => {
    const server = await start({ HANAMI_AUTH_TOKEN_EXPIRE_TIME: '2' });
    const { create } = await longTraining(server);
    const { said, ended } = begin(server, ...create);
    expect(await ended).toBe(0);
    expect(said.out).toMatch(/\| STATE +\| finished +\|/);
  });

  it.skipIf(!PYTHON)('gives the terminal back at Ctrl-C, and says how the task is followed and stopped', async () => {
    const server = await start();
    const { create, credentials } = await longTraining(server);
    const { printed, code } = await interruptInTerminal(
      [process.execPath, HANAMICTL, ...create],
      { ...env(server), TERM: 'xterm' },
      ' % |',
    );
    expect(code).toBe(130);
    const [id = ''] = UUID.exec(printed) ?? [];
    // The bar hides the cursor.
    expect(printed.lastIndexOf('\x1b[?25h')).toBeGreaterThan(printed.lastIndexOf('\x1b[?25l'));
    expect(printed).toContain(`the task ${id} goes on: hanamictl task wait ${id} follows it, hanamictl task delete ${id} stops it`);
    expect(['active', 'queued']).toContain((await task.getTask(credentials, server.address, id)).state);
    await task.deleteTask(credentials, server.address, id);
  });
});

describe('a cluster in DIRECT mode', () => {
  const modeOf = async (server: ServerProcess, token: string, uuid: string) => (await cluster.getCluster(token, server.address, uuid)).mode;

  it('works off tasks again when who talked to it was killed, and at once at Ctrl-C', async () => {
    const server = await start({ HANAMI_PROCESSING_DIRECT_TIMEOUT: '1' });
    const token = await server.logIn();
    const uuid = await newCluster(token, server.address, 'stranded cluster');
    const talk = ['direct', 'train', '-c', uuid, '-i', 'picture:4', '-o', 'label:1'];
    const killed = begin(server, ...talk);
    killed.child.stdin.write('1,2,3,4,0\n');
    await until(async () => (await modeOf(server, token, uuid)) === 'DIRECT');
    killed.child.kill('SIGKILL');
    await until(async () => (await modeOf(server, token, uuid)) === 'TASK', 50);
    const interrupted = begin(server, ...talk);
    interrupted.child.stdin.write('1,2,3,4,0\n1,2,3,5,1\n');
    await until(async () => (await modeOf(server, token, uuid)) === 'DIRECT');
    interrupted.child.kill('SIGINT');
    expect(await interrupted.ended).toBe(130);
    expect(interrupted.said.err).toMatch(/^interrupted after \d rows; what was learnt is kept, and the cluster works off tasks again\n$/);
    expect(await modeOf(server, token, uuid)).toBe('TASK');
  });

  it('waits for its client over a restart of the server, and for somebody who connects late', async () => {
    const server = await start({ HANAMI_PROCESSING_DIRECT_TIMEOUT: '8' });
    const token = await server.logIn();
    const uuid = await newCluster(token, server.address, 'waiting cluster');
    await cluster.setMode(token, server.address, uuid, 'DIRECT');
    await server.stop('SIGKILL');
    await server.restart();
    expect(await modeOf(server, token, uuid)).toBe('DIRECT');
    const socket = await openDirect(server.address, token, uuid);
    await new Promise((next) => setTimeout(next, 8500));
    expect(await modeOf(server, token, uuid)).toBe('DIRECT');
    socket.close();
    await until(async () => (await modeOf(server, token, uuid)) === 'TASK', 200);
  });

  it('is named by the refusal of a task, with the command that leads out', async () => {
    const server = await start();
    const token = await server.logIn();
    const digits = await uploadDigits(token, server.address, 'digits', 50);
    const uuid = await newCluster(token, server.address, 'direct cluster');
    expect((await hanamictl(server, ['cluster', 'mode', uuid, 'direct'])).out).toMatch(/\| NEW STATE \| DIRECT +\|/);
    await expect(queueTraining(token, server.address, uuid, digits)).rejects.toThrowError(`hanamictl cluster mode ${uuid} task`);
    expect((await hanamictl(server, ['cluster', 'mode', uuid, 'task'])).code).toBe(0);
    await expect(queueTraining(token, server.address, uuid, digits)).resolves.toBeDefined();
  });

  it('talks on over a token that expires', async () => {
    const server = await start({ HANAMI_AUTH_TOKEN_EXPIRE_TIME: '2' });
    const uuid = await newCluster(await server.logIn(), server.address, 'long talk');
    const { child, said, ended } = begin(server, 'direct', 'train', '-c', uuid, '-i', 'picture:4', '-o', 'label:1');
    for (let i = 0; i < 8; i++) {
      child.stdin.write(`${i},2,3,4,${i % 2}\n`);
      await new Promise((next) => setTimeout(next, 500));
    }
    child.stdin.end();
    expect(await ended).toBe(0);
    expect(said.out).toBe('trained 8 cycles\n');
  });
});

describe('hanamictl direct', () => {
  it.skipIf(!PYTHON)('ends in a terminal when a line is refused, and reads no further', async () => {
    const server = await start();
    const { uuid } = await cluster.createCluster(await server.logIn(), server.address, 'typed at');
    // The line is typed once the command asks for it; what comes after it is never read.
    const { printed, code } = await typeInTerminal(
      [process.execPath, HANAMICTL, 'direct', 'request', '-c', uuid],
      { ...env(server), TERM: 'xterm' },
      'type lines of numbers',
      '1,2\n',
    );
    expect(printed).toContain("the output 'output' has not been trained yet");
    expect(code).toBe(1);
  });
});

describe('a data set that a task uses', () => {
  it('is not deleted, unless forced: the tasks are named, and aborted then', async () => {
    const server = await start();
    const { credentials, digits, uuid } = await longTraining(server);
    const { address } = server;
    const running = await queueTraining(credentials, address, uuid, digits, 'running', 100);
    const waiting = await queueTraining(credentials, address, uuid, digits, 'waiting');
    await expect(dataset.deleteDataset(credentials, address, digits)).rejects.toThrowError(Conflict);
    await expect(dataset.deleteDataset(credentials, address, digits)).rejects.toThrowError(
      `is used by tasks that wait or run: 'running task' (${running}), 'waiting task' (${waiting}); wait for them, or delete it with force=true (hanamictl: --force)`,
    );
    expect((await hanamictl(server, ['dataset', 'delete', '--force', digits])).code).toBe(0);
    for (const id of [running, waiting]) expect((await task.getTask(credentials, address, id)).state).toBe('aborted');
  });
});
