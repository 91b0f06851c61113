import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ClusterIO_MessageSchema } from '@openhanami/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readClusterIo } from '../src/worker/cluster-io.ts';

/** What the generated code reads. */
function reference(bytes: Uint8Array) {
  const { bufferName, isLast, processType, targetBufferType, numberOfValues, values } = fromBinary(ClusterIO_MessageSchema, bytes);
  return { bufferName, isLast, processType, targetBufferType, numberOfValues, values: Float32Array.from(values) };
}

const message = fc.record({
  bufferName: fc.string({ unit: 'grapheme' }),
  isLast: fc.boolean(),
  processType: fc.integer({ min: 0, max: 3 }),
  targetBufferType: fc.integer({ min: 0, max: 3 }),
  numberOfValues: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  values: fc.array(fc.float()),
});

describe('a ClusterIO_Message', () => {
  it('is read as the generated code reads it', () => {
    fc.assert(
      fc.property(message, (fields) => {
        const bytes = toBinary(ClusterIO_MessageSchema, create(ClusterIO_MessageSchema, fields));
        expect(readClusterIo(bytes)).toEqual(reference(bytes));
      }),
      { numRuns: 500 },
    );
  });

  it('is read alike when it is cut, joined or damaged: the same fields, or an error where the generated code has one', () => {
    fc.assert(
      fc.property(message, message, fc.nat(), fc.nat(255), (first, second, place, byte) => {
        const encode = (fields: typeof first): Uint8Array => toBinary(ClusterIO_MessageSchema, create(ClusterIO_MessageSchema, fields));
        const joined = Buffer.concat([encode(first), encode(second)]);
        expect(readClusterIo(joined)).toEqual(reference(joined));
        if (joined.length === 0) return;
        joined[place % joined.length] = byte;
        for (const bytes of [joined, joined.subarray(0, place % joined.length)]) {
          const outcome = (read: (bytes: Uint8Array) => unknown): unknown => {
            try {
              return read(bytes);
            } catch {
              return 'error';
            }
          };
          const [ours, theirs] = [outcome(readClusterIo), outcome(reference)];
          // Ours is stricter with fields of a wrong wire type, which the generated code passes over.
          if (ours !== 'error') expect(ours).toEqual(theirs);
        }
      }),
      { numRuns: 500 },
    );
  });
});
