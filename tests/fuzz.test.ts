// Whatever comes in, only errors of the contract come out. FUZZ_RUNS cases each: 500 unless set, 10,000 in `npm run test:fuzz`.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { API_PREFIX, BadRequest, eachEndpoint } from '@openhanami/contract';
import { DatasetError, drawDigits, imagesToIdx, importTable as importFile, importMnist, labelsToIdx } from '@openhanami/datasets';
import { DEFAULT_TEMPLATE, parseTemplate, TemplateError } from '@openhanami/engine';
import fc from 'fast-check';
import { parquetWriteFile } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { importTable } from '../packages/server/dist/conversions/import.js';
import { openObjects } from '../packages/server/dist/store/objects/index.js';
import { ConfigError, loadConfig } from '../packages/server/src/config.ts';
import { parsePolicy } from '../packages/server/src/services/policy.ts';
import { readClusterIo } from '../packages/server/src/worker/cluster-io.ts';
import { newCluster } from './digits.ts';
import { Importer } from './fuzz/importer.ts';
import { ServerProcess } from './server-process.ts';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 500);
const TIMEOUT = 60_000 + RUNS * 60;
const many = { numRuns: RUNS };

const folder = mkdtempSync(join(tmpdir(), 'hanami-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

/** A valid text or file with some of its bytes changed, taken out, or doubled; or bytes of no kind. */
function mutations(valid: Uint8Array): fc.Arbitrary<Uint8Array> {
  const change = fc.record({ at: fc.nat(Math.max(0, valid.length - 1)), length: fc.nat(8), bytes: fc.uint8Array({ maxLength: 8 }) });
  const changed = fc.array(change, { minLength: 1, maxLength: 6 }).map((changes) => {
    let bytes = Buffer.from(valid);
    for (const { at: place, length, bytes: put } of changes)
      bytes = Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place + length)]);
    return new Uint8Array(bytes);
  });
  const cut = fc.nat(valid.length).map((length) => valid.slice(0, length));
  return fc.oneof(
    { weight: 6, arbitrary: changed },
    { weight: 2, arbitrary: cut },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 400 }) },
  );
}
const texts = (valid: string): fc.Arbitrary<string> =>
  fc.oneof(
    mutations(new TextEncoder().encode(valid)).map((bytes) => new TextDecoder().decode(bytes)),
    fc.array(fc.constantFrom(...valid.split('\n')), { maxLength: 12 }).map((lines) => lines.join('\n')),
  );

/** Runs something that may fail with errors of one kind only. */
async function allows(kind: abstract new (...args: never[]) => Error, work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof kind)) throw error;
  }
}

describe('parsers give their own errors only', () => {
  it(
    'templates',
    () =>
      fc.assert(
        fc.asyncProperty(texts(DEFAULT_TEMPLATE), (text) => allows(TemplateError, () => parseTemplate(text))),
        many,
      ),
    TIMEOUT,
  );

  it(
    'policies',
    () => {
      const valid = readFileSync(join(import.meta.dirname, '../packages/server/policies/default'), 'utf8').slice(0, 600);
      return fc.assert(
        fc.asyncProperty(texts(valid), (text) => allows(ConfigError, () => parsePolicy(text, 'policy'))),
        many,
      );
    },
    TIMEOUT,
  );

  it(
    'configurations',
    () => {
      const valid = 'debug = true\ndatabase = "other.db"\n[http]\nport = 1000\nip = "127.0.0.1"\n[auth]\ntoken_expire_time = 60\n';
      return fc.assert(
        fc.asyncProperty(texts(valid), (text) => {
          writeFileSync(at('config.toml'), text);
          return allows(ConfigError, () => loadConfig({ file: at('config.toml') }));
        }),
        many,
      );
    },
    TIMEOUT,
  );

  it(
    'messages of direct connections',
    () =>
      fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), (bytes) => allows(Error, () => readClusterIo(bytes))),
        many,
      ),
    TIMEOUT,
  );
});

