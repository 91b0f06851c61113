import { z } from 'zod';

// Schemas of single fields. Messages complete the sentence "'<field>' …".

const LENGTH = { min: 4, max: 254 };
const length = `must have ${LENGTH.min} to ${LENGTH.max} characters`;

const text = (pattern: RegExp, what: string): z.ZodString =>
  z.string('must be a string').min(LENGTH.min, length).max(LENGTH.max, length).regex(pattern, what);

export const uuid = z
  .string('must be a uuid')
  .regex(/^[a-fA-F0-9]{8}-([a-fA-F0-9]{4}-){3}[a-fA-F0-9]{12}$/, 'must be a uuid like 146bacb3-b5bf-485b-a2e8-d1812b57eb63')
  .transform((value) => value.toLowerCase());

export const name = text(/^[a-zA-Z][a-zA-Z_0-9\- ]*$/, "must begin with a letter and hold only letters, digits, spaces, '_' and '-'");
export const userName = name;
export const projectId = text(/^[a-zA-Z][a-zA-Z_0-9]*$/, "must begin with a letter and hold only letters, digits and '_'");
export const userId = text(/^[a-zA-Z][a-zA-Z_0-9@]*$/, "must begin with a letter and hold only letters, digits, '_' and '@'");

/** A name of a column or hexagon, without a minimum length: it comes from CSV headers and templates. */
export const shortName = z
  .string('must be a string')
  .min(1, 'must not be empty')
  .max(LENGTH.max, `must have at most ${LENGTH.max} characters`);

export const isShortName = (value: unknown): boolean => typeof value === 'string' && value.length >= 1 && value.length <= LENGTH.max;

/** Base64 (RFC 4648, section 4) if the length is a multiple of 4. Without nested quantifiers, so that long texts match fast. */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Decodes base64 of UTF-8 text; undefined if it is invalid. */
function decodeText(value: string): string | undefined {
  if (value.length % 4 !== 0 || !BASE64.test(value)) return undefined;
  try {
    const text = atob(value);
    // 30 times as fast as Uint8Array.from.
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Base64 of UTF-8 text on the wire, the text after parsing. */
export const base64Text = z
  .string('must be a base64 string')
  .transform((value, context) => {
    const decoded = decodeText(value);
    if (decoded !== undefined) return decoded;
    context.addIssue({ code: 'custom', message: 'must be valid base64 of UTF-8 text' });
    return z.NEVER;
  })
  .meta({ type: 'string', contentEncoding: 'base64' });

/** As base64 these are 8 to 4096 characters. */
const passphraseLength = 'must have 4 to 3072 characters';
/** A passphrase as text, with the length limits of its base64 form. */
export const passphraseText = z.string().min(4, passphraseLength).max(3072, passphraseLength);

export const passphrase = z
  .string('must be a base64 string')
  .min(8, passphraseLength)
  .max(4096, passphraseLength)
  .pipe(base64Text)
  .meta({ contentEncoding: 'base64' });

/** `text` as base64 of its UTF-8 bytes, as passphrases and templates are sent. */
export function toBase64(text: string): string {
  let binary = '';
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** A whole number within bounds; strings of digits are read too, since query parameters arrive as strings. */
export function whole(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .custom<number | string>()
    .transform((value): unknown => (typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value))
    .pipe(z.number(message).int(message).min(min, message).max(max, message))
    .meta({ type: 'integer', minimum: min, maximum: max });
}

/** Bytes of a file that is announced for upload. */
export const fileSize = whole(1, 1e10);

/** Fingerprint of a file, by which a client recognizes it to resume an upload. */
export const fingerprint = z.string('must be a string').max(200, 'must have at most 200 characters').optional();

/** A boolean; `true` and `false` as strings are read too. */
export const flag = z
  .custom<boolean | 'true' | 'false'>()
  .transform((value): unknown => (value === 'true' ? true : value === 'false' ? false : value))
  .pipe(z.boolean('must be true or false'))
  .meta({ type: 'boolean' });

/** `YYYY-MM-DD HH:MM:SS` in UTC, or `-` if not set. */
export const timestamp = z.string().regex(/^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|-)$/);

/** Formats a date as `YYYY-MM-DD HH:MM:SS` in UTC; `-` without a date. */
export function toTimestamp(date: Date | null | undefined): string {
  return date ? date.toISOString().slice(0, 19).replace('T', ' ') : '-';
}

export const visibility = z.enum(['private', 'shared', 'public'], "must be 'private', 'shared' or 'public'");
export type Visibility = z.infer<typeof visibility>;

/** A table: column names, and rows of values in the same order. `total` counts all rows, also those outside of the page. */
export function list<const Columns extends readonly string[]>(columns: Columns) {
  return z.object({
    header: z.array(z.enum(columns)),
    body: z.array(z.array(z.unknown()).length(columns.length)),
    total: z.number().optional(),
  });
}

export interface List {
  readonly header: readonly string[];
  readonly body: readonly (readonly unknown[])[];
  readonly total?: number | undefined;
}

/** Largest `limit` of a list; without a limit all rows are returned. */
export const MOST_LISTED = 100_000;

/** Paging and order of a list. */
export const page = {
  limit: whole(1, MOST_LISTED).optional(),
  offset: whole(0, Number.MAX_SAFE_INTEGER).default(0),
  order: z.enum(['oldest', 'newest'], "must be 'oldest' or 'newest'").default('oldest'),
};

/** A text that is looked for. */
export const searchText = z.string('must be a string').max(LENGTH.max, `must have at most ${LENGTH.max} characters`);

/** Paging, order (also by name, ignoring case), and a text that the name (or id) must contain, ignoring case. */
export const search = {
  ...page,
  order: z.enum(['oldest', 'newest', 'name'], "must be 'oldest', 'newest' or 'name'").default('oldest'),
  name: searchText.optional(),
};

/** Parsed `search`, as services get it. */
export interface Search {
  readonly limit?: number | undefined;
  readonly offset: number;
  readonly order: 'oldest' | 'newest' | 'name';
  readonly name?: string | undefined;
}

/** Columns that lists of datasets, clusters and checkpoints share. */
export const RESOURCE_COLUMNS = ['created_at', 'uuid', 'project_id', 'owner_id', 'visibility', 'name'] as const;

/** Fields that all owned resources share. */
export const resource = z.object({
  created_at: timestamp,
  uuid: z.string(),
  name: z.string(),
  owner_id: z.string(),
  project_id: z.string(),
  visibility,
});

export const nothing = z.object({});
export const noInput = z.strictObject({});
export const searchInput = z.strictObject(search);
