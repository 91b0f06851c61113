// The judgement of .ci/audit.ts on what `npm audit --json` says.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../.ci/audit.ts', import.meta.url));

function judge(input: string): { status: number | null; stdout: string } {
  return spawnSync(process.execPath, [SCRIPT], { input, encoding: 'utf8' });
}

it('a vulnerability fails the run and is named; none passes; a registry without an answer is told', () => {
  const found = { vulnerabilities: { leaky: { severity: 'high', range: '<2.0.0' } }, metadata: { vulnerabilities: { total: 1 } } };
  expect(judge(JSON.stringify(found))).toMatchObject({ status: 1, stdout: expect.stringContaining('audit: leaky <2.0.0: high') });
  const none = { vulnerabilities: {}, metadata: { vulnerabilities: { total: 0 } } };
  expect(judge(JSON.stringify(none))).toMatchObject({ status: 0, stdout: expect.stringContaining('0 vulnerabilities') });
  for (const silent of [JSON.stringify({ message: '405 Method Not Allowed' }), '', 'no JSON'])
    expect(judge(silent)).toMatchObject({ status: 0, stdout: expect.stringContaining('not done') });
});
