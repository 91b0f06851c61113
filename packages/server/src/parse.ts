import { BadRequest } from '@openhanami/contract';
import type { z } from 'zod';

/** Parses input. @throws BadRequest naming the invalid fields and what they should be. */
export function parse<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new BadRequest(
    result.error.issues
      .slice(0, 5)
      .map((issue) => describe(issue, input))
      .join('; '),
    'invalid_input',
  );
}

function describe(issue: z.core.$ZodIssue, input: unknown): string {
  if (issue.code === 'unrecognized_keys') {
    const where = issue.path.length > 0 ? ` in '${pathText(issue.path)}'` : '';
    return `unknown field${issue.keys.length > 1 ? 's' : ''} ${issue.keys.map((key) => `'${key}'`).join(', ')}${where}`;
  }
  const given = issue.path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], input);
  return given === undefined ? `'${pathText(issue.path)}' is missing; it ${issue.message}` : `'${pathText(issue.path)}' ${issue.message}`;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i > 0 ? '.' : ''}${String(key)}`)).join('');
}
