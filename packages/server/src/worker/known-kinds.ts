import { timeText } from '@openhanami/datasets';
import { type CategoryValues, EngineError, type FieldKind, type FieldValues } from '@openhanami/engine';

// What a cluster learnt as one kind is read as that kind later, whatever the file says: a category of digits may look like a number there.

/** Values of a field as the kind that it was learnt as. @throws EngineError naming a value that cannot be read so. */
export function asKnown(name: string, values: FieldValues, kind: FieldKind | undefined): FieldValues {
  if (kind === undefined) return values;
  if ('codes' in values) return kind === 'category' ? values : fromLabels(name, values, kind);
  if ('seconds' in values) {
    if (kind === 'time') return values;
    return kind === 'number' ? values.seconds : labelled(values.seconds, (seconds) => timeText(seconds, seconds % 86_400 === 0));
  }
  if (kind === 'category') return labelled(values, String);
  return kind === 'time' ? { seconds: Float64Array.from(values) } : values;
}

/** Numbers as labels; NaN is missing. */
export function labelled(values: ArrayLike<number>, text: (value: number) => string): CategoryValues {
  const codes = new Map<string, number>();
  const found = Int32Array.from(values, (value) => {
    if (Number.isNaN(value)) return -1;
    const label = text(value);
    const code = codes.get(label) ?? codes.size;
    codes.set(label, code);
    return code;
  });
  return { codes: found, dictionary: [...codes.keys()] };
}

function fromLabels(name: string, { codes, dictionary }: CategoryValues, kind: 'number' | 'time'): FieldValues {
  const numbers = dictionary.map((label) => (kind === 'number' ? numberOf(String(label)) : Date.parse(String(label)) / 1000));
  const values = Float64Array.from(codes, (code, row) => {
    if (code < 0) return Number.NaN;
    const value = numbers[code] as number;
    if (Number.isNaN(value))
      throw new EngineError(`row ${row}, field '${name}': '${dictionary[code]}' is no ${kind}; the field was learnt as a ${kind}`);
    return value;
  });
  return kind === 'time' ? { seconds: values } : values;
}

const FLAGS: Readonly<Record<string, number>> = { true: 1, false: 0 };
const numberOf = (label: string): number => FLAGS[label] ?? (label.trim() === '' ? Number.NaN : Number(label));
