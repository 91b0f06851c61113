import { z } from 'zod';
import { isShortName } from './fields.ts';

// Lists and objects of many entries, of which the largest calls are made. They are looked at by functions that say what the schema says, in a tenth of the
// time, and only what those do not take is given to the schema, which then says what is wrong with the first of it. Nothing in them may be transformed.

/** Whether a value is an object of at most so many short names, with values that all `fits` takes. */
export function isRecord(value: unknown, most: number, fits: (held: unknown) => boolean): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const names = Object.keys(value);
  return names.length <= most && names.every((key) => isShortName(key) && fits((value as Record<string, unknown>)[key]));
}

type Fits<S extends z.ZodType> = (value: unknown) => value is z.output<S>;

/** @param most names that an object may have. */
export const quickRecord = <S extends z.ZodRecord>(schema: S, fits: Fits<S>, most: number) =>
  describedBy(schema).check(({ value, issues }) => {
    if (fits(value)) return;
    const isLong = Object.keys(value ?? {}).length > most;
    issues.push(...(isLong ? [fault(`must have at most ${most} names`, [], value)] : faults(schema, value, [])));
  });

/** @param entry schema of the entries. */
export const quickList = <S extends z.ZodType>(entry: S, fits: (value: unknown) => boolean, { is, least = 0, most, length }: ListBounds) =>
  z
    .array(describedBy(entry), is)
    .min(least, length)
    .max(most, length)
    .check(({ value, issues }) => {
      const index = value.findIndex((each) => !fits(each));
      if (index >= 0) issues.push(...faults(entry, value[index], [index]));
    });

interface ListBounds {
  /** What is said of something that is no list, and of one that has too many or too few entries. */
  readonly is: string;
  readonly length: string;
  readonly least?: number;
  readonly most: number;
}

/** Takes everything, and is described as the schema is. */
function describedBy<S extends z.ZodType>(schema: S) {
  const { $schema: _, ...description } = z.toJSONSchema(schema, { unrepresentable: 'any' });
  return z.custom<z.output<S>>().meta(description);
}

const fault = (message: string, path: PropertyKey[], input: unknown): z.core.$ZodRawIssue => ({ code: 'custom', message, path, input });

/** What the schema says of a value. */
function faults(schema: z.ZodType, value: unknown, at: PropertyKey[]): z.core.$ZodRawIssue[] {
  const { error } = schema.safeParse(value);
  // What zod passes over, such as an entry of the name `__proto__`, is not passed on.
  if (!error) return [fault("must not hold an entry of the name '__proto__' that is of another kind", at, value)];
  return error.issues.map(({ message, path }) => fault(message, [...at, ...path], value));
}
