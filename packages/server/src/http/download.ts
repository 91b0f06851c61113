import { HanamiError } from '@openhanami/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import parseRange from 'range-parser';
import type { Download } from '../services/downloads.ts';

/** Sends a file, or the part of it that `Range` asks for (RFC 9110, section 14), so that a broken download goes on where it ended. */
export async function sendDownload(download: Download, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { type, name, etag } = download;
  reply
    .type(type)
    .header('accept-ranges', 'bytes')
    .header('etag', etag)
    .header('content-disposition', `attachment; filename="${name.replace(/[^\w. -]/g, '_')}"`);
  const { range } = request.headers;
  // With If-Range, a part is wanted only of the content that the client has the beginning of.
  const other = request.headers['if-range'] !== undefined && request.headers['if-range'] !== etag;
  if (range === undefined || other) return reply.send(await download.open(0));
  const size = await download.size();
  const ranges = parseRange(size, range, { combine: true });
  if (ranges === -1) {
    reply.header('content-range', `bytes */${size}`);
    throw new HanamiError(416, `the range '${range}' lies outside of the file, which has ${size} bytes`);
  }
  // Several parts at once, or no bytes at all: the whole file is a right answer too.
  const [part] = ranges === -2 || ranges.type !== 'bytes' ? [] : ranges;
  if (ranges === -2 || !part || ranges.length > 1) return reply.send(await download.open(0));
  return reply
    .code(206)
    .header('content-range', `bytes ${part.start}-${part.end}/${size}`)
    .header('content-length', part.end - part.start + 1)
    .send(await download.open(part.start, part.end + 1));
}
