import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const folder = new URL('../assembly/', import.meta.url);

it('the files of the kernel import each other without a circle', () => {
  const imports = new Map(
    readdirSync(folder)
      .filter((name) => name.endsWith('.ts'))
      .map((name) => {
        const text = readFileSync(new URL(name, folder), 'utf8');
        return [name, [...text.matchAll(/from '\.\/(\w+)'/g)].map(([, file]) => `${file}.ts`)] as const;
      }),
  );
  expect(imports.size).toBeGreaterThan(10);
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) throw new Error(`a circle: ${[...path.slice(path.indexOf(name)), name].join(' → ')}`);
    if (done.has(name)) return;
    for (const next of imports.get(name) ?? []) visit(next, [...path, name]);
    done.add(name);
  };
  for (const name of imports.keys()) visit(name, []);
});
