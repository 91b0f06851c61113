import { BadRequest } from '@openhanami/contract';
import type { z } from 'zod';

/** Parses input. @throws BadRequest naming the invalid fields and what they should be. */
export function parse<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input, { error: inWords });
  if (result.success) return result.data;
  throw new BadRequest(
    result.error.issues
      .slice(0, 5)
      .map((issue) => describe(issue, input))
      .join('; '),
    'invalid_input',
  );
}

/** What is said where a schema has no words of its own. */
function inWords(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${issue.values.map((value) => (typeof value === 'string' ? `'${value}'` : String(value))).join(' or ')}`;
    case 'invalid_union': {
      const ways = new Set(issue.errors.map(([first]) => first?.message.replace(/^must be /, '')));
      return `must be ${[...ways].join(' or ')}`;
    }
    case 'too_big':
      return `must have at most ${issue.maximum} ${issue.origin === 'string' ? 'characters' : 'entries'}`;
    case 'too_small':
      return `must have at least ${issue.minimum} ${issue.origin === 'string' ? 'characters' : 'entries'}`;
    default:
      return 'is invalid';
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object of names and values',
  null: 'null',
};

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
