import { z } from 'zod';
import { API_PREFIX, type Endpoint } from './endpoint.ts';
import * as endpoints from './endpoints.ts';
import { codesOf, ERROR_CODES } from './errors.ts';

/** The generated parts of an OpenAPI document. */
export interface OpenApi {
  openapi: string;
  info: { title: string; version: string; description: string };
  components: {
    securitySchemes: {
      token: { type: 'apiKey'; in: 'header'; name: string };
      bearer: { type: 'http'; scheme: string; bearerFormat: string };
    };
  };
  paths: Record<string, Record<string, ReturnType<typeof operation>>>;
}

/** Every endpoint of the contract by its name. */
export function eachEndpoint(): [name: string, endpoint: Endpoint][] {
  const all: [string, unknown][] = Object.entries(endpoints);
  return all.filter((entry): entry is [string, Endpoint] => isEndpoint(entry[1]));
}

function isEndpoint(value: unknown): value is Endpoint {
  return typeof value === 'object' && value !== null && 'path' in value && 'summary' in value;
}

/** The whole REST API as an OpenAPI 3.1 document, generated from the schemas that requests are parsed with. */
export function openApi(version: string): OpenApi {
  const paths: OpenApi['paths'] = {};
  for (const [name, endpoint] of eachEndpoint()) {
    const path = API_PREFIX + endpoint.path;
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operation(name, endpoint) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'OpenHanami',
      version,
      description:
        'A multi-user service around a growing neural network. POST /token gives the token that every other call needs as header `X-Auth-Token`.',
    },
    components: {
      securitySchemes: {
        token: { type: 'apiKey', in: 'header', name: 'X-Auth-Token' },
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
      },
    },
    paths,
  };
}

/** How many entries the lists among an endpoint's fields take, by field. */
export function longestLists({ input }: Endpoint): ReadonlyMap<string, number> {
  const { properties = {} } = schemaOf(input, 'input') as { properties?: Record<string, { maxItems?: number }> };
  return new Map(Object.entries(properties).flatMap(([name, { maxItems }]) => (maxItems === undefined ? [] : [[name, maxItems]])));
}

/** Schema of an error as problem details (RFC 9457). */
const PROBLEM = {
  type: 'object',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string' },
    detail: { type: 'string' },
  },
};

function operation(name: string, endpoint: Endpoint) {
  const { method, path, summary, input, output, errors, open, produces } = endpoint;
  const fields = schemaOf(input, 'input') as { properties?: Record<string, object>; required?: string[] };
  const fromQuery = method === 'GET' || method === 'DELETE';
  const faults = [400, ...(open ? [] : [401]), ...errors, 500];
  return {
    operationId: name,
    summary,
    tags: [path.split('/')[1]],
    security: open ? [] : [{ token: [] }, { bearer: [] }],
    ...(fromQuery
      ? {
          parameters: Object.entries(fields.properties ?? {}).map(([field, schema]) => ({
            name: field,
            in: 'query',
            required: fields.required?.includes(field) ?? false,
            schema,
          })),
        }
      : { requestBody: { required: true, content: { 'application/json': { schema: fields } } } }),
    responses: {
      200: {
        description: 'Done',
        content: produces
          ? Object.fromEntries(produces.map((type) => [type, { schema: { type: 'string' } }]))
          : { 'application/json': { schema: schemaOf(output, 'output') } },
      },
      ...Object.fromEntries(
        [...new Set(faults)].map((status) => [
          status,
          {
            description: codesOf(status)
              .map((code) => `\`${code}\`: ${ERROR_CODES[code].meaning}`)
              .join('; '),
            headers: { 'X-Error-Code': { schema: { type: 'string', enum: codesOf(status) } } },
            content: {
              'text/plain': { schema: { type: 'string' } },
              'application/problem+json': { schema: PROBLEM },
            },
          },
        ]),
      ),
    },
  };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...described } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      const { def } = zodSchema._zod;
      if (def.type === 'default') jsonSchema.default = def.defaultValue;
    },
  });
  return described;
}
