import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type createToken, type OutputOf, type ParsedInputOf, type renewToken, tokenUser, Unauthorized } from '@openhanami/contract';
import { createSigner, createVerifier, TokenError } from 'fast-jwt';
import { z } from 'zod';
import type { Config } from '../config.ts';
import type { Database } from '../store/database.ts';
import type { UserRow } from '../store/tables.ts';
import type { Caller } from './access.ts';
import { hashPassphrase, isPassphrase } from './passphrases.ts';

const KEY_BYTES = 32;
/** Tokens whose check is remembered. */
const REMEMBERED = 10_000;

const claims = z.object({ user: z.string(), exp: z.number() });

/** The key that signs tokens; made (mode 0600) if the file is not there. */
function loadKey(path: string): Buffer {
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeFileSync(path, randomBytes(KEY_BYTES).toString('base64'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const key = readFileSync(path);
  if (key.length < KEY_BYTES) throw new Error(`the token key ${path} is shorter than ${KEY_BYTES} bytes; delete it to get a new one`);
  return key;
}

/** Logging in, and checking who is. */
export class Tokens {
  private readonly signer: (claims: object) => string;
  /** Within the event loop: threads for such work are shared with argon2, and a check would wait for every login. Checked tokens are remembered. */
  private readonly verifier: (token: string) => unknown;
  /** Compared with where there is no such user, so that both answers take the same time. */
  private readonly nobody = hashPassphrase('nobody');

  constructor(
    private readonly db: Database,
    auth: Config['auth'],
  ) {
    const key = loadKey(auth.token_key_path);
    this.signer = createSigner({ key, algorithm: 'HS256', expiresIn: auth.token_expire_time * 1000 });
    this.verifier = createVerifier({ key, algorithms: ['HS256'], requiredClaims: ['exp', 'user'], cache: REMEMBERED });
  }

  async create({ id, passphrase }: ParsedInputOf<typeof createToken>): Promise<OutputOf<typeof createToken>> {
    const user = await this.user(id);
    const matches = await isPassphrase(passphrase, user?.passphrase_hash ?? (await this.nobody));
    if (!user || !matches) throw new Unauthorized('the user id or the passphrase is wrong');
    if (user.is_admin) return this.sign(user, { project_id: 'admin', role: 'admin', is_project_admin: true });
    const project = await this.db.selectFrom('member').selectAll().where('user_id', '=', id).orderBy('key').executeTakeFirst();
    if (!project) throw new Unauthorized(`the user '${id}' is assigned to no project; ask an admin for one`);
    return this.sign(user, { ...project, is_project_admin: project.is_project_admin === 1 });
  }

  /** A token for another project of the caller. */
  async renew(caller: Caller, { project_id }: ParsedInputOf<typeof renewToken>): Promise<OutputOf<typeof renewToken>> {
    const user = await this.user(caller.id);
    if (!user) throw new Unauthorized('the user of this token does not exist any more');
    if (user.is_admin) {
      await this.mustBeProject(project_id);
      return this.sign(user, { project_id, role: 'admin', is_project_admin: true });
    }
    const project = await this.db
      .selectFrom('member')
      .selectAll()
      .where('user_id', '=', caller.id)
      .where('project_id', '=', project_id)
      .executeTakeFirst();
    if (!project) throw new Unauthorized(`you are not assigned to the project '${project_id}'`);
    return this.sign(user, { ...project, is_project_admin: project.is_project_admin === 1 });
  }

  /** The claims of a token and when it expires (seconds since 1970). @throws Unauthorized */
  async verify(token: string | undefined): Promise<{ caller: Caller; expires: number }> {
    if (!token) throw new Unauthorized('a token is needed; send it as header X-Auth-Token');
    try {
      const { user, exp } = claims.parse(this.verifier(token));
      return { caller: tokenUser.parse(JSON.parse(user)), expires: exp };
    } catch (error) {
      if (error instanceof TokenError && error.code === TokenError.codes.expired)
        throw new Unauthorized('the token has expired; log in again');
      throw new Unauthorized('the token is not valid; log in again');
    }
  }

  /** Admins work in any project, and in one of their own that is in no table. */
  private async mustBeProject(id: string): Promise<void> {
    if (id === 'admin') return;
    const project = await this.db
      .selectFrom('project')
      .select('key')
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    if (!project) throw new Unauthorized(`there is no project '${id}'`);
  }

  private user(id: string): Promise<UserRow | undefined> {
    return this.db.selectFrom('user').selectAll().where('id', '=', id).where('deleted_at', 'is', null).executeTakeFirst();
  }

  private sign(user: UserRow, scope: { project_id: string; role: string; is_project_admin: boolean }) {
    const { project_id, role, is_project_admin } = scope;
    const is_admin = user.is_admin === 1;
    const caller: Caller = { id: user.id, name: user.name, is_admin, project_id, role, is_project_admin };
    return { id: user.id, name: user.name, is_admin, token: this.signer({ user: JSON.stringify(caller) }) };
  }
}
