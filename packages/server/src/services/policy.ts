import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { API_PREFIX, eachEndpoint, type Method, Unauthorized } from '@openhanami/contract';
import { ConfigError } from '../config.ts';
import type { Caller } from './access.ts';

const METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'DELETE'] satisfies Method[];

/** Which methods each path takes. */
const METHODS_OF: ReadonlyMap<string, readonly Method[]> = new Map(
  Object.entries(Object.groupBy(eachEndpoint(), ([, { path }]) => path)).map(([path, all = []]) => [
    path,
    all.map(([, { method }]) => method),
  ]),
);

/** The policy that is shipped: `admin` and `member` may call everything but what is about users, projects and errors. */
export const DEFAULT_POLICY = fileURLToPath(new URL('../../policies/default', import.meta.url));

/** Which roles may call an endpoint; checked after the token, before the handler. */
export class Policy {
  private rules: ReadonlyMap<string, readonly string[]>;

  /** @param file of the policy; empty: the one that is shipped. @throws ConfigError naming file and line. */
  constructor(private readonly file: string) {
    this.rules = loadPolicy(file);
  }

  /** Reads the file anew. A fault is thrown, and what was valid stays valid. */
  reload(): void {
    this.rules = loadPolicy(this.file);
  }

  /** @throws Unauthorized if the role of the caller may not call the endpoint. */
  mustAllow(caller: Caller, path: string, method: Method): void {
    if (this.rules.get(`${method} ${path}`)?.includes(caller.role)) return;
    throw new Unauthorized(`the role '${caller.role}' may not call ${method} ${API_PREFIX}${path}`);
  }
}

/** Roles by `METHOD /path`. @throws ConfigError naming file and line. */
export function loadPolicy(path: string): ReadonlyMap<string, readonly string[]> {
  const file = path === '' ? DEFAULT_POLICY : path;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`the policy file cannot be read: ${(error as Error).message}`);
  }
  return parsePolicy(text, file);
}

/** Roles by `METHOD /path`. The form: a line `v1.0alpha/cluster`, then lines `- GET: admin, member`. */
export function parsePolicy(text: string, file: string): Map<string, string[]> {
  const rules = new Map<string, string[]>();
  let path: string | undefined;
  for (const [i, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.replace(/#.*$/, '').trim();
    const fault = (why: string): never => {
      throw new ConfigError(`${file} line ${i + 1}: ${why}`);
    };
    if (line === '') continue;
    const rule = /^-\s*([A-Z]+)\s*:\s*(.*)$/.exec(line);
    if (!rule) {
      if (!/^\/?v1\.0alpha\/[a-z_/]+$/.test(line))
        fault(`expected an endpoint like 'v1.0alpha/cluster' or a rule like '- GET: admin, member', not '${line}'`);
      path = line.replace(/^\/?/, '/').slice(API_PREFIX.length);
      if (!METHODS_OF.has(path)) fault(`there is no endpoint '${line}'`);
      continue;
    }
    const [, method = '', list = ''] = rule;
    if (path === undefined) fault('a rule must stand below an endpoint');
    if (!METHODS.includes(method)) fault(`unknown method '${method}'; expected ${METHODS.join(', ')}`);
    const known = METHODS_OF.get(path ?? '') ?? [];
    if (!known.includes(method as Method)) fault(`${path} takes ${known.join(', ')}, not ${method}`);
    const roles = list.split(',').map((role) => role.trim());
    if (roles.some((role) => !/^[a-zA-Z][a-zA-Z_0-9\- ]*$/.test(role))) fault(`'${list}' is no list of roles like 'admin, member'`);
    if (rules.has(`${method} ${path}`)) fault(`${method} of ${path} appears a second time`);
    rules.set(`${method} ${path}`, roles);
  }
  return rules;
}
