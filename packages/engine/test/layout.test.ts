import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrange, type Layout, neighbours, parseTemplate, TemplateError } from '../src/index.ts';

function layout(hexagons: string[], inputs: string[], outputs: string[], extra = ''): Layout {
  const named = (kind: string, positions: string[]): string => positions.map((position, i) => `${kind}${i}: ${position}`).join('\n');
  const text = `version: 1\n${extra}\nhexagons:\n${hexagons.join('\n')}\ninputs:\n${named('in', inputs)}\noutputs:\n${named('out', outputs)}`;
  return arrange(parseTemplate(text));
}

const places = (found: Layout): string[] => found.hexagons.map(({ position: { x, y, z } }) => `${x},${y},${z}`);

describe('the layout of a template', () => {
  it('reads a line of three as input, hidden neurons, output', () => {
    const found = layout(['1,1,1', '2,1,1', '3,1,1'], ['1,1,1'], ['3,1,1']);
    expect(places(found)).toEqual(['2,1,1']);
    expect(found.hexagons[0]?.links).toEqual([{ input: 0, distance: 1 }]);
    expect(found.outputs).toEqual([{ hexagons: [0] }]);
  });

  it('gives the output neurons of its own where inputs lie next to it', () => {
    const found = layout(['1,1,1', '2,1,1'], ['1,1,1'], ['2,1,1']);
    expect(places(found)).toEqual(['2,1,1']);
    expect(found.outputs).toEqual([{ hexagons: [0] }]);
  });

  it('stacks hidden hexagons in a longer line', () => {
    const found = layout(['1,1,1', '2,1,1', '3,1,1', '4,1,1'], ['1,1,1'], ['4,1,1']);
    expect(places(found)).toEqual(['2,1,1', '3,1,1']);
    expect(found.hexagons[1]?.links).toEqual([{ hexagon: 0, distance: 1 }]);
  });

  it('lets an axon skip a hexagon', () => {
    const found = layout(['1,1,1', '2,1,1', '3,1,1'], ['1,1,1'], ['3,1,1'], 'axons:\n1,1,1 -> 3,1,1');
    expect(places(found)).toEqual(['2,1,1', '3,1,1']);
    expect(found.hexagons[1]?.links).toHaveLength(2);
  });

  it('reaches farther with a larger connection distance', () => {
    const line = ['1,1,1', '2,1,1', '3,1,1', '4,1,1'];
    const found = layout(line, ['1,1,1'], ['4,1,1'], 'settings:\nmax_connection_distance: 2');
    expect(found.hexagons[1]?.links).toEqual([
      { hexagon: 0, distance: 1 },
      { input: 0, distance: 2 },
    ]);
    expect(found.outputs[0]?.hexagons).toEqual([1, 0]);
  });

  it('feeds an output in the middle and one at the end', () => {
    const found = layout(['1,1,1', '2,1,1', '3,1,1', '4,1,1'], ['1,1,1'], ['2,1,1', '4,1,1']);
    expect(found.outputs.every(({ hexagons }) => hexagons.length > 0)).toBe(true);
  });

  it('joins inputs from two ends', () => {
    const found = layout(['1,1,1', '2,1,1', '3,1,1', '4,1,1', '5,1,1'], ['1,1,1', '5,1,1'], ['4,1,1']);
    const inputs = found.hexagons.flatMap(({ links }) => links.flatMap((link) => ('input' in link ? [link.input] : [])));
    expect(new Set(inputs)).toEqual(new Set([0, 1]));
  });

  it('connects layers of the third dimension', () => {
    const found = layout(['1,1,1', '1,1,2', '1,1,3'], ['1,1,1'], ['1,1,3']);
    expect(places(found)).toEqual(['1,1,2']);
  });

  it('has twelve sides, each facing its opposite', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 }), (x, y, z) => {
        for (const [side, other] of neighbours({ x, y, z }).entries()) expect(neighbours(other)[11 - side]).toEqual({ x, y, z });
      }),
    );
  });

  it.each([
    ['a lonely hexagon', ['1,1,1', '2,1,1', '9,9,9'], ['1,1,1'], ['2,1,1'], '', 'neither a neighbour nor an axon'],
    ['an unreachable output', ['1,1,1', '2,1,1', '8,1,1', '9,1,1'], ['1,1,1'], ['9,1,1'], '', "output 'out0' is not reachable"],
    [
      'an input that leads nowhere',
      ['1,1,1', '2,1,1', '8,1,1', '9,1,1'],
      ['1,1,1', '8,1,1'],
      ['2,1,1'],
      '',
      "input 'in1' reaches no output",
    ],
    ['a circle of axons', ['1,1,1', '2,1,1', '3,1,1', '4,1,1'], ['1,1,1'], ['4,1,1'], 'axons:\n3,1,1 -> 2,1,1', 'circle'],
  ])('refuses %s', (_, hexagons, inputs, outputs, extra, reason) => {
    expect(() => layout(hexagons, inputs, outputs, extra)).toThrowError(TemplateError);
    expect(() => layout(hexagons, inputs, outputs, extra)).toThrowError(reason);
  });

  it('gives every hexagon of any patch sources that come before it, and every output something to read', () => {
    const patch = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })), {
      minLength: 2,
      maxLength: 12,
      selector: String,
    });
    fc.assert(
      fc.property(patch, fc.nat(), fc.nat(), fc.nat(), (cells, a, b, c) => {
        const hexagons = cells.map(([x, y]) => `${x},${y},1`);
        const pick = (n: number): string => hexagons[n % hexagons.length] as string;
        let found: Layout;
        try {
          found = layout(hexagons, [pick(a)], [...new Set([pick(b), pick(c)])]);
        } catch (error) {
          expect(error).toBeInstanceOf(TemplateError);
          return;
        }
        for (const [i, { links }] of found.hexagons.entries()) {
          expect(links.length).toBeGreaterThan(0);
          for (const link of links) if ('hexagon' in link) expect(link.hexagon).toBeLessThan(i);
        }
        for (const { hexagons: read } of found.outputs) expect(read.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });
});
