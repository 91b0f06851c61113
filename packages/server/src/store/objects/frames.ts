import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { type ByteSink, type ByteSource, readBytes } from '@openhanami/datasets/bytes';
import { DamagedFile } from '../checksum.ts';

// An encrypted object that was written in order: a header, then frames of FRAME bytes, each as AES-256-GCM with its tag. The key of the
// object follows by HKDF from the key of its project, a salt, and the name of the object, so that objects cannot be exchanged. The nonce
// of a frame is its number and whether it is the last, so that frames cannot be exchanged, left out or cut off: the STREAM construction
// of Hoang, Reyhanitabar, Rogaway and Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", CRYPTO 2015.

/** Bytes of a frame before it is encrypted; only the last one has fewer. */
export const FRAME = 65_536;
export const TAG = 16;
const SEALED = FRAME + TAG;
/** Frames that are read or written at once. */
const AT_ONCE = 16;

/** What a header begins with: of objects in frames, and of logs of pieces. */
const MAGIC = { frames: 'HNM-AESF', pieces: 'HNM-AESP' } as const;
export type Layout = keyof typeof MAGIC;

/** Bytes of the magic, of the name and the id of the project's key, and of the salt. */
const PARTS = { magic: 8, name: 16, id: 16, salt: 32 } as const;
export const HEADER = PARTS.magic + PARTS.name + PARTS.id + PARTS.salt;

/** What an encrypted object begins with. */
export interface Header {
  readonly layout: Layout;
  /** Hexadecimal name of the project's key, and id of the key that had it. */
  readonly name: string;
  readonly id: string;
  readonly salt: Buffer;
}

/** The header of a new object. */
export const newHeader = (layout: Layout, { name, id }: Pick<Header, 'name' | 'id'>): Header => ({
  layout,
  name,
  id,
  salt: randomBytes(PARTS.salt),
});

export function encodeHeader({ layout, name, id, salt }: Header): Buffer {
  return Buffer.concat([Buffer.from(MAGIC[layout]), Buffer.from(name, 'hex'), Buffer.from(id, 'hex'), salt]);
}

/** The header of an object; undefined if it is not encrypted. */
export async function readHeader(source: ByteSource): Promise<Header | undefined> {
  const bytes = Buffer.from(await readBytes(source, 0, HEADER));
  const magic = bytes.subarray(0, PARTS.magic).toString('latin1');
  const layout = (['frames', 'pieces'] as const).find((one) => MAGIC[one] === magic);
  if (!layout || bytes.length < HEADER) return undefined;
  const part = (from: number, length: number): Buffer => bytes.subarray(from, from + length);
  const { magic: a, name, id, salt } = PARTS;
  return {
    layout,
    name: part(a, name).toString('hex'),
    id: part(a + name, id).toString('hex'),
    salt: part(a + name + id, salt),
  };
}

/** The key of one object. @param key the name of the object. */
export function objectKey(projectKey: Uint8Array, header: Header, key: string): Buffer {
  return Buffer.from(hkdfSync('sha256', projectKey, header.salt, `${MAGIC[header.layout]} ${key}`, 32));
}

/**
 * Bytes that a cipher is given at once: it makes new memory for what it returns, which costs little for as long as that is small (with the
 * server's settings of malloc 1.9 GB/s, instead of 0.3 for 128 KB).
 */
const BITE = 16_384;

/** Encrypts into `target`, with the tag at the end; returns how many bytes that are. */
export function seal(key: Uint8Array, nonce: Uint8Array, bytes: Uint8Array, target: Uint8Array, associated?: Uint8Array): number {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  if (associated) cipher.setAAD(associated);
  for (let at = 0; at < bytes.length; at += BITE) target.set(cipher.update(bytes.subarray(at, at + BITE)), at);
  cipher.final();
  target.set(cipher.getAuthTag(), bytes.length);
  return bytes.length + TAG;
}

/** Decrypts into `target`; returns how many bytes that are. @throws DamagedFile if it is not what was encrypted; the target is of no use then. */
export function unseal(
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  target: Uint8Array,
  of: string,
  associated?: Uint8Array,
): number {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG });
  if (associated) decipher.setAAD(associated);
  const length = sealed.length - TAG;
  try {
    decipher.setAuthTag(sealed.subarray(length));
    for (let at = 0; at < length; at += BITE) target.set(decipher.update(sealed.subarray(at, Math.min(at + BITE, length))), at);
    decipher.final();
    return length;
  } catch {
    throw new DamagedFile(`the file ${of} is damaged: its bytes are not those that were encrypted`);
  }
}

