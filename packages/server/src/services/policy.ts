import { readFileSync } from 'node:fs';
import { API_PREFIX, type Method, Unauthorized } from '@openhanami/contract';
import { ConfigError } from '../config.ts';
import type { Caller } from './access.ts';

const METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'DELETE'] satisfies Method[];

/** Which roles may call an endpoint; checked after the token, before the handler. */
export type Policy = (path: string, method: Method) => readonly string[];

/** `admin` and `member` may call everything but what is about users, projects and errors. */
const builtIn: Policy = (path) => {
  if (path === '/user/project') return ['admin', 'member'];
  return /^\/(user|project|error_log)(\/|$)/.test(path) ? ['admin'] : ['admin', 'member'];
};

/** The policy of a file, or the built-in one. @throws ConfigError naming file and line. */
export function loadPolicy(file: string): Policy {
  if (file === '') return builtIn;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`the policy file cannot be read: ${(error as Error).message}`);
  }
  const rules = parsePolicy(text, file);
  return (path, method) => rules.get(`${method} ${path}`) ?? [];
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
      continue;
    }
    const [, method = '', list = ''] = rule;
    if (path === undefined) fault('a rule must stand below an endpoint');
    if (!METHODS.includes(method)) fault(`unknown method '${method}'; expected ${METHODS.join(', ')}`);
    const roles = list.split(',').map((role) => role.trim());
    if (roles.some((role) => !/^[a-zA-Z][a-zA-Z_0-9\- ]*$/.test(role))) fault(`'${list}' is no list of roles like 'admin, member'`);
    if (rules.has(`${method} ${path}`)) fault(`${method} of ${path} appears a second time`);
    rules.set(`${method} ${path}`, roles);
  }
  return rules;
}

export function mustBeAllowed(policy: Policy, caller: Caller, path: string, method: Method): void {
  if (policy(path, method).includes(caller.role)) return;
  throw new Unauthorized(`the role '${caller.role}' may not call ${method} ${API_PREFIX}${path}`);
}
