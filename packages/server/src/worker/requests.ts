import type { ColumnInfo } from '@openhanami/contract';
import { DatasetWriter, kindOf, type StoredColumn } from '@openhanami/datasets';
import { type Cluster, EngineError, type Label } from '@openhanami/engine';
import { checksumOf } from '../store/checksum.ts';
import { keyOf, type Objects } from '../store/objects/index.ts';
import type { CallInput, CallOutput } from './protocol.ts';
import { ended, type RunContext, Slices } from './run-context.ts';
import { Sources, slice } from './sources.ts';

/** A column of a result, and how it is made of the answers of an output. */
interface ResultColumn {
  readonly stored: StoredColumn;
  readonly hexagon: string;
  /** Of an output that names a class: what the column says. */
  readonly of: 'values' | 'class' | 'probability' | number;
  readonly classes: readonly Label[];
}

/**
 * Writes the answers for all cycles of a task to a new data set, which appears when it is complete.
 * @throws EngineError if an output is untrained.
 */
export async function request(call: CallInput<'request'>, context: RunContext, objects: Objects): Promise<CallOutput<'request'>> {
  const { cluster } = context;
  const columns = resultColumns(call, cluster);
  const sources = await Sources.open(objects, context, call.inputs);
  const writer = await DatasetWriter.create(
    await objects.of(call.project).create(keyOf.dataset(call.task)),
    columns.map(({ stored }) => stored),
  );
  for (const [i, { stored, classes }] of columns.entries()) if (stored.type === 'codes') writer.setLabels(i, classes.map(String));
  let cycle = 0;
  await context.progress(cycle);
  const slices = new Slices();
  try {
    while (cycle < call.cycles && !context.stopped()) {
      const rows = sources.chunk(cycle, call.cycles, call.timeLength);
      const inputs = await sources.rows(call.inputs, 'input', cycle, rows, call.timeLength);
      const found = columns.map(({ stored: { type, width } }) =>
        type === 'codes' ? new Int32Array(rows) : new Float32Array(rows * width),
      );
      await slices.each(rows, context, async (from, count) => {
        const answers = cluster.request(slice(inputs, from, count));
        for (const [i, column] of columns.entries())
          put(found[i] as Float32Array, column, answers[column.hexagon] as Float32Array, from, count);
        await context.progress(cycle + from + count);
      });
      if (context.stopped()) break;
      await writer.write(found, rows);
      cycle += rows;
    }
    if (cycle >= call.cycles) await writer.finish();
    else await writer.abort();
  } catch (error) {
    await writer.abort();
    throw error;
  } finally {
    await sources.close();
  }
  const end = cycle >= call.cycles ? 'finished' : ended(context);
  const checksum = end === 'finished' ? { checksum: await checksumOf(objects, keyOf.dataset(call.task)) } : {};
  const infos = columns.map(({ stored }): ColumnInfo => ({ name: stored.name, kind: kindOf(stored), width: stored.width, skip: false }));
  return { end, cycle, info: context.info(), columns: infos, ...checksum };
}

/** Most probabilities of classes that a result has. */
const MOST_CLASSES = 1000;

function resultColumns(call: CallInput<'request'>, cluster: Cluster): ResultColumn[] {
  const taken = new Set(call.results.map(({ column }) => column));
  const free = (wanted: string): string => {
    let name = wanted;
    for (let k = 2; taken.has(name); k++) name = `${wanted}_${k}`;
    taken.add(name);
    return name;
  };
  return call.results.flatMap(({ column, hexagon, allClasses }): ResultColumn[] => {
    const output = cluster.outputs.find(({ name }) => name === hexagon);
    if (!output || output.width === 0) throw new EngineError(`the output '${hexagon}' has not been trained yet`);
    const { classes } = output;
    if (!classes) return [{ stored: { name: column, width: output.width, type: 'f32' }, hexagon, of: 'values', classes: [] }];
    if (allClasses && classes.length > MOST_CLASSES)
      throw new EngineError(`the output '${hexagon}' has ${classes.length} classes; probabilities of up to ${MOST_CLASSES} are written`);
    const number = (name: string): StoredColumn => ({ name: free(name), width: 1, type: 'f32' });
    return [
      { stored: { name: column, width: 1, type: 'codes' }, hexagon, of: 'class', classes },
      { stored: number(`${column}_probability`), hexagon, of: 'probability', classes },
      ...(allClasses ? classes.map((label, i): ResultColumn => ({ stored: number(`${column}_${label}`), hexagon, of: i, classes })) : []),
    ];
  });
}

/** Puts answers (count, width) of an output into rows `from` … of a column. */
function put(target: Float32Array, { stored, of, classes }: ResultColumn, answers: Float32Array, from: number, count: number): void {
  if (of === 'values') {
    target.set(answers, from * stored.width);
    return;
  }
  const width = classes.length;
  for (let row = 0; row < count; row++) {
    let best = 0;
    for (let i = 1; i < width; i++) if ((answers[row * width + i] as number) > (answers[row * width + best] as number)) best = i;
    target[from + row] = of === 'class' ? best : (answers[row * width + (of === 'probability' ? best : of)] as number);
  }
}
