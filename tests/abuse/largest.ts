// The largest input that an endpoint takes, made from its description in the OpenAPI document.
import { randomUUID } from 'node:crypto';
import { type OpenApi, toBase64 } from '@openhanami/contract';

/** What is used here of a JSON schema. */
interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  /** Of an object whose names the caller chooses. */
  readonly additionalProperties?: Schema | false;
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

/** Characters that the lists and texts of a body may take: within what the server takes, so that it has to look at them. */
const ROOM = 1_500_000;
/** Characters of a text, so that thousands of them differ. */
const SHORT_TEXT = 8;

/** One call of an endpoint. */
export interface Call {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body?: string;
}

/** How the room of a body is filled: with as many entries as there may be, or with such as are as long as they may be. */
type Shape = 'many' | 'long';

/** What a value is made from. */
interface Making {
  /** Values of fields that a caller has to know. */
  readonly known: Readonly<Record<string, unknown>>;
  readonly shape: Shape;
}

/**
 * For each endpoint functions that make its largest calls, anew each time, in the order of the document.
 * @param known values of fields that a caller has to know, such as uuids of what is there; others are made up.
 */
export function largestCalls(document: OpenApi, known: Readonly<Record<string, unknown>>): { readonly name: string; make(): Call }[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) =>
      (['many', 'long'] as const).map((shape) => ({
        name: `${method.toUpperCase()} ${path}`,
        make: () => largestCall(method.toUpperCase(), path, operation as unknown as Operation, { known, shape }),
      })),
    ),
  );
}

function largestCall(method: string, path: string, { parameters, requestBody }: Operation, making: Making): Call {
  // What is removed is nothing that is there: other calls still need it.
  const of = method === 'DELETE' ? { ...making, known: {} } : making;
  if (requestBody) {
    return { method, path, body: JSON.stringify(largest('', requestBody.content['application/json'].schema, of, ROOM)) };
  }
  const query = (parameters ?? []).map(({ name, schema }) => [name, String(largest(name, schema, of, ROOM / 10))]);
  return { method, path: `${path}?${new URLSearchParams(query)}` };
}

/** @param room characters that it may take. */
function largest(name: string, schema: Schema, making: Making, room: number): unknown {
  const { known, shape } = making;
  if (name in known) return known[name];
  if (schema.anyOf) return largest(name, schema.anyOf[0] as Schema, making, room);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  /** As many entries as there may be and as fit. */
  const fill = <T>(most: number, make: (index: number, room: number) => T): T[] => {
    const each = shape === 'many' ? room / most : room;
    const size = JSON.stringify(make(0, each)).length + 1;
    return Array.from({ length: Math.max(1, Math.min(most, Math.floor(room / size))) }, (_, index) => make(index, each));
  };
  switch (schema.type) {
    case 'object': {
      const { additionalProperties: value, properties = {} } = schema;
      if (value) return Object.fromEntries(fill(ROOM, (index, each) => [text(index, SHORT_TEXT), largest('', value, making, each)]));
      const fields = Object.entries(properties).filter(([field]) => field !== (shape === 'many' ? 'dataset_columns' : 'dataset_column'));
      return Object.fromEntries(fields.map(([field, of]) => [field, largest(field, of, making, room / fields.length)]));
    }
    case 'array': {
      const { items = {}, maxItems = 1000 } = schema;
      return fill(maxItems, (index, each) =>
        items.type === 'string' ? text(index, Math.min(items.maxLength ?? each, each)) : largest(name, items, making, each),
      );
    }
    case 'integer':
      // Behind all that is there is nothing to do.
      return name.endsWith('offset') ? schema.minimum : schema.maximum;
    case 'number':
      return schema.maximum ?? 1;
    case 'boolean':
      return true;
    default: {
      if (schema.pattern?.includes('-(')) return randomUUID();
      const { maxLength = room, contentEncoding } = schema;
      const whole = text(0, Math.min(maxLength, room));
      return (contentEncoding === 'base64' ? toBase64(whole) : whole).slice(0, maxLength);
    }
  }
}

/** One of many texts, of about as many characters. */
const text = (index: number, length: number): string => String(index).padStart(Math.max(SHORT_TEXT, Math.floor(length)), 'a');
