import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_TEMPLATE, parseTemplate, TemplateError } from '../src/index.ts';

const VALID = `version: 1
settings:
    neuron_cooldown: 10000000.0
    refractory_time: 1
    max_connection_distance: 2
    enable_reduction: false
hexagons:
    1,1,1      # the first
    2,1,1
    3,1,1

axons:
    1,1,1 -> 3,1,1
inputs:
    picture: 1,1,1
    extra: 2,1,1 (binary)
outputs:
    label: 3,1,1
    sure: 3,1,1 (bool)
`;

/** The valid template with one line replaced. */
const withLine = (from: string, to: string): string => VALID.replace(from, to);

describe('the template parser', () => {
  it('reads every part of the grammar', () => {
    const template = parseTemplate(VALID);
    expect(template.settings).toEqual({ neuronCooldown: 1e7, refractoryTime: 1, maxConnectionDistance: 2, enableReduction: false });
    expect(template.hexagons.map(({ x, y, z }) => [x, y, z])).toEqual([
      [1, 1, 1],
      [2, 1, 1],
      [3, 1, 1],
    ]);
    expect(template.axons).toMatchObject([{ from: { x: 1 }, to: { x: 3 } }]);
    expect(template.inputs).toMatchObject([
      { name: 'picture', kind: 'plain' },
      { name: 'extra', kind: 'binary' },
    ]);
    expect(template.outputs).toMatchObject([
      { name: 'label', kind: 'plain' },
      { name: 'sure', kind: 'bool' },
    ]);
  });

  it('takes templates without settings, with Windows line ends and without indentation', () => {
    expect(
      parseTemplate('version: 1\r\nhexagons:\r\n1,1,1\r\n2,1,1\r\ninputs:\r\na: 1,1,1\r\noutputs:\r\nb: 2,1,1').settings.refractoryTime,
    ).toBe(1);
    expect(parseTemplate(DEFAULT_TEMPLATE).inputs[0]?.name).toBe('input');
  });

  it.each([
    ['a wrong version', 'version: 1', 'version: 2', 1, "version '2' is not known"],
    ['an unknown section', 'axons:', 'synapses:', 12, "unknown section 'synapses'"],
    ['a doubled section', 'axons:', 'hexagons:', 12, 'appears a second time'],
    ['an unknown setting', 'refractory_time: 1', 'speed: 1', 4, "unknown setting 'speed'"],
    ['a cooldown of 1', 'neuron_cooldown: 10000000.0', 'neuron_cooldown: 1', 3, 'greater than 1'],
    ['a cooldown that is text', 'neuron_cooldown: 10000000.0', 'neuron_cooldown: fast', 3, 'greater than 1'],
    ['a refractory time of 0', 'refractory_time: 1', 'refractory_time: 0', 4, 'at least 1'],
    ['a broken distance', 'max_connection_distance: 2', 'max_connection_distance: 1.5', 5, 'at least 1'],
    ['a reduction that is neither', 'enable_reduction: false', 'enable_reduction: maybe', 6, 'true or false'],
    ['a doubled setting', 'enable_reduction: false', 'refractory_time: 2', 6, 'a second time'],
    ['a doubled hexagon', '    2,1,1\n', '    1,1,1\n', 9, 'appears a second time'],
    ['a broken position', '    2,1,1\n', '    2,1\n', 9, 'three whole numbers'],
    ['an axon from nowhere', '1,1,1 -> 3,1,1', '7,1,1 -> 3,1,1', 13, 'no hexagon 7,1,1'],
    ['an axon to itself', '1,1,1 -> 3,1,1', '3,1,1 -> 3,1,1', 13, 'another hexagon'],
    ['a broken axon', '1,1,1 -> 3,1,1', '1,1,1 - 3,1,1', 13, 'an axon looks like'],
    ['an input at no hexagon', 'picture: 1,1,1', 'picture: 9,9,9', 15, 'no hexagon 9,9,9'],
    ['an unknown input type', '(binary)', '(spiky)', 16, "unknown type '(spiky)'"],
    ['an output type on an input', '(binary)', '(int)', 16, "unknown type '(int)'"],
    ['a name that is none', 'picture: 1,1,1', 'pic.ture: 1,1,1', 15, 'is no name'],
    ['a doubled name', 'label: 3,1,1', 'sure: 3,1,1', 19, 'used a second time'],
    ['an entry without a colon', 'picture: 1,1,1', 'picture 1,1,1', 15, "expected '<name>: <value>'"],
    ['text outside of sections', 'settings:', 'hello', 2, 'outside of a section'],
  ])('refuses %s and names the line', (_, from, to, line, reason) => {
    const broken = withLine(from, to);
    expect(broken).not.toBe(VALID);
    expect(() => parseTemplate(broken)).toThrowError(TemplateError);
    try {
      parseTemplate(broken);
    } catch (error) {
      expect(error).toMatchObject({ line });
      expect((error as Error).message).toContain(reason);
    }
  });

  it.each(['version', 'hexagons', 'inputs', 'outputs'])('says that %s is missing', (section) => {
    const lines = VALID.split('\n');
    const start = lines.findIndex((line) => line.startsWith(section));
    const end = section === 'version' ? start + 1 : lines.findIndex((line, i) => i > start && /^\w+:/.test(line));
    const left = [...lines.slice(0, start), ...(end < 0 ? [] : lines.slice(end))].join('\n');
    expect(() => parseTemplate(left)).toThrowError(section);
  });

  it('throws nothing but template errors, whatever the text', () => {
    const line = fc.oneof(fc.constantFrom(...VALID.split('\n')), fc.string({ maxLength: 40 }));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        try {
          parseTemplate(lines.join('\n'));
        } catch (error) {
          expect(error).toBeInstanceOf(TemplateError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
