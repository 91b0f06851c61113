import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eachEndpoint } from '@openhanami/contract';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../src/config.ts';
import { loadPolicy, parsePolicy } from '../src/services/policy.ts';
import { eachSetting } from '../src/settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'hanami-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(text: string): string {
  const path = join(folder, 'hanami.toml');
  writeFileSync(path, text);
  return path;
}

describe('the configuration', () => {
  it('has a sensible default for everything, all data under one folder', () => {
    const config = loadConfig({ env: { HANAMI_DATA: '/srv/hanami' } });
    expect(config.http).toMatchObject({ ip: '127.0.0.1', port: 11418 });
    expect(config.auth.token_expire_time).toBe(3600);
    expect(config.general.database).toBe('/srv/hanami/hanami.db');
    expect(config.storage.dataset_location).toBe('/srv/hanami/datasets');
    expect(config.auth.token_key_path).toBe('/srv/hanami/token.key');
  });

  it('reads a file; variables go before it, and flags before both', () => {
    const path = file(
      'debug = true\ndatabase = "other.db"\n[http]\nport = 1000\nip = "0.0.0.0"\nallow_insecure = true\n[auth]\ntoken_expire_time = 60\n',
    );
    const config = loadConfig({
      file: path,
      env: { HANAMI_HTTP_PORT: '2000', HANAMI_AUTH_TOKEN_EXPIRE_TIME: '70' },
      flags: { '--http-port': '3000' },
    });
    expect(config.general.debug).toBe(true);
    expect(config.http).toMatchObject({ port: 3000, ip: '0.0.0.0' });
    expect(config.auth.token_expire_time).toBe(70);
    expect(config.general.database).toMatch(/other\.db$/);
  });

  it('names variables and flags as documented', () => {
    const names = eachSetting().map(({ variable }) => variable);
    expect(names).toContain('HANAMI_DATABASE');
    expect(names).toContain('HANAMI_HTTP_PORT');
    expect(names).toContain('HANAMI_STORAGE_DATASET_LOCATION');
    expect(names).toContain('HANAMI_LOG_PATH');
  });

  it.each([
    ['an unknown key', '[http]\nprot = 1\n', "there is no setting 'prot' in [http]"],
    ['an unknown section', '[htpp]\nport = 1\n', "no setting or section 'htpp'"],
    ['a port that is none', '[http]\nport = 70000\n', 'from 0 to 65535'],
    ['broken TOML', '[http\nport = 1\n', 'Invalid TOML'],
  ])('refuses %s and says where', (_, text, reason) => {
    const path = file(text);
    expect(() => loadConfig({ file: path })).toThrowError(ConfigError);
    expect(() => loadConfig({ file: path })).toThrowError(reason);
    expect(() => loadConfig({ file: path })).toThrowError(path);
  });

  it('names the variable that is wrong', () => {
    expect(() => loadConfig({ env: { HANAMI_HTTP_PORT: 'http' } })).toThrowError(
      "HANAMI_HTTP_PORT must be a whole number from 0 to 65535 (it is 'http')",
    );
    expect(() => loadConfig({ file: join(folder, 'absent.toml') })).toThrowError('cannot be read');
  });
});

describe('the policy', () => {
  it('lets admins and members do everything but what is about users, projects and errors', () => {
    const policy = loadPolicy('');
    expect(policy.get('POST /cluster')).toEqual(['admin', 'member']);
    expect(policy.get('GET /user')).toEqual(['admin']);
    expect(policy.get('GET /project/all')).toEqual(['admin']);
    expect(policy.get('GET /error_log')).toEqual(['admin']);
    expect(policy.get('GET /user/project')).toEqual(['admin', 'member']);
    for (const [, { method, path, open }] of eachEndpoint())
      expect(policy.has(`${method} ${path}`), `${method} ${path}`).toBe(open !== true);
  });

  it('is read from a file', () => {
    const rules = parsePolicy(
      '# clusters\nv1.0alpha/cluster\n- GET: admin, member\n- POST: admin\n\nv1.0alpha/task/all\n- GET: reader\n',
      'p',
    );
    expect(rules.get('GET /cluster')).toEqual(['admin', 'member']);
    expect(rules.get('POST /cluster')).toEqual(['admin']);
    expect(rules.get('GET /task/all')).toEqual(['reader']);
    expect(rules.get('DELETE /cluster')).toBeUndefined();
  });

  it.each([
    ['- GET: admin\n', 'p line 1: a rule must stand below an endpoint'],
    ['v1.0alpha/cluster\n- FETCH: admin\n', "p line 2: unknown method 'FETCH'"],
    ['v1.0alpha/cluster\n- GET: admin,,\n', 'p line 2'],
    ['cluster\n', 'p line 1: expected an endpoint'],
    ['v1.0alpha/clutser\n- GET: admin\n', "p line 1: there is no endpoint 'v1.0alpha/clutser'"],
    ['v1.0alpha/cluster\n- GET: admin\n- GET: member\n', 'p line 3: GET of /cluster appears a second time'],
  ])('names the line of a fault: %j', (text, reason) => {
    expect(() => parsePolicy(text, 'p')).toThrowError(reason);
  });
});
