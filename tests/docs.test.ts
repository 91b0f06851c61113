// The texts of the repository: lines that can be read side by side, and links that lead somewhere.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const LONGEST = 120;
const FILES = globSync(['*.md', 'docs/**/*.md', 'packages/*/README.md', 'sdk/python/*.md'], { cwd: ROOT });

/** Lines of prose: no code, tables, or words that cannot be broken. */
function prose(text: string): string[] {
  return text
    .replace(/^\s*```[\s\S]*?^\s*```/gm, '')
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('|') && line.trim().includes(' '));
}

describe.each(FILES)('%s', (file) => {
  const text = readFileSync(join(ROOT, file), 'utf8');

  it(`has lines of at most ${LONGEST} characters`, () => {
    expect(prose(text).filter((line) => line.length > LONGEST)).toEqual([]);
  });

  it('has links that lead somewhere', () => {
    const links = [...text.matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)].map(([, link = '']) => link);
    const lost = links.filter((link) => !/^[a-z]+:/.test(link) && !existsSync(join(ROOT, dirname(file), link)));
    expect(lost).toEqual([]);
  });
});
