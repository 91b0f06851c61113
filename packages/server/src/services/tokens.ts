import {
  type createToken,
  type OutputOf,
  type ParsedInputOf,
  type renewToken,
  type TokenUser,
  tokenUser,
  Unauthorized,
} from '@openhanami/contract';
import { createSigner, createVerifier, TokenError } from 'fast-jwt';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { Config } from '../config.ts';
import type { Database } from '../store/database.ts';
import type { UserRow } from '../store/tables.ts';
import { ADMIN_PROJECT, type Caller } from './access.ts';
import type { LoginDelays } from './login-delays.ts';
import { hashPassphrase, isPassphrase } from './passphrases.ts';
import type { Revocations } from './revocations.ts';
import type { Sessions } from './sessions.ts';
import { loadKeys } from './token-keys.ts';

/** Most verified tokens in the cache. */
const REMEMBERED = 10_000;

const WRONG = 'the user id or the passphrase is wrong';
const EXPIRED = 'the token has expired; log in again';

/** `sub`: key of the user, which is never reused; `sid`: the session that began with the login. */
const claims = z.object({
  sub: z.string().regex(/^\d+$/),
  sid: z.string(),
  user: z.string(),
  exp: z.number(),
  revocations: z.number().default(0),
});

/** Creates, renews and verifies tokens. */
export class Tokens {
  private signer: (claims: object) => string = () => '';
  /** Run in the event loop: the thread pool is shared with argon2, so that a check would wait for logins. */
  private verifiers: ((token: string) => unknown)[] = [];
  /** Claims of verified tokens: a call needs them several times. */
  private readonly known = new LRUCache<string, { caller: Caller; expires: number; revocations: number }>({ max: REMEMBERED });
  /** Hash to compare with for unknown users, so that both answers take the same time. */
  private readonly nobody = hashPassphrase('nobody');

  constructor(
    private readonly db: Database,
    private readonly auth: Config['auth'],
    private readonly revocations: Revocations,
    private readonly delays: LoginDelays,
    private readonly sessions: Sessions,
  ) {
    this.reload();
  }

  /** Reloads the keys. @throws ConfigError if the file is invalid; the old keys stay in use. */
  reload(): void {
    const keys = loadKeys(this.auth.token_key_path);
    this.signer = createSigner({ key: keys[0] as Buffer, algorithm: 'HS256', expiresIn: this.auth.token_expire_time * 1000 });
    this.verifiers = keys.map((key) => createVerifier({ key, algorithms: ['HS256'], requiredClaims: ['exp', 'user', 'sub', 'sid'] }));
    this.known.clear();
  }

  /** Logs in. @throws Unauthorized for a wrong user or passphrase or without a project, TooManyRequests after several wrong passphrases. */
  async create({ id, passphrase }: ParsedInputOf<typeof createToken>, address: string): Promise<OutputOf<typeof createToken>> {
    // Read first, so that revocations from here on apply to the new token.
    const known = this.revocations.number;
    const user = await this.delays.attempt(id, address, async () => {
      const found = await this.user(id);
      const matches = await isPassphrase(passphrase, found?.passphrase_hash ?? (await this.nobody));
      return found && matches ? found : undefined;
    });
    if (!user) throw new Unauthorized(WRONG, 'wrong_login');
    // Hashing takes time: meanwhile the user may be gone, or have another passphrase.
    const now = await this.user(id);
    if (now?.key !== user.key || now.passphrase_hash !== user.passphrase_hash) throw new Unauthorized(WRONG, 'wrong_login');
    const session = await this.sessions.begin(now, address);
    if (now.is_admin) return this.sign(now, { project_id: ADMIN_PROJECT, role: 'admin', is_project_admin: true }, known, session);
    const project = await this.db.selectFrom('member').selectAll().where('user_id', '=', id).orderBy('key').executeTakeFirst();
    if (!project) throw new Unauthorized(`the user '${id}' is assigned to no project; ask an admin for one`);
    return this.sign(now, project, known, session);
  }

