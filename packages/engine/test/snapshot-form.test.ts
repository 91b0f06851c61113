// A snapshot that an earlier build has written is read as it was: whoever changes what the kernel saves has to raise the form, and to make the file anew
// (UPDATE_FIXTURES=1).
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { generator } from '@openhanami/datasets';
import { expect, it } from 'vitest';
import { Cluster, type Rows } from '../src/index.ts';

const FILE = join(import.meta.dirname, 'fixtures/form-4.snapshot.gz');
const TEMPLATE =
  'version: 1\nhexagons:\n1,1,1\n2,1,1\n3,1,1\n1,1,2\ninputs:\ntable: 1,1,1\nwide: 1,1,2\noutputs:\nclass: 3,1,1\nnumber: 3,1,1\n';

/** Fields of each kind, and rows that are wide. */
function rows(count: number, seed: number): Record<string, Rows> {
  const random = generator(seed);
  return {
    table: {
      fields: {
        category: {
          codes: Int32Array.from({ length: count }, () => Math.floor(random() * 50)),
          dictionary: Array.from({ length: 50 }, (_, i) => `c${i}`),
        },
        number: Float64Array.from({ length: count }, () => (random() < 0.1 ? Number.NaN : random())),
        time: { seconds: Float64Array.from({ length: count }, () => 1.7e9 + Math.floor(random() * 1e7)) },
      },
    },
    wide: { data: Float32Array.from({ length: count * 320 }, () => (random() < 0.9 ? 0 : random())), width: 320 },
  };
}

const question = rows(20, 3);

async function write(): Promise<void> {
  const cluster = await Cluster.create(TEMPLATE, { seed: 1, neuronsPerHexagon: 32 });
  const random = generator(2);
  cluster.train(rows(120, 1), {
    class: { codes: Int32Array.from({ length: 120 }, () => Math.floor(random() * 3)), dictionary: ['a', 'b', 3] },
    number: { data: Float32Array.from({ length: 120 }, () => 5 * random()), width: 1 },
  });
  const answers = cluster.request(question);
  const snapshot = Buffer.from(cluster.snapshot());
  const text = JSON.stringify({
    class: Array.from(answers['class'] ?? []),
    number: Array.from(answers['number'] ?? []),
    bytes: snapshot.length,
  });
  writeFileSync(FILE, gzipSync(Buffer.concat([snapshot, Buffer.from(text)])));
}

it('a snapshot of this form that an earlier build has written answers as it did', async () => {
  if (process.env['UPDATE_FIXTURES'] || !existsSync(FILE)) await write();
  const bytes = gunzipSync(readFileSync(FILE));
  const end = bytes.lastIndexOf('{"class":');
  const expected: { class: number[]; number: number[]; bytes: number } = JSON.parse(bytes.subarray(end).toString());
  const cluster = await Cluster.restore(new Uint8Array(bytes.subarray(0, expected.bytes)));
  const answers = cluster.request(question);
  for (const name of ['class', 'number'] as const) {
    expect(answers[name]).toHaveLength(expected[name].length);
    for (const [i, value] of expected[name].entries()) expect(answers[name]?.[i]).toBeCloseTo(value, 4);
  }
  expect(cluster.outputs[0]?.classes).toEqual(expect.arrayContaining(['a', 'b', 3]));
});
