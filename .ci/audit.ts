// Reads what `npm audit --omit=dev --json` says; ends with 1 if it knows of a vulnerability. A registry that answers no audits is told, and is no failure.
import { text } from 'node:stream/consumers';

interface Audit {
  readonly message?: string;
  readonly metadata?: { readonly vulnerabilities: { readonly total: number } };
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string; readonly range: string }>>;
}

function parse(json: string): Audit {
  try {
    return JSON.parse(json);
  } catch {
    return { message: json.trim() || 'nothing came' };
  }
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const { message, metadata, vulnerabilities = {} } = parse(await text(process.stdin));
if (!metadata) say(`audit: not done, the registry did not answer (${message})`);
else {
  for (const [name, { severity, range }] of Object.entries(vulnerabilities)) say(`audit: ${name} ${range}: ${severity}`);
  say(`audit: ${metadata.vulnerabilities.total} vulnerabilities in what the product depends on`);
  process.exitCode = metadata.vulnerabilities.total > 0 ? 1 : 0;
}
