import { HanamiError } from '@openhanami/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { combineRanges, parse } from 'range-parser';
import type { Download } from '../services/downloads.ts';

/** Bits of range-parser's result. */
const MALFORMED = 1;
const UNSATISFIABLE = 2;

/**
 * Sends a file, or the part requested by `Range` (RFC 9110, section 14), so that a broken download can be resumed.
 * @throws HanamiError (416) if the range lies outside of the file.
 */
export async function sendDownload(download: Download, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { type, name, etag } = download;
  reply
    .type(type)
    .header('accept-ranges', 'bytes')
    .header('etag', etag)
    .header('content-disposition', `attachment; filename="${name.replace(/[^\w. -]/g, '_')}"`);
  const { range } = request.headers;
  // With If-Range, a part is sent only if the content is still the same.
  const other = request.headers['if-range'] !== undefined && request.headers['if-range'] !== etag;
  if (range === undefined || other) return reply.send(await download.open(0));
  const size = await download.size();
  const { code, type: unit, ranges } = parse(size, range);
  if (ranges.length === 0 && code === UNSATISFIABLE) {
    reply.header('content-range', `bytes */${size}`);
    throw new HanamiError(416, `the range '${range}' lies outside of the file, which has ${size} bytes`);
  }
  // For several parts, or a range without bytes, the whole file is a valid answer too.
  const [part, ...others] = unit === 'bytes' && (code & MALFORMED) === 0 ? combineRanges(ranges) : [];
  if (!part || others.length > 0) return reply.send(await download.open(0));
  return reply
    .code(206)
    .header('content-range', `bytes ${part.start}-${part.end}/${size}`)
    .header('content-length', part.end - part.start + 1)
    .send(await download.open(part.start, part.end + 1));
}
