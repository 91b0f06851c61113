import { eachEndpoint } from '@openhanami/contract';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { parse } from '../src/parse.ts';

const WRONG = [null, {}, { a: {} }, [], [{}], [[]], [null], '', 'x', 'x'.repeat(100_000), -1, 1.5, true];

it.each(eachEndpoint())('says of each field of %s in our words what is wrong with it', (_name, { input }) => {
  for (const [field, schema] of Object.entries(input.shape)) {
    for (const value of WRONG) {
      let said = '';
      try {
        parse(z.strictObject({ [field]: schema }), { [field]: value });
      } catch (error) {
        said = (error as Error).message;
      }
      expect(said, `${field} is ${JSON.stringify(value).slice(0, 100)}`).not.toMatch(
        /invalid|expected|received|too (big|small)|undefined/i,
      );
    }
  }
});
