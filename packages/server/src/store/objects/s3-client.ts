import { basename } from 'node:path';
import type { S3, S3ClientConfig } from '@aws-sdk/client-s3';
import { Unavailable } from '@openhanami/contract';
import type { RetryStrategyV2 } from '@smithy/types';
import type { Bucket } from '../../config.ts';

// The client of an object store: where it is, and what is done when it does not answer.

/** Milliseconds until a store must have taken a connection, for which it may be silent, and in which a call must have sent all its bytes. */
const CONNECT_MS = 5000;
const SILENT_MS = 20_000;
const CALL_MS = 300_000;
/** Milliseconds between two tries of a call: doubled from the first to the longest. */
const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 3000;
const MOST_CONNECTIONS = 64;
/** Status of what a store cannot do at all, and of what it was asked for too often. */
const NOT_IMPLEMENTED = 501;
const TOO_MANY = 429;

/** A bucket and the client for it. */
export class S3Bucket {
  private constructor(
    readonly client: S3,
    private readonly bucket: Bucket,
  ) {}

  /**
   * Connects to the store that the usual variables name: AWS_ENDPOINT_URL_S3 (or AWS_ENDPOINT_URL), AWS_REGION, AWS_ACCESS_KEY_ID,
   * AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or what a machine of AWS knows of itself.
   * @param patience seconds for which a call is tried again.
   */
  static async connect(bucket: Bucket, patience: number): Promise<S3Bucket> {
    // It is large, and only where files are in a bucket there is need of it.
    const { S3 } = await import('@aws-sdk/client-s3');
    return new S3Bucket(new S3(settingsFor(patience * 1000)), bucket);
  }

  /** What a call needs to name an object. */
  at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.bucket.name, Key: this.bucket.prefix + key };
  }

  /** What a call needs to name all objects whose keys begin with that. */
  under(prefix: string): { Bucket: string; Prefix: string } {
    return { Bucket: this.bucket.name, Prefix: this.bucket.prefix + prefix };
  }

  /** The key of an object that the store has named. */
  keyOf(name: string): string {
    return name.slice(this.bucket.prefix.length);
  }

  /** Awaits a call about an object. @throws what `faultOf` makes of its error. */
  async ask<Answer>(key: string, call: (client: S3) => Promise<Answer>): Promise<Answer> {
    try {
      return await call(this.client);
    } catch (error) {
      throw faultOf(error, key);
    }
  }
}

function settingsFor(patience: number): S3ClientConfig {
  const { AWS_ENDPOINT_URL_S3: own, AWS_ENDPOINT_URL: common, AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const endpoint = own || common;
  const region = AWS_REGION || AWS_DEFAULT_REGION;
  return {
    // Stores besides Amazon's do not care for regions, and have no names of their own for each bucket.
    ...(endpoint ? { endpoint, forcePathStyle: true, region: region || 'us-east-1' } : {}),
    // Other stores know the checksums of later years not. What matters has a checksum of its own (store/checksum.ts).
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Those that do not answer it would never be sent anything large.
    expectContinueHeader: false,
    retryStrategy: patientFor(patience),
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      requestTimeout: CALL_MS,
      throwOnRequestTimeout: true,
      socketTimeout: SILENT_MS,
      httpAgent: { keepAlive: true, maxSockets: MOST_CONNECTIONS },
      httpsAgent: { keepAlive: true, maxSockets: MOST_CONNECTIONS },
    },
  };
}

/** Tries a call again for so many milliseconds if the store did not answer, or said that it cannot at the moment. */
function patientFor(patience: number): RetryStrategyV2 {
  const token = (count: number, delay: number, until: number) => ({ getRetryCount: () => count, getRetryDelay: () => delay, until });
  return {
    acquireInitialRetryToken: async () => token(0, 0, Date.now() + patience),
    async refreshRetryTokenForRetry(before, { errorType, error }) {
      const { until } = before as ReturnType<typeof token>;
      const isFinal = errorType === 'CLIENT_ERROR' || (error as StoreError | undefined)?.$metadata?.httpStatusCode === NOT_IMPLEMENTED;
      if (isFinal || Date.now() >= until) throw new Error('it is not tried again');
      const count = before.getRetryCount() + 1;
      return token(count, delayOf(count), until);
    },
    recordSuccess() {},
  };
}

/** Milliseconds before a try: up to twice as long as before the last one, at random, so that not all come at once. */
export const delayOf = (count: number): number =>
  Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(count, 20)) * (0.5 + Math.random() / 2);

interface StoreError extends Error {
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** What a failed call means: an error with the code ENOENT where there is no such object, Unavailable where the store cannot be used. */
export function faultOf(error: unknown, key: string): Error {
  const { name, message, code, $metadata } = error as StoreError;
  const status = $metadata?.httpStatusCode;
  if (name === 'NoSuchKey' || name === 'NotFound')
    return Object.assign(new Error(`there is no object ${basename(key)}`), { code: 'ENOENT' });
  // Keys may come from where they cannot be asked for at the moment.
  const why = code ?? (name === 'Error' ? message : name);
  if (status === undefined || status >= 500 || status === TOO_MANY)
    return Object.assign(new Unavailable(`the object store cannot be used at the moment (${why}); try again in some seconds`), {
      cause: error,
    });
  return Object.assign(new Error(`the object store refuses ${basename(key)}: ${why}: ${message} (status ${status})`), { cause: error });
}
