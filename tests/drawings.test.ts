// The drawings of the documentation: each can be made, and each that a page shows is there.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

it('are drawn from the engine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hanami-draw-'));
  try {
    execFileSync(process.execPath, [join(ROOT, 'docs/draw/main.ts'), folder]);
    const names = readdirSync(folder);
    for (const name of ['digits', 'section', 'line', 'windows', 'growth', 'step-size', 'spiking', 'threads'])
      expect(names).toContain(`${name}.svg`);
    for (const name of names) expect(readFileSync(join(folder, name), 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it.each(readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md')))(
  '%s shows only images, and leads only to files, that are there',
  (page) => {
    const text = readFileSync(join(ROOT, 'docs', page), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\(([^)#]+)\)/g))
      if (!target.startsWith('http')) expect(existsSync(join(ROOT, 'docs', target)), target).toBe(true);
  },
);
