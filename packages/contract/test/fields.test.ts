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