describe('importers give their own errors only', () => {
  it(
    'CSV',
    () =>
      fc.assert(
        fc.asyncProperty(texts('a,"b ""c""",d\n1,2.5e3,true\n"-4",,null\n5,6,7\n'), (text) => {
          writeFileSync(at('in.csv'), text);
          return allows(DatasetError, () => importFile(at('in.csv'), at('csv.arrow')));
        }),
        many,
      ),
    TIMEOUT,
  );

  it(
    'IDX',
    () => {
      const { pixels, labels, rows, columns } = drawDigits(3, 1);
      const [images, marks] = [imagesToIdx(pixels, rows, columns), labelsToIdx(labels)];
      return fc.assert(
        fc.asyncProperty(mutations(images), mutations(marks), fc.boolean(), (badImages, badLabels, both) => {
          writeFileSync(at('images'), badImages);
          writeFileSync(at('labels'), both ? badLabels : marks);
          return allows(DatasetError, () => importMnist(at('images'), at('labels'), at('idx.arrow')));
        }),
        many,
      );
    },
    TIMEOUT,
  );

  it(
    'Arrow and Parquet',
    async () => {
      writeFileSync(at('good.csv'), 'a,b\n1,2\n3,4\n');
      await importFile(at('good.csv'), at('good.arrow'));
      parquetWriteFile({ filename: at('good.parquet'), columnData: [{ name: 'a', data: [1, 2], type: 'DOUBLE' }] });
      const importer = new Importer();
      try {
        for (const format of ['arrow', 'parquet'] as const)
          await fc.assert(
            fc.asyncProperty(mutations(readFileSync(at(`good.${format}`))), async (bytes) => {
              writeFileSync(at('bad'), bytes);
              expect(await importer.import({ format, input: at('bad'), target: at('again.arrow') })).toMatch(/^(imported|refused|cut)$/);
            }),
            many,
          );
      } finally {
        importer.stop();
      }
      // As the server does it, in a process each, with limits of time and memory.
      const places = { dataset_location: folder, checkpoint_location: folder, cluster_location: folder, tempfile_location: folder };
      const storage = { ...places, key_location: folder, location: '', retry_time: 0, encryption_key: '', former_encryption_key: '' };
      const by = { user: 1, project: 'own', bytes: 1e9, objects: openObjects(storage) };
      await fc.assert(
        fc.asyncProperty(mutations(readFileSync(at('good.arrow'))), (bytes) => {
          writeFileSync(at('bad.arrow'), bytes);
          return allows(BadRequest, () => importTable('arrow', 'uploads/bad.arrow', 'datasets/again.arrow', {}, by));
        }),
        { numRuns: Math.ceil(RUNS / 50) },
      );
    },
    TIMEOUT,
  );
});

describe('a server', () => {
  let server: ServerProcess;
  let token: string;
  let uuid: string;
  beforeAll(async () => {
    server = await ServerProcess.start({ HANAMI_HTTP_REQUESTS_PER_MINUTE: '0', HANAMI_AUTH_LOGINS_PER_MINUTE: '0' });
    token = await server.logIn();
    uuid = await newCluster(token, server.address, 'a cluster');
    await server.call('PUT', '/v1.0alpha/cluster/set_mode', token, JSON.stringify({ uuid, new_state: 'DIRECT' }));
  });
  afterAll(() => server.remove());

  it(
    'answers any body with a status of the contract, and stays alive',
    async () => {
      const endpoints = eachEndpoint().filter(([name]) => name !== 'deleteUser' && name !== 'changePassphrase' && name !== 'taskEvents');
      const value = fc.oneof(
        fc.jsonValue({ maxDepth: 2 }),
        fc.constant(uuid),
        fc.constantFrom('../../etc/passwd', "' OR 1=1 --", '\u0000', -1, 1e99),
      );
      await fc.assert(
        fc.asyncProperty(
          fc.nat(endpoints.length - 1),
          fc.array(value, { maxLength: 8 }),
          fc.string(),
          fc.boolean(),
          async (which, values, junk, isJson) => {
            const [, { method, path, input }] = endpoints[which] as (typeof endpoints)[number];
            const fields = Object.fromEntries(Object.keys(input.shape).map((key, i) => [key, values[i % Math.max(1, values.length)]]));
            const inQuery = method === 'GET' || method === 'DELETE';
            // Objects may have a `toString` that is none.
            const text = (value: unknown): string => (typeof value === 'object' ? (JSON.stringify(value) ?? '') : String(value));
            const query = inQuery ? `?${new URLSearchParams(Object.entries(fields).map(([key, value]) => [key, text(value)]))}` : '';
            const body = inQuery ? undefined : isJson ? JSON.stringify(fields) : junk;
            const response = await server.call(method, API_PREFIX + path + query, token, body);
            await response.body?.cancel();
            expect([200, 400, 401, 404, 405, 409, 413, 429, 431]).toContain(response.status);
          },
        ),
        many,
      );
      expect((await server.call('GET', '/health')).status).toBe(200);
      expect(server.memory).toBeLessThan(500);
    },
    TIMEOUT,
  );

  it(
    'closes a websocket for any frame that it cannot use, and stays alive',
    async () => {
      const hello = fc.oneof(
        fc.constant(JSON.stringify({ token, target: 'cluster', uuid })),
        fc.jsonValue().map((value) => JSON.stringify(value)),
        fc.uint8Array({ maxLength: 64 }),
      );
      const frame = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string({ maxLength: 100 }));
      await fc.assert(
        fc.asyncProperty(hello, fc.array(frame, { maxLength: 4 }), async (first, frames) => {
          const socket = new WebSocket(server.address.replace('http', 'ws'));
          socket.on('error', () => {});
          await once(socket, 'open');
          const closed = new Promise((resolve) => socket.once('close', resolve));
          for (const data of [first, ...frames]) socket.send(data);
          socket.close();
          await closed;
        }),
        many,
      );
      expect((await server.call('GET', '/ready')).status).toBe(200);
      expect(server.log).not.toContain('internal error');
    },
    TIMEOUT,
  );
});
