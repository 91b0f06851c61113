import { basename } from 'node:path';
import type { _Object, ListMultipartUploadsOutput, ListMultipartUploadsRequest, ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import type { ByteSink, ByteSource } from '@openhanami/datasets/bytes';
import { type Bucket, bucketOf, ConfigError } from '../../config.ts';
import { mustHaveNoKeys } from './keys.ts';
import { FOLDERS, type Folder, missing, type ObjectStat, type StagedObject, type StoragePlaces, StoredObjects } from './objects.ts';
import { S3Bucket } from './s3-client.ts';
import { S3Source } from './s3-source.ts';
import { createObject, inOrder, PiecedSource, pieceOf, S3Staged, type StoredPiece } from './s3-upload.ts';

/** Hours after which what an interrupted write has left is removed: nothing is written for so long. */
const LEFT_FOR_H = 24;

/** Objects in a bucket of S3, or of a store that speaks its language. An unfinished upload is an object for each of its pieces. */
export class S3Objects extends StoredObjects {
  private readonly location: Bucket;
  private connected: Promise<S3Bucket> | undefined;

  /** @throws ConfigError if the location names no bucket. */
  constructor(readonly places: StoragePlaces) {
    super();
    this.location = bucketOf(places.location);
  }

  /**
   * Removes what interrupted writes have left.
   * @throws ConfigError if there is no such bucket, or it may not be used, or there are keys of encryption and the settings have none.
   */
  async prepare(): Promise<void> {
    await this.makeFolders();
    for (const folder of FOLDERS) await this.abortUploads(`${folder}/`, Date.now() - LEFT_FOR_H * 3_600_000);
    if (this.places.encryption_key === '') await mustHaveNoKeys(this);
  }

  /** @throws ConfigError if there is no such bucket, or it may not be used. */
  async makeFolders(): Promise<void> {
    const { client } = await this.bucket();
    try {
      await client.headBucket({ Bucket: this.location.name });
    } catch (error) {
      const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
      const why =
        $metadata?.httpStatusCode === 404
          ? 'there is no such bucket; make it first'
          : $metadata?.httpStatusCode === 403
            ? 'these keys may not use it (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)'
            : name === 'CredentialsProviderError' || message === 'Region is missing'
              ? `how to reach it is not said: ${message}; set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION, and AWS_ENDPOINT_URL_S3 for another store than Amazon's`
              : `${name}: ${message} (AWS_ENDPOINT_URL_S3 is ${process.env['AWS_ENDPOINT_URL_S3'] ?? 'not set'})`;
      throw new ConfigError(`the bucket of storage.location, ${this.places.location}, cannot be used: ${why}`);
    }
  }

  async open(key: string): Promise<ByteSource> {
    const bucket = await this.bucket();
    if (!isUpload(key)) return S3Source.open(bucket, key);
    const etags = new Map<StoredPiece, string>();
    for await (const { piece, ETag = '' } of this.pieces(key)) etags.set(piece, ETag);
    if (etags.size === 0) throw Object.assign(new Error(`there is no object ${basename(key)}`), { code: 'ENOENT' });
    const pieces = [...etags.keys()].sort((a, b) => a.number - b.number);
    return new PiecedSource(pieces, (piece) => new S3Source(bucket, piece.key, piece.bytes, etags.get(piece) ?? ''));
  }

  async create(key: string): Promise<ByteSink> {
    if (isUpload(key)) return inOrder(await this.stage(key, true, Number.POSITIVE_INFINITY), () => this.remove(key));
    return createObject(await this.bucket(), key);
  }

  async stage(key: string, anew: boolean, size: number): Promise<StagedObject> {
    if (anew) await this.remove(key);
    const there = { number: 0, bytes: 0 };
    for await (const { piece } of this.pieces(key)) {
      there.number = Math.max(there.number, piece.number + 1);
      there.bytes += piece.bytes;
    }
    const isNew = there.number === 0;
    const staged = new S3Staged(await this.bucket(), key, size, there);
    if (isNew) await staged.begin();
    return staged;
  }

  async copy(from: string, to: string): Promise<void> {
    await this.write(to, await this.read(from));
  }

  async remove(key: string): Promise<void> {
    const bucket = await this.bucket();
    const remove = (one: string) => bucket.ask(one, (client) => client.deleteObject(bucket.at(one)));
    if (!isUpload(key)) await remove(key);
    else for await (const { piece } of this.pieces(key)) await remove(piece.key);
  }

  async removePart(key: string): Promise<void> {
    await this.abortUploads(key, Date.now() + LEFT_FOR_H * 3_600_000);
  }

  async list(folder: Folder, prefix = ''): Promise<string[]> {
    const keys = new Set<string>();
    for await (const { key } of this.all(`${folder}/${prefix}`)) keys.add(key.split('/').slice(0, 2).join('/'));
    return [...keys];
  }

  async stat(key: string): Promise<ObjectStat | undefined> {
    if (isUpload(key)) {
      let bytes: number | undefined;
      let pieces = 0;
      for await (const { piece } of this.pieces(key)) {
        bytes = Math.max(bytes ?? 0, piece.position + piece.bytes);
        pieces++;
      }
      return bytes === undefined ? undefined : { bytes, version: `${bytes} ${pieces}` };
    }
    const bucket = await this.bucket();
    const head = await bucket.ask(key, (client) => client.headObject(bucket.at(key))).catch(missing);
    return head && { bytes: head.ContentLength ?? 0, version: `${head.ETag} ${head.LastModified?.getTime()}` };
  }

  pathOf(key: string): string {
    return `s3://${this.location.name}/${this.location.prefix}${key}`;
  }

  private bucket(): Promise<S3Bucket> {
    this.connected ??= S3Bucket.connect(this.location, this.places.retry_time);
    return this.connected;
  }

  /** All objects whose keys begin with that. */
  private async *all(prefix: string): AsyncGenerator<{ key: string } & Pick<_Object, 'Size' | 'ETag'>> {
    const bucket = await this.bucket();
    let next: string | undefined;
    do {
      const page: ListObjectsV2CommandOutput = await bucket.ask(prefix, (client) =>
        client.listObjectsV2({ ...bucket.under(prefix), ContinuationToken: next }),
      );
      for (const { Key = '', Size, ETag } of page.Contents ?? []) yield { key: bucket.keyOf(Key), Size, ETag };
      next = page.NextContinuationToken;
    } while (next !== undefined);
  }

  private async *pieces(key: string): AsyncGenerator<{ piece: StoredPiece } & Pick<_Object, 'ETag'>> {
    for await (const { key: one, Size = 0, ETag } of this.all(`${key}/`)) {
      const piece = pieceOf(one, Size);
      if (piece) yield { piece, ETag };
    }
  }

  /** Forgets the parts of objects that were not finished, and were begun before a time. */
  private async abortUploads(prefix: string, before: number): Promise<void> {
    const bucket = await this.bucket();
    const { client } = bucket;
    const of = bucket.under(prefix);
    let at: Pick<ListMultipartUploadsRequest, 'KeyMarker' | 'UploadIdMarker'> | undefined = {};
    while (at) {
      // Not every store can list them; a rule of the bucket can remove them too (docs/deploy.md).
      const page: ListMultipartUploadsOutput | undefined = await client.listMultipartUploads({ ...of, ...at }).catch(refused);
      for (const { Key, UploadId, Initiated } of page?.Uploads ?? [])
        if ((Initiated?.getTime() ?? Number.POSITIVE_INFINITY) < before)
          await client.abortMultipartUpload({ Bucket: of.Bucket, Key, UploadId }).catch(refused);
      at = page?.IsTruncated ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : undefined;
    }
  }
}

/** Undefined for what a store answers that it does not do. @throws what is no answer. */
function refused(error: Error & { $metadata?: { httpStatusCode?: number } }): undefined {
  if (error.$metadata?.httpStatusCode === undefined) throw error;
}

const isUpload = (key: string): boolean => key.startsWith('uploads/');