  /** Creates a token for another project of the caller. @throws Unauthorized if the caller is gone, or not in the project. */
  async renew(caller: Caller, { project_id }: ParsedInputOf<typeof renewToken>): Promise<OutputOf<typeof renewToken>> {
    const known = this.revocations.number;
    const user = await this.user(caller.id);
    if (user?.key !== caller.key) throw new Unauthorized('the user of this token does not exist any more', 'token_ended');
    const session = await this.sessions.renew(caller.session);
    if (user.is_admin) {
      await this.mustBeProject(project_id);
      return this.sign(user, { project_id, role: 'admin', is_project_admin: true }, known, session);
    }
    const project = await this.db
      .selectFrom('member')
      .selectAll()
      .where('user_id', '=', caller.id)
      .where('project_id', '=', project_id)
      .executeTakeFirst();
    if (!project) throw new Unauthorized(`you are not assigned to the project '${project_id}'`);
    return this.sign(user, project, known, session);
  }

  /** The caller of a token and when it expires (seconds since 1970). @throws Unauthorized if it is missing, invalid, expired or revoked. */
  async verify(token: string | undefined): Promise<{ caller: Caller; expires: number }> {
    if (!token) throw new Unauthorized('a token is needed; send it as header X-Auth-Token', 'token_missing');
    const { caller, expires, revocations } = this.read(token);
    if (this.revocations.isRevoked(caller, revocations) || this.sessions.hasEnded(caller.session)) {
      throw new Unauthorized('the token was revoked; log in again', 'token_ended');
    }
    return { caller, expires };
  }

  /** Calls `end` when a token like the caller's is revoked; returns a function that stops this. */
  watch(caller: Caller, end: () => void): () => void {
    const unwatch = [this.revocations.watch(caller, end), this.sessions.watch(caller.session, end)];
    return () => {
      for (const stop of unwatch) stop();
    };
  }

  /** User id of a token; undefined if it is invalid. */
  userOf(token: string): string | undefined {
    try {
      return this.read(token).caller.id;
    } catch {
      return undefined;
    }
  }

  /** The claims of a token. @throws Unauthorized if it is invalid or has expired. */
  private read(token: string) {
    let known = this.known.get(token);
    try {
      if (!known) {
        const { sub, sid, user, exp, revocations } = claims.parse(this.check(token));
        known = { caller: { ...tokenUser.parse(JSON.parse(user)), key: Number(sub), session: sid }, expires: exp, revocations };
        this.known.set(token, known);
      }
    } catch (error) {
      const expired = error instanceof TokenError && error.code === TokenError.codes.expired;
      throw new Unauthorized(expired ? EXPIRED : 'the token is not valid; log in again', 'token_ended');
    }
    if (known.expires * 1000 <= Date.now()) throw new Unauthorized(EXPIRED, 'token_ended');
    return known;
  }

  /** The claims of a token that any of the keys has signed. @throws TokenError */
  private check(token: string): unknown {
    let fault: unknown;
    for (const verifier of this.verifiers) {
      try {
        return verifier(token);
      } catch (error) {
        fault = error;
        if (!(error instanceof TokenError && error.code === TokenError.codes.invalidSignature)) break;
      }
    }
    throw fault;
  }

  /** Checks a project for an admin: any that exists, or the admins' own. @throws Unauthorized if there is none. */
  private async mustBeProject(id: string): Promise<void> {
    if (id === ADMIN_PROJECT) return;
    const project = await this.db
      .selectFrom('project')
      .select('key')
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    if (!project) throw new Unauthorized(`there is no project '${id}'`);
  }

  private user(id: string): Promise<UserRow | undefined> {
    return this.db.selectFrom('account').selectAll().where('id', '=', id).where('deleted_at', 'is', null).executeTakeFirst();
  }

  /** @param known number of the newest revocation when the login began. */
  private sign(user: UserRow, scope: { project_id: string; role: string; is_project_admin: boolean }, known: number, session: string) {
    const { project_id, role, is_project_admin } = scope;
    const { is_admin } = user;
    const claimed: TokenUser = { id: user.id, name: user.name, is_admin, project_id, role, is_project_admin };
    return {
      id: user.id,
      name: user.name,
      is_admin,
      token: this.signer({ sub: String(user.key), sid: session, user: JSON.stringify(claimed), revocations: known }),
    };
  }
}