function nonceOf(frame: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(frame, 7);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

/** Encrypts what is written, in frames. */
export class FrameSink implements ByteSink {
  private readonly frame = Buffer.allocUnsafe(FRAME);
  private have = 0;
  private count = 0;
  /** What is encrypted and not written yet; the memory is used again and again. */
  private readonly sealed = Buffer.allocUnsafe(HEADER + AT_ONCE * SEALED);
  private length: number;

  /** @param key of the object. */
  constructor(
    private readonly inner: ByteSink,
    private readonly key: Uint8Array,
    header: Header,
  ) {
    this.length = encodeHeader(header).copy(this.sealed);
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length; ) {
      // A full frame waits for what follows: the last one is marked.
      if (this.have === FRAME) await this.put(false);
      if (this.have === 0 && bytes.length - from > FRAME) {
        await this.put(false, bytes.subarray(from, from + FRAME));
        from += FRAME;
        continue;
      }
      const part = bytes.subarray(from, from + FRAME - this.have);
      this.frame.set(part, this.have);
      this.have += part.length;
      from += part.length;
    }
  }

  async finish(): Promise<void> {
    await this.put(true);
    await this.flush();
    await this.inner.finish();
  }

  abort(): Promise<void> {
    return this.inner.abort();
  }

  private async put(isLast: boolean, bytes: Uint8Array = this.frame.subarray(0, this.have)): Promise<void> {
    if (this.length + SEALED > this.sealed.length) await this.flush();
    this.length += seal(this.key, nonceOf(this.count++, isLast), bytes, this.sealed.subarray(this.length));
    this.have = 0;
  }

  private async flush(): Promise<void> {
    await this.inner.write(this.sealed.subarray(0, this.length));
    this.length = 0;
  }
}

/** Decrypts the frames that are read. */
export class FrameSource implements ByteSource {
  readonly size: number;
  private readonly last: number;
  /** The frame that was read last of which not all was wanted. */
  private readonly kept = { frame: -1, bytes: Buffer.alloc(0) };
  /** Memory for what is read, while nobody uses it. */
  private spare: Buffer | undefined;

  /**
   * @param inner the whole object, with its header.
   * @param of what it is called in errors.
   */
  constructor(
    private readonly inner: ByteSource,
    private readonly key: Uint8Array,
    private readonly of: string,
  ) {
    const body = inner.size - HEADER;
    this.last = Math.max(0, Math.ceil(body / SEALED) - 1);
    this.size = Math.max(0, body - TAG * (this.last + 1));
  }

  async readInto(target: Uint8Array, from: number): Promise<number> {
    const end = Math.min(from + target.length, this.size);
    // An object that is empty is one that was cut off, unless its only frame says so.
    if (this.size === 0) await this.read(0, 0, (sealed) => this.keep(0, sealed));
    for (let at = from; at < end; ) {
      const frame = Math.floor(at / FRAME);
      if (this.kept.frame === frame) {
        at += this.copyKept(target, at, from);
        continue;
      }
      const last = Math.min(Math.floor((end - 1) / FRAME), frame + AT_ONCE - 1);
      await this.read(frame, last, (sealed, i) => {
        const isWhole = at === i * FRAME && at + sealed.length - TAG <= end;
        if (isWhole) at += unseal(this.key, nonceOf(i, i === this.last), sealed, target.subarray(at - from), this.of);
        else {
          this.keep(i, sealed);
          at += this.copyKept(target, at, from);
        }
      });
    }
    return Math.max(0, end - from);
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  /** Reads frames `from` … `to`, and gives each to `take`, as it is encrypted. */
  private async read(from: number, to: number, take: (sealed: Uint8Array, frame: number) => void): Promise<void> {
    const memory = this.spare ?? Buffer.allocUnsafe(Math.min(AT_ONCE, this.last + 1) * SEALED);
    this.spare = undefined;
    const wanted = memory.subarray(0, (to - from + 1) * SEALED);
    const sealed = wanted.subarray(0, await this.inner.readInto(wanted, HEADER + from * SEALED));
    for (let i = from; i <= to; i++) take(sealed.subarray((i - from) * SEALED, (i - from + 1) * SEALED), i);
    this.spare = memory;
  }

  private keep(frame: number, sealed: Uint8Array): void {
    const { kept } = this;
    if (kept.bytes.length === 0) kept.bytes = Buffer.allocUnsafe(FRAME);
    kept.frame = -1;
    unseal(this.key, nonceOf(frame, frame === this.last), sealed, kept.bytes, this.of);
    kept.frame = frame;
  }

  /** Copies from the frame that is kept as far as it reaches; returns how many bytes. */
  private copyKept(target: Uint8Array, at: number, from: number): number {
    const start = this.kept.frame * FRAME;
    const part = this.kept.bytes.subarray(at - start, Math.min(FRAME, this.size - start, from + target.length - start));
    target.set(part, at - from);
    return part.length;
  }
}
