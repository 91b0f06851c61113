// The largest input that an endpoint takes, made from its description in the OpenAPI document.
import { randomUUID } from 'node:crypto';
import { type OpenApi, toBase64 } from '@openhanami/contract';

/** What is used here of a JSON schema. */
interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly pattern?: string;
  readonly contentEncoding?: string;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } };
}

/** Characters of a text whose length nothing limits but that of the whole body. */
const LONG_TEXT = 500_000;

/** One call of an endpoint. */
export interface Call {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body?: string;
}

/**
 * For each endpoint a function that makes its largest call, anew each time, in the order of the document.
 * @param known values of fields that a caller has to know, such as uuids of what is there; others are made up.
 */
export function largestCalls(document: OpenApi, known: Readonly<Record<string, unknown>>): { readonly name: string; make(): Call }[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      make: () => largestCall(method.toUpperCase(), path, operation as unknown as Operation, known),
    })),
  );
}

function largestCall(method: string, path: string, { parameters, requestBody }: Operation, known: Readonly<Record<string, unknown>>): Call {
  // What is removed is nothing that is there: other calls still need it.
  const values = method === 'DELETE' ? {} : known;
  if (requestBody) {
    return { method, path, body: JSON.stringify(largest('', requestBody.content['application/json'].schema, values)) };
  }
  const query = (parameters ?? []).map(({ name, schema }) => [name, String(largest(name, schema, values))]);
  return { method, path: `${path}?${new URLSearchParams(query)}` };
}

function largest(name: string, schema: Schema, known: Readonly<Record<string, unknown>>): unknown {
  if (name in known) return known[name];
  if (schema.anyOf) return largest(name, schema.anyOf[0] as Schema, known);
  if (schema.enum) return schema.enum[0];
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([field, of]) => [field, largest(field, of, known)]));
    case 'array':
      return Array.from({ length: schema.maxItems ?? 1000 }, () => largest(name, schema.items ?? {}, known));
    case 'integer':
      // Behind all that is there is nothing to do.
      return name.endsWith('offset') ? schema.minimum : schema.maximum;
    case 'boolean':
      return true;
    default: {
      if (schema.pattern?.includes('-(')) return randomUUID();
      const text = 'a'.repeat(schema.maxLength ?? LONG_TEXT);
      return schema.contentEncoding === 'base64' ? toBase64(text).slice(0, schema.maxLength) : text;
    }
  }
}
