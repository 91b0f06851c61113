import { execFileSync } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError } from '../../config.ts';
import { DamagedFile } from '../checksum.ts';
import { seal, TAG, unseal } from './frames.ts';
import { type Objects, readAll, type StoredObjects } from './objects.ts';

// Keys of encryption at rest: each project has one, in an object of its own, wrapped by the master key of the settings.

/** Bytes of a key: of AES-256. */
const BYTES = 32;
const NONCE = 12;
/** Milliseconds for a command that prints the master key. */
const COMMAND_MS = 60_000;

/**
 * The master key of a setting: itself, or `file:<path>` whose content it is, or `command:<shell command>` that prints it.
 * @throws ConfigError if that is no key.
 */
export function masterKey(setting: string): Buffer {
  const text = textOf(setting).trim();
  const key = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
  if (key.length === BYTES && (text.length === 64 || /^[A-Za-z0-9+/]{43}=?$/.test(text))) return key;
  throw new ConfigError(
    `storage.encryption_key: ${/^(file|command):/.test(setting) ? `what ${setting} holds` : 'this'} is no key of ${BYTES} bytes; give 64 hexadecimal digits or 44 of base64 (openssl rand -hex ${BYTES} prints such a key), file:<path> or command:<command that prints it>`,
  );
}

function textOf(setting: string): string {
  const [, kind, where = ''] = /^(file|command):(.*)$/s.exec(setting) ?? [];
  try {
    if (kind === 'file') return readFileSync(where, 'utf8');
    if (kind === 'command')
      return execFileSync('/bin/sh', ['-c', where], { encoding: 'utf8', timeout: COMMAND_MS, stdio: ['ignore', 'pipe', 'inherit'] });
  } catch (error) {
    throw new ConfigError(`storage.encryption_key: there is no key from ${setting}: ${(error as Error).message}`);
  }
  return setting;
}

/** A project's key. */
export interface ProjectKey {
  /** What its object is called: 32 hexadecimal digits, the same for each key of this project. */
  readonly name: string;
  /** Of this very key: 32 hexadecimal digits. */
  readonly id: string;
  readonly key: Buffer;
}

const stored = z.strictObject({ project: z.string(), id: z.string(), wrapped: z.string() });
type Stored = z.output<typeof stored>;

const nameOf = (project: string): string => createHash('sha256').update(project).digest('hex').slice(0, 32);
const objectOf = (name: string): string => `keys/${name}.key`;

const keysIn = async (objects: Objects): Promise<string[]> => (await objects.list('keys')).filter((object) => object.endsWith('.key'));

/** @throws ConfigError if files are encrypted, to be called without a master key. */
export async function mustHaveNoKeys(objects: Objects): Promise<void> {
  if ((await keysIn(objects)).length > 0)
    throw new ConfigError(
      `files are encrypted with the keys in ${objects.places.key_location}: set storage.encryption_key to the key that wraps these (hanami decrypt undoes it)`,
    );
}

/** The keys of projects. */
export class ProjectKeys {
  /** By names; each is good for as long as its object is the same. */
  private readonly known = new Map<string, { readonly version: string; readonly key: ProjectKey }>();

  /**
   * @param objects where they are.
   * @param master wraps them; `former` may have wrapped those that were made before.
   */
  constructor(
    private readonly objects: StoredObjects,
    private readonly master: Buffer,
    private readonly former?: Buffer,
  ) {}

  /** The key of a project, made on its first use. */
  async of(project: string): Promise<ProjectKey> {
    const name = nameOf(project);
    for (;;) {
      const found = await this.find(name);
      if (found) return found;
      const id = randomUUID().replaceAll('-', '');
      // Another thread may make one at the same time: the first is kept.
      await this.objects.writeNew(objectOf(name), this.wrap({ project, id }, randomBytes(BYTES)));
    }
  }

  /** The key of that name and id; undefined if it was destroyed. */
  async get(name: string, id: string): Promise<ProjectKey | undefined> {
    const found = await this.find(name);
    return found?.id === id ? found : undefined;
  }

  /** What is encrypted with the key of a project cannot be read any more, by nobody. Returns whether there was one. */
  async destroy(project: string): Promise<boolean> {
    const name = nameOf(project);
    this.known.delete(name);
    const isThere = (await this.objects.stat(objectOf(name))) !== undefined;
    await this.objects.remove(objectOf(name));
    return isThere;
  }

  /**
   * Wraps keys by the master key that the former one has wrapped. Returns how many.
   * @throws ConfigError if neither has wrapped one of them.
   */
  async rewrap(): Promise<number> {
    let count = 0;
    for await (const { object, isFormer, of, key } of this.all()) {
      if (!isFormer) continue;
      await this.objects.write(object, this.wrap(of, key));
      count++;
    }
    return count;
  }

  /** @throws ConfigError if the master key wraps one of them not, DamagedFile if one is damaged. */
  async verify(): Promise<void> {
    for await (const _ of this.all());
  }

  private async *all() {
    for (const object of await keysIn(this.objects)) yield { object, ...(await this.unwrap(object)) };
  }

  private async find(name: string): Promise<ProjectKey | undefined> {
    const object = objectOf(name);
    const stat = await this.objects.stat(object);
    if (!stat) return undefined;
    const known = this.known.get(name);
    if (known?.version === stat.version) return known.key;
    const { of, key } = await this.unwrap(object);
    const found = { name, id: of.id, key };
    this.known.set(name, { version: stat.version, key: found });
    return found;
  }

  private wrap(of: Omit<Stored, 'wrapped'>, key: Buffer): Buffer {
    const nonce = randomBytes(NONCE);
    const sealed = Buffer.alloc(BYTES + TAG);
    seal(this.master, nonce, key, sealed, aboutKey(of));
    const wrapped = Buffer.concat([nonce, sealed]).toString('base64');
    return Buffer.from(`${JSON.stringify({ ...of, wrapped } satisfies Stored)}\n`);
  }

  private async unwrap(object: string): Promise<{ isFormer: boolean; of: Stored; key: Buffer }> {
    let of: Stored;
    try {
      of = stored.parse(JSON.parse(Buffer.from(await readAll(this.objects, object)).toString()));
    } catch (error) {
      throw new DamagedFile(`${this.objects.pathOf(object)} is damaged: ${(error as Error).message}`);
    }
    const bytes = Buffer.from(of.wrapped, 'base64');
    for (const [i, master] of [this.master, ...(this.former ? [this.former] : [])].entries()) {
      try {
        const key = Buffer.alloc(BYTES);
        unseal(master, bytes.subarray(0, NONCE), bytes.subarray(NONCE, NONCE + BYTES + TAG), key, object, aboutKey(of));
        return { isFormer: i > 0, of, key };
      } catch {}
    }
    throw new ConfigError(
      `storage.encryption_key is not the key that wraps ${this.objects.pathOf(object)}, of the project '${of.project}'; after a change of the key, give the one before as storage.former_encryption_key`,
    );
  }
}

/** What a wrapped key is bound to. */
const aboutKey = ({ project, id }: Omit<Stored, 'wrapped'>): Buffer => Buffer.from(`${id} ${project}`);
