/** A template for tables: one input for all columns, and an output for each target, in a line of three hexagons. */
export const templateOf = (outputs: readonly string[]): string =>
  `version: 1\nhexagons:\n    1,1,1\n    2,1,1\n    3,1,1\ninputs:\n    features: 1,1,1\noutputs:\n${outputs.map((name) => `    ${name}: 3,1,1\n`).join('')}`;
