import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { API_PREFIX, eachEndpoint, type Method, POLICY_COLUMNS, Unauthorized } from '@openhanami/contract';
import { closest, distance } from 'fastest-levenshtein';
import { ConfigError } from '../config.ts';
import type { Caller } from './access.ts';
import { table } from './answers.ts';

const METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'DELETE'] satisfies Method[];

/** Methods of each path. */
const METHODS_OF: ReadonlyMap<string, readonly Method[]> = new Map(
  Object.entries(Object.groupBy(eachEndpoint(), ([, { path }]) => path)).map(([path, all = []]) => [
    path,
    all.map(([, { method }]) => method),
  ]),
);

/** The built-in policy: `admin` may call everything, `member` all but management of users and projects, and the error log. */
export const DEFAULT_POLICY = fileURLToPath(new URL('../../policies/default', import.meta.url));

/** Roles by `METHOD /path`. */
export type Rules = ReadonlyMap<string, readonly string[]>;

/** Called with a sentence for each part of a policy that is ignored. */
export type Warn = (sentence: string) => void;

/** Largest edit distance of a mistyped endpoint to the one that is suggested. */
const MISTYPED = 2;

/** Which roles may call an endpoint; checked after the token, before the handler. */
export class Policy {
  private rules: Rules;

  /**
   * @param file of the policy; empty: the built-in one.
   * @throws ConfigError naming file and line.
   */
  constructor(
    private readonly file: string,
    private readonly warn: Warn,
  ) {
    this.rules = loadPolicy(file, warn);
  }

  /** Reloads the file. @throws ConfigError if it is invalid; the old rules stay in use. */
  reload(): void {
    this.rules = loadPolicy(this.file, this.warn);
  }

  /** Every role that a rule names. */
  get roles(): string[] {
    return [...new Set([...this.rules.values()].flat())].sort();
  }

  /** All endpoints that need a token, with the roles that may call them. */
  list() {
    const rows = eachEndpoint()
      .filter(([, { open }]) => !open)
      .map(([, { path, method }]) => ({
        endpoint: `${API_PREFIX.slice(1)}${path}`,
        method,
        roles: [...(this.rules.get(`${method} ${path}`) ?? [])],
      }));
    return table(
      POLICY_COLUMNS,
      rows.toSorted((a, b) => a.endpoint.localeCompare(b.endpoint, 'en') || a.method.localeCompare(b.method, 'en')),
    );
  }

  /** @throws Unauthorized if the role of the caller may not call the endpoint. */
  mustAllow(caller: Caller, path: string, method: Method): void {
    if (this.rules.get(`${method} ${path}`)?.includes(caller.role)) return;
    throw new Unauthorized(`the role '${caller.role}' may not call ${method} ${API_PREFIX}${path}`);
  }
}

/** Reads a policy file; empty: the built-in one. @throws ConfigError naming file and line. */
export function loadPolicy(path: string, warn: Warn = () => {}): Rules {
  const file = path === '' ? DEFAULT_POLICY : path;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`the policy file cannot be read: ${(error as Error).message}`);
  }
  const rules = parsePolicy(text, file, warn);
  const closed = eachEndpoint().filter(([, { method, path: route, open }]) => !open && !rules.has(`${method} ${route}`));
  if (closed.length > 0) {
    const names = closed.map(([, { method, path: route }]) => `${method} ${API_PREFIX.slice(1)}${route}`).join(', ');
    warn(`${file} has no rule for ${names}: nobody may call ${closed.length > 1 ? 'these' : 'it'}`);
  }
  return rules;
}

/**
 * Parses a policy: a line `v1.0alpha/cluster`, then lines `- GET: admin, member`, and so on.
 * @param warn called for endpoints and methods that this server does not have, such as older ones: their rules are ignored.
 * @throws ConfigError for all other invalid lines, and for what looks like a mistyped endpoint.
 */
export function parsePolicy(text: string, file: string, warn: Warn = () => {}): Map<string, string[]> {
  const rules = new Map<string, string[]>();
  let path: string | undefined;
  let passedOver = false;
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
      passedOver = !METHODS_OF.has(path);
      if (passedOver) {
        const nearest = closest(path, [...METHODS_OF.keys()]);
        if (distance(path, nearest) <= MISTYPED) fault(`there is no endpoint '${line}'; did you mean '${API_PREFIX.slice(1)}${nearest}'?`);
        warn(`${file} line ${i + 1}: there is no endpoint '${line}'; its rules are passed over`);
      }
      continue;
    }
    const [, method = '', list = ''] = rule;
    if (path === undefined) fault('a rule must stand below an endpoint');
    if (!METHODS.includes(method)) fault(`unknown method '${method}'; expected ${METHODS.join(', ')}`);
    const roles = list.split(',').map((role) => role.trim());
    if (roles.some((role) => !/^[a-zA-Z][a-zA-Z_0-9\- ]*$/.test(role))) fault(`'${list}' is no list of roles like 'admin, member'`);
    if (passedOver) continue;
    const known = METHODS_OF.get(path ?? '') ?? [];
    if (!known.includes(method as Method)) {
      warn(`${file} line ${i + 1}: ${path} takes ${known.join(', ')}, not ${method}; the rule is passed over`);
      continue;
    }
    if (rules.has(`${method} ${path}`)) fault(`${method} of ${path} appears a second time`);
    rules.set(`${method} ${path}`, roles);
  }
  return rules;
}
