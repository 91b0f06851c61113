import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base64Text, flag, name, passphrase, toBase64, uuid, whole } from '../src/fields.ts';
import * as contract from '../src/index.ts';

function isEndpoint(value: unknown): value is contract.Endpoint {
  return typeof value === 'object' && value !== null && 'method' in value && 'path' in value;
}

describe('fields', () => {
  it('read uuids in either case and refuse everything else', () => {
    expect(uuid.parse('146BACB3-b5bf-485b-a2e8-d1812b57eb63')).toBe('146bacb3-b5bf-485b-a2e8-d1812b57eb63');
    for (const bad of ['', 'nope', '146bacb3-b5bf-485b-a2e8-d1812b57eb6', '146bacb3-b5bf-485b-a2e8-d1812b57eb63/..', 7]) {
      expect(uuid.safeParse(bad).success).toBe(false);
    }
  });

  it('take back any text that was sent as base64', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => base64Text.parse(toBase64(text)) === text));
  });

  it.each(['abc', 'a===', 'YQ', 'ab*d', 'gICAgA==', 'YWJj\n'])('refuse base64 that is none: %j', (text) => {
    expect(base64Text.safeParse(text).success).toBe(false);
  });

  it('bound passphrases by 8 and 4096 base64 characters', () => {
    expect(passphrase.safeParse(toBase64('four')).success).toBe(true);
    expect(passphrase.safeParse('YWJj').success).toBe(false);
    expect(passphrase.safeParse(toBase64('x'.repeat(3072))).success).toBe(true);
    expect(passphrase.safeParse(toBase64('x'.repeat(3075))).success).toBe(false);
  });

  it.each(['a', 'abc', '1abc', 'ab/cd', 'x'.repeat(255), ' abcd'])('refuse the name %j', (text) => {
    expect(name.safeParse(text).success).toBe(false);
  });

  it('read whole numbers and booleans from query strings too', () => {
    expect(whole(0, 10).parse('7')).toBe(7);
    expect(whole(0, 10).parse(7)).toBe(7);
    for (const bad of ['7.5', '', 'x', '11', -1, 1.5, null, true]) expect(whole(0, 10).safeParse(bad).success).toBe(false);
    expect(flag.parse('true')).toBe(true);
    expect(flag.parse(false)).toBe(false);
    for (const bad of ['yes', 1, '']) expect(flag.safeParse(bad).success).toBe(false);
  });
});

describe('timestamps', () => {
  it('are in UTC, and a dash while the time has not come', () => {
    expect(contract.toTimestamp(new Date(Date.UTC(2024, 6, 12, 20, 52, 21)))).toBe('2024-07-12 20:52:21');
    expect(contract.toTimestamp(null)).toBe('-');
  });
});

describe('endpoints', () => {
  const endpoints: contract.Endpoint[] = Object.values<unknown>(contract).filter(isEndpoint);

  it('have a method and path of their own', () => {
    const routes = endpoints.map(({ method, path }) => `${method} ${path}`);
    expect(new Set(routes).size).toBe(routes.length);
    expect(routes.length).toBeGreaterThan(35);
  });

  it('refuse fields that they do not know', () => {
    for (const { input, path } of endpoints) {
      const result = input.safeParse({ surprise: 1 });
      expect(
        result.error?.issues.some((issue) => issue.code === 'unrecognized_keys'),
        path,
      ).toBe(true);
    }
  });
});

describe('errors', () => {
  it('come from their status', () => {
    for (const status of [400, 401, 404, 405, 409, 413, 429, 500]) {
      const error = contract.errorForStatus(status, 'why');
      expect(error).toBeInstanceOf(contract.HanamiError);
      expect(error.status).toBe(status);
    }
    expect(contract.errorForStatus(404, 'gone').name).toBe('NotFound');
  });
});

describe('rows', () => {
  const cell = fc.oneof(fc.double(), fc.integer(), fc.string(), fc.boolean(), fc.constant(null), fc.constant('x'.repeat(1001)));
  const bad = fc.oneof(fc.constant(undefined), fc.array(fc.integer()), fc.object());
  const name = fc.oneof(fc.string(), fc.constantFrom('', 'constructor', 'toString', 'n'.repeat(255)));
  const rows = fc.dictionary(name, fc.oneof({ weight: 20, arbitrary: cell }, { weight: 1, arbitrary: bad }));

  it('are checked by the quick way as their schema says', () => {
    const any = fc.oneof(rows, fc.array(cell), cell);
    fc.assert(
      fc.property(any, (row) => contract.isRow(row) === contract.rowSchema.safeParse(row).success),
      { numRuns: 2000 },
    );
  });

  it('are refused with what is wrong, and where', () => {
    const said = (row: unknown) =>
      contract.learnRows.input
        .safeParse({ cluster_uuid: '146bacb3-b5bf-485b-a2e8-d1812b57eb63', rows: [{}, row] })
        .error?.issues.map(({ path, message }) => [path.join('.'), message]);
    expect(said({ a: 1, b: 'two', c: null, d: true })).toBeUndefined();
    expect(said({ a: [1] })).toEqual([['rows.1.a', 'must be a number, text of at most 1000 characters, true, false or null']]);
    expect(said(Object.fromEntries(Array.from({ length: 2001 }, (_, i) => [`c${i}`, 1])))).toEqual([
      ['rows.1', 'must have at most 2000 names'],
    ]);
    // What zod does not look at hides nothing that stands behind it.
    const hostile = [JSON.parse('{"__proto__": {}}'), null];
    const { success } = contract.predictRows.input.safeParse({ cluster_uuid: '146bacb3-b5bf-485b-a2e8-d1812b57eb63', rows: hostile });
    expect(success).toBe(false);
    expect(said(7)).toEqual([['rows.1', 'must be an object of names and values']]);
  });

  it('have a limit, as all lists of a call do', () => {
    const lists = contract.eachEndpoint().flatMap(([, endpoint]) => [...contract.longestLists(endpoint)]);
    expect(new Map(lists).get('rows')).toBe(contract.MOST_ROWS);
    const unlimited = (schema: object): string[] =>
      Object.entries(schema).flatMap(([key, value]) => {
        if (typeof value !== 'object' || value === null) return [];
        const here = (value as { type?: string }).type === 'array' && !('maxItems' in value) ? [key] : [];
        return [...here, ...unlimited(value)];
      });
    const bodies = Object.entries(contract.openApi('').paths).map(([path, operations]) => [
      path,
      unlimited(Object.values(operations).map((operation) => ('requestBody' in operation ? operation.requestBody : operation.parameters))),
    ]);
    expect(bodies.filter(([, found]) => (found?.length ?? 0) > 0)).toEqual([]);
  });
});
