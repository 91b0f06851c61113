import { randomUUID } from 'node:crypto';
import { BadRequest, ERROR_CODE_HEADER, HanamiError, InternalServerError, TooLarge, TooManyRequests } from '@openhanami/contract';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Logs } from '../services/logs.ts';
import { storageFault } from '../store/faults.ts';
import { withoutPaths } from '../store/paths.ts';
import { callerOf } from './caller.ts';

/** Error handler of the HTTP server; converts any thrown value to an error response. */
export function answerErrors(logs: Logs) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const known = asKnown(error);
    if (known) return send(known, request, reply);
    const id = randomUUID();
    request.log.error({ err: error, id }, 'internal error');
    const { method, url, body, query } = request;
    const message = `internal error ${id}: ${error instanceof Error ? (error.stack ?? error.message) : error}`;
    logs
      .fault({
        user: callerOf(request) ?? '-',
        component: 'http',
        context: `${method} ${url.split('?')[0]}`,
        input: body ?? query,
        message,
      })
      .catch((failure) => request.log.error({ err: failure, id }, 'the error log could not be written'));
    return send(new InternalServerError(`internal error ${id}`), request, reply);
  };
}

function asKnown(error: unknown): HanamiError | undefined {
  if (error instanceof HanamiError) return error;
  const fault = storageFault(error);
  if (fault) return fault;
  const { statusCode, message } = error as FastifyError;
  if (statusCode === 413) return new TooLarge('the body is too large; the server takes what http.body_limit says');
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return new BadRequest(message);
  return undefined;
}

/** HTTP status of the response to an error. */
export function statusOf(error: unknown): number {
  return asKnown(error)?.status ?? 500;
}

/** Longest error message in characters: input of a client is quoted in part at most. */
const LONGEST = 2000;

/** Seconds after which what was not possible may be. */
const RETRY_AFTER_S = 5;

function cut(sentence: string): string {
  return sentence.length > LONGEST ? `${sentence.slice(0, LONGEST)}…` : sentence;
}

function send(error: HanamiError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const detail = cut(withoutPaths(error.message));
  reply.code(error.status).header(ERROR_CODE_HEADER, error.code);
  if (error instanceof TooManyRequests && error.retryAfter !== undefined) reply.header('retry-after', error.retryAfter);
  if (error.status === 503) reply.header('retry-after', RETRY_AFTER_S);
  const accept = request.headers.accept ?? '';
  if (/application\/(problem\+)?json/.test(accept)) {
    const problem = { type: 'about:blank', title: error.name, status: error.status, code: error.code, detail };
    return reply.type('application/problem+json').send(JSON.stringify(problem));
  }
  return reply.type('text/plain; charset=utf-8').send(detail);
}
