import { execFileSync } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../../config.ts';
import { DamagedFile } from '../checksum.ts';
import { seal, TAG, unseal } from './frames.ts';
import { missing, type Objects, readAll, type StoredObjects } from './objects.ts';

// Keys of encryption at rest: each project has one (or a few), in an object of its own, wrapped by the master key of the settings.

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
  /** What its object is called first: 32 hexadecimal digits, the same for each key of this project. */
  readonly name: string;
  /** Of this very key: 32 hexadecimal digits. */
  readonly id: string;
  readonly key: Buffer;
}

const stored = z.strictObject({ project: z.string(), id: z.string(), wrapped: z.string() });
type Stored = z.output<typeof stored>;

const nameOf = (project: string): string => createHash('sha256').update(project).digest('hex').slice(0, 32);
// Two that make the first key of a project at the same time make two, in objects of their own: both are good, and none is written over.
const objectOf = (name: string, id: string): string => `keys/${name}.${id}.key`;

const keysIn = async (objects: Objects, prefix = ''): Promise<string[]> =>
  (await objects.list('keys', prefix)).filter((object) => object.endsWith('.key'));

/** @throws ConfigError if files are encrypted, to be called without a master key. */
export async function mustHaveNoKeys(objects: Objects): Promise<void> {
  if ((await keysIn(objects)).length > 0)
    throw new ConfigError(
      `files are encrypted with the keys in ${dirname(objects.pathOf('keys/x'))}: set storage.encryption_key to the key that wraps these (hanami decrypt undoes it)`,
    );
}

/** The keys of projects. */
export class ProjectKeys {
  /** By their objects; each is good for as long as that is there. */
  private readonly known = new Map<string, ProjectKey>();

  /**
   * @param objects where they are.
   * @param master wraps them; `former` may have wrapped those that were made before.
   */
  constructor(
    private readonly objects: StoredObjects,
    private readonly master: Buffer,
    private readonly former?: Buffer,
  ) {}

  /** A key of a project, made on its first use. */
  async of(project: string): Promise<ProjectKey> {
    const name = nameOf(project);
    const [first] = (await this.objectsOf(name)).sort();
    const found = first && (await this.load(name, first).catch(missing));
    if (found) return found;
    const [id, key] = [randomUUID().replaceAll('-', ''), randomBytes(BYTES)];
    await this.objects.write(objectOf(name, id), this.wrap({ project, id }, key));
    return { name, id, key };
  }

  /** The key of that name and id; undefined if it was destroyed. */
  get(name: string, id: string): Promise<ProjectKey | undefined> {
    return this.find(name, objectOf(name, id));
  }

  /** What is encrypted with the keys of a project cannot be read any more, by nobody. Returns whether there were any. */
  async destroy(project: string): Promise<boolean> {
    const objects = await this.objectsOf(nameOf(project));
    for (const object of objects) {
      this.known.delete(object);
      await this.objects.remove(object);
    }
    return objects.length > 0;
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

  private objectsOf(name: string): Promise<string[]> {
    return keysIn(this.objects, `${name}.`);
  }

  private async find(name: string, object: string): Promise<ProjectKey | undefined> {
    return (await this.objects.stat(object)) && this.load(name, object);
  }

  private async load(name: string, object: string): Promise<ProjectKey> {
    const known = this.known.get(object);
    if (known) return known;
    const { of, key } = await this.unwrap(object);
    const found = { name, id: of.id, key };
    this.known.set(object, found);
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
    const content = await readAll(this.objects, object);
    let of: Stored;
    try {
      of = stored.parse(JSON.parse(Buffer.from(content).toString()));
    } catch (error) {
      throw new DamagedFile(`${basename(object)} is damaged: ${(error as Error).message}`);
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
