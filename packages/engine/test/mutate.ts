// Restores mutated snapshots one after the other; tells what it does, so that the one that broke it is known.
import { Cluster, EngineError, type Rows } from '@openhanami/engine';
import { Shard } from '../dist/shard.js';
import { readSnapshot } from '../dist/snapshot.js';

const MEMORY = 64 * 2 ** 20;
const TEMPLATE = 'version: 1\nhexagons:\n1,1,1\n2,1,1\n3,1,1\n4,1,1\ninputs:\na: 1,1,1\noutputs:\nb: 4,1,1\n';

/** Marsaglia's xorshift: the same mutations each time. */
let state = 0x2545_f491;
function random(below: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}

const values = (count: number): Float32Array<ArrayBuffer> => Float32Array.from({ length: count }, () => random(256));

const plain =
  (width: number) =>
  (count: number): Record<string, Rows> => ({ a: { data: values(count * width), width } });
const DICTIONARY = Array.from({ length: 256 }, (_, i) => i);
const fields = (count: number): Record<string, Rows> => ({
  a: { fields: { category: { codes: Int32Array.from(values(count)), dictionary: DICTIONARY }, number: values(count) } },
});

/** Of a table without and with a tracker, of wide rows, and of fields. */
const kinds = await Promise.all(
  [
    { rows: plain(16), neuronsPerHexagon: 32 },
    { rows: plain(16), neuronsPerHexagon: 256 },
    { rows: plain(320), neuronsPerHexagon: 32 },
    { rows: fields, neuronsPerHexagon: 256 },
  ].map(async ({ rows, neuronsPerHexagon }) => {
    const learned = await Cluster.create(TEMPLATE, { seed: 1, neuronsPerHexagon });
    for (let i = 0; i < 20; i++) learned.train(rows(10), { b: { data: values(20), width: 2 } });
    const snapshot = learned.snapshot();
    return { rows, snapshot, stateAt: snapshot.length - (readSnapshot(snapshot).states[0]?.length ?? 0) };
  }),
);
// Any kernel works out checksums.
const plan = { template: TEMPLATE, seed: 1, neuronsPerHexagon: 32, shards: 1, memoryLimit: MEMORY };
const checker = await Shard.create(plan, 0, () => {});

const EXTREMES = [0, 1, 0x7fff_ffff, 0xffff_ffff, 0x0f00_0000, 0x8000_0000, 0x7fc0_0000, 0x7f80_0000];

function mutate({ snapshot, stateAt }: (typeof kinds)[number]): { bytes: Uint8Array<ArrayBuffer>; what: string } {
  const bytes = snapshot.slice();
  const view = new DataView(bytes.buffer);
  const what: string[] = [];
  for (let n = 1 + random(4); n > 0; n--) {
    // Half of them in the first kilobyte of the state, where sizes stand.
    const within = random(2) === 0 ? Math.min(1024, bytes.length - stateAt) : bytes.length - stateAt;
    const at = stateAt + (random(within - 4) & ~3);
    const value = random(2) === 0 ? (EXTREMES[random(EXTREMES.length)] as number) : random(2 ** 31);
    view.setUint32(at, value, true);
    what.push(`${at}=${value.toString(16)}`);
  }
  view.setBigUint64(8, checker.checksum(bytes.subarray(16)), true);
  return { bytes, what: what.join(' ') };
}

const runs = Number(process.argv[2]);
let refused = 0;
for (let run = 0; run < runs; run++) {
  const kind = kinds[run % kinds.length] as (typeof kinds)[number];
  const { bytes, what } = mutate(kind);
  process.send?.({ run, what });
  try {
    const cluster = await Cluster.restore(bytes, { memoryLimit: MEMORY });
    cluster.request(kind.rows(1));
    cluster.train(kind.rows(1), { b: { data: values(2), width: 2 } });
    cluster.snapshot();
    cluster.close();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    refused++;
  }
}
process.send?.({ done: runs, refused }, () => process.exit(0));
